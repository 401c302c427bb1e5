from __future__ import annotations

from dataclasses import replace

from dashboard.filters import Filters, narrow
from tests.dashboard.sample import (
    ARCHIVE,
    BUCKET,
    FORWARDER,
    ROUTER,
    SIEM,
    STORM,
    THUMBNAILER,
    WRITER,
)


def test_without_a_choice_everything_is_shown() -> None:
    assert narrow(STORM, Filters()) == STORM


def test_an_account_keeps_its_functions_and_every_loop_that_runs_through_it() -> None:
    shown = narrow(STORM, Filters(accounts=(ARCHIVE,)))
    assert shown == replace(
        STORM,
        sources=(STORM.sources[1],),
        functions=(STORM.functions[1], STORM.functions[3]),
        anomalies=(STORM.anomalies[1],),
        recommendations=(),
    )


def test_an_account_without_sources_still_shows_the_chain_that_ends_in_it() -> None:
    shown = narrow(STORM, Filters(accounts=(SIEM,)))
    assert [item.arn for item in shown.functions] == [FORWARDER]
    assert shown.chains == STORM.chains
    assert shown.sources == ()


def test_a_region_leaves_out_loops_of_other_regions() -> None:
    shown = narrow(STORM, Filters(regions=("us-east-1",)))
    assert [item.arn for item in shown.sources] == [BUCKET]
    assert [item.arn for item in shown.functions] == [THUMBNAILER]
    assert shown.loops == ()


def test_account_and_region_are_both_asked_for() -> None:
    shown = narrow(STORM, Filters(accounts=(ARCHIVE,), regions=("eu-west-1",)))
    assert [item.arn for item in shown.functions] == [WRITER]
    assert ROUTER not in {item.subject for item in shown.anomalies}
