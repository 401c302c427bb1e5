from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboard import words
from dashboard.views.factor_s import _ends_as
from tests.dashboard.sample import LOOP


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "not known"),
        (0, "0"),
        (0.012345, "0.0123"),
        (0.00001234, "1.2e-05"),
        (1.934, "1.93"),
        (99.96, "100"),
        (12_345, "12,300"),
        (1_234_567, "1.23 million"),
        (45_600_000_000, "45.6 billion"),
        (-1_234_567, "-1.23 million"),
    ],
)
def test_a_number_has_three_digits(value: float | None, shown: str) -> None:
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "not known"), (7, "7 runs"), (9_999, "9,999 runs"), (12_345, "12,300 runs")],
)
def test_a_count_is_exact_while_it_is_small(value: float | None, shown: str) -> None:
    assert words.count(value, "runs") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.9153, "92 %"),
        (0.004, "0.4 %"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.996, "99.6 %"),
        (0.99999, "over 99.9 %"),
    ],
)
def test_a_share_is_per_cent_and_never_rounded_up_to_all(value: float, shown: str) -> None:
    assert words.share(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "not known"),
        (0.001, "under 0.01 USD"),
        (3.2, "3.20 USD"),
        (12_345.6, "12,300 USD"),
        (0.0, "0.00 USD"),
    ],
)
def test_money_has_a_currency(value: float | None, shown: str) -> None:
    assert words.money(value, "USD") == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (45, "45 seconds"),
        (191, "3.2 minutes"),
        (50_000, "14 hours"),
        (86_400 * 250, "250 days"),
        (None, "not known"),
    ],
)
def test_a_span_uses_the_unit_that_suits_it(seconds: float | None, shown: str) -> None:
    assert words.span(seconds) == shown


def test_a_moment_says_that_it_is_utc() -> None:
    assert words.moment(datetime(2026, 1, 5, 7, 3, tzinfo=UTC)) == "5 Jan 2026, 07:03 UTC"


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:lambda:eu-west-1:111111111111:function:router", "router"),
        ("arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/x", "/aws/lambda/x"),
        ("arn:aws:s3:::bucket", "bucket"),
        ("arn:aws:kinesis:eu-west-1:111111111111:stream/entries", "entries"),
        (
            "unknown:cloudwatch_logs:111111111111:eu-west-1",
            "unknown cloudwatch logs source in 111111111111",
        ),
        ("router", "router"),
    ],
)
def test_an_arn_is_shown_by_its_last_name(arn: str, name: str) -> None:
    assert words.short(arn) == name


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (None, "not known"),
        ("arn:aws:sts::111111111111:assumed-role/Admin/alice", "alice (role Admin)"),
        ("arn:aws:iam::111111111111:user/bob", "user bob"),
        ("arn:aws:iam::111111111111:root", "root"),
    ],
)
def test_an_actor_is_shown_by_session_and_role(arn: str | None, name: str) -> None:
    assert words.actor(arn) == name


@pytest.mark.parametrize(
    ("value", "noun", "shown"),
    [
        (0, "loop", "no loops"),
        (1, "loop", "1 loop"),
        (2, "anomaly", "2 anomalies"),
        (3, "batch", "3 batches"),
        (2, "day", "2 days"),
    ],
)
def test_a_quantity_agrees_with_its_noun(value: int, noun: str, shown: str) -> None:
    assert words.quantity(value, noun) == shown


def test_markdown_in_a_record_is_escaped_and_links_and_icons_are_broken_up() -> None:
    hostile = "[x](https://a.example) **b** :smile: <b>$y$</b> mail@a.example"
    shown = words.md(hostile)
    assert re.sub("[\u2060\u200b]", "", shown) == (
        r"\[x\]\(https:\/\/a.example\) \*\*b\*\* :smile: \<b\>\$y\$\<\/b\> mail@a.example"
    )
    assert ":smile:" not in shown
    assert "https://" not in shown


def test_a_long_name_may_break_at_its_at_sign_and_a_time_or_a_decimal_may_not() -> None:
    assert words.md("jo@a.example 23:31 1.5") == "jo@\u200ba.\u2060example 23:\u206031 1.\u20605"


def test_html_in_a_record_is_escaped_in_chart_labels_and_the_middle_is_cut() -> None:
    assert words.label("<b>bold</b> & more") == "&lt;b&gt;bold&lt;/b&gt; &amp; more"
    assert words.label("abcdefghij", 5) == "ab…ij"


def test_what_hides_in_a_record_is_taken_out() -> None:
    assert words.plain("a\x1b[31mb\u202ec\nd") == "abc d"


@pytest.mark.parametrize(
    ("amplification", "interval", "text"),
    [
        (8.78, (8.0, 9.7), "8.78 entries (8 to 9.7)"),
        (8.78, (8.0, None), "8.78 entries"),
        (2.0, None, "2 entries"),
        (None, (28.5, None), "28.5 entries or more: it may have no end"),
    ],
)
def test_how_many_entries_one_ends_as(
    amplification: float | None, interval: tuple[float, float | None] | None, text: str
) -> None:
    loop = replace(LOOP, amplification=amplification, amplification_interval=interval)
    assert _ends_as(loop) == text
