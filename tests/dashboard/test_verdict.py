from __future__ import annotations

from dataclasses import replace

from dashboard.verdict import Answer, answers, main_loop
from tests.dashboard.sample import CALM, END, LOOP, STORM


def test_a_storm_is_told_in_five_answers() -> None:
    assert answers(STORM) == (
        Answer(
            "Is there a storm?",
            "A sustained storm",
            "Log processing caused 92 % of 1.23 million entries; every entry loops for ever.",
        ),
        Answer("Since when?", "10 Jan 2026, 14:05 UTC", "34 hours up to the last entry."),
        Answer(
            "By whose change?",
            "alice",
            "As Admin: PutSubscriptionFilter at 10 Jan 2026, 14:03 UTC; confidence 93 %.",
        ),
        Answer(
            "What does it cost?",
            "11,300 USD a month",
            "Of 12,400 USD a month that the trail costs in all.",
        ),
        Answer("What to do?", "Move router behind a Kinesis stream", "Saves 11,200 USD a month."),
    )


def test_calm_is_told_as_calm() -> None:
    assert [answer.value for answer in answers(CALM)] == [
        "No storm",
        "–",
        "–",
        "Not known",
        "Nothing to change",
    ]


def test_much_log_processing_without_a_loop_is_told_as_a_flood() -> None:
    entries = replace(CALM.entries, second_order_share=0.64)
    told = answers(replace(CALM, entries=entries))[0]
    assert told == Answer(
        "Is there a storm?",
        "No loop, but a flood",
        "Log processing caused 64 % of 50,000 entries; they do not come back, "
        "so it grows no further.",
    )


def test_nothing_is_called_calm_where_nobody_knows() -> None:
    entries = replace(CALM.entries, second_order=None, second_order_share=None)
    told = answers(replace(CALM, entries=entries))
    assert [answer.value for answer in told] == [*["Not known"] * 4, "Tell what feeds them"]


def test_the_worst_state_is_told_first_even_where_another_loop_is_larger() -> None:
    small = replace(LOOP, id="loop-2", state="runaway", entries=10)
    assert main_loop(replace(STORM, loops=(LOOP, small))) == small


def test_a_storm_that_ended_says_how_long_it_lasted() -> None:
    ended = replace(LOOP, state="ended", ended=END)
    assert answers(replace(STORM, loops=(ended,)))[1] == Answer(
        "Since when?", "10 Jan 2026, 14:05 UTC", "Until 12 Jan 2026, 00:00 UTC: 34 hours."
    )


def test_a_runaway_storm_says_how_fast_it_doubles() -> None:
    growing = replace(LOOP, state="runaway", doubling_minutes=6.0)
    note = answers(replace(STORM, loops=(growing,)))[1].note
    assert note == "34 hours up to the last entry. Doubles every 6 minutes."


def test_what_the_archive_cannot_tell_is_said_to_be_unknown() -> None:
    old = replace(LOOP, onset=None, cause=None)
    told = answers(replace(STORM, loops=(old,)))
    assert (told[1].value, told[2].value) == ("Before the archive", "Not recorded")
