"""Which entries a subscription filter lets pass, as far as a cell tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.filter_patterns import LONGEST, parse
from analytics.selectors import Cell

RUN = Cell("111122223333", "eu-west-1", "Data", "lambda.amazonaws.com", "Invoke", None)
READ = Cell("111122223333", "eu-west-1", "Management", "ec2.amazonaws.com", "DescribeHosts", True)
BARE = Cell(None, None, None, None, None, None)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_pattern_lets_everything_pass(text: str | None) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "run", "read"),
    [
        ('{ $.eventSource != "lambda.amazonaws.com" }', False, True),
        ("{$.eventSource=lambda.amazonaws.com}", True, False),
        ('{ ($.eventName = "Describe*") || ($.eventName = Invoke) }', True, True),
        ('{ $.eventName = "*voke" && $.awsRegion = "eu-*" }', True, False),
        ("{ $.managementEvent IS TRUE }", False, True),
        ("{ $.eventCategory = Data && $.recipientAccountId = 111122223333 }", True, False),
        ("{ $.readOnly IS FALSE }", None, False),
        ("{ $.readOnly = true }", None, True),
        ("{ $.eventName NOT EXISTS }", False, False),
        ("{ $.eventSource IS NULL }", False, False),
        ('{ $.userIdentity.invokedBy = "logs.amazonaws.com" }', None, None),
        ("{ $.userIdentity.type = Root && $.eventSource = ec2.amazonaws.com }", False, None),
        ("{ $.userIdentity.type = Root || $.eventSource = ec2.amazonaws.com }", None, True),
        ("{ $.errorCode NOT EXISTS }", None, None),
        ("{ $.eventName = %Desc.+% }", None, None),
        ("{ $.eventName > 5 }", None, None),
        ('"lambda.amazonaws.com"', True, None),
        ('-"lambda.amazonaws.com"', False, True),
        ("?Invoke ?DescribeHosts", True, True),
        ("Invoke -Data", False, None),
        ("[a, b]", None, None),
        ("%Invoke%", None, None),
        ("{ $.eventName = }", None, None),
        ("{ $.eventName = a b }", None, None),
        ("{ ($.eventName = a }", None, None),
        ("{ = a }", None, None),
        ("{ }", None, None),
        ("(" * LONGEST, None, None),
        ("{" + "(" * (LONGEST - 2), None, None),
        ("{" + " " * LONGEST + "}", None, None),
    ],
)
def test_a_pattern_passes_what_it_asks_for(text: str, run: bool | None, read: bool | None) -> None:
    test = parse(text)
    assert test is not None
    assert (test(RUN), test(READ)) == (run, read)


@given(st.text() | st.text(alphabet='{}()$.=!&|"*% aeIS', max_size=60).map("{{ $.a {}".format))
def test_any_text_is_a_pattern_or_none(text: str) -> None:
    test = parse(text)
    assert test is None or test(BARE) in (True, False, None)


def test_what_the_cell_does_not_know_cannot_be_told() -> None:
    test = parse('{ $.eventSource = "lambda.amazonaws.com" }')
    assert test is not None
    assert test(BARE) is None
