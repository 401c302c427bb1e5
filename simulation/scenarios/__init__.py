"""Named kinds of organizations, each from a seed: `build(kind, seed)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulation.organization import Organization
from simulation.scenarios import first, older, storms, ways_in
from stormtrail.errors import UsageError

KINDS: Mapping[str, Callable[..., Organization]] = {
    make.__name__: make
    for make in (
        first.articles,
        first.one_function,
        first.three_stages,
        storms.three_functions_all_routed,
        first.queue_trap,
        storms.queue_in_loop,
        storms.message_an_entry,
        first.stream_cure,
        ways_in.stream_batches,
        ways_in.batch_floor,
        ways_in.s3_notification,
        ways_in.becomes_organizations,
        ways_in.sns,
        ways_in.sqs_from_bucket,
        ways_in.eventbridge_rule,
        ways_in.firehose_transform,
        ways_in.states_between,
        ways_in.management_calls,
        ways_in.filtered_group,
        ways_in.self_logging_bucket,
        ways_in.own_log_group,
        storms.several_functions_one_group,
        storms.two_storms,
        storms.cross_account_chain,
        storms.two_sources_one_loop,
        storms.flaky,
        storms.single_account,
        storms.ended,
        storms.moved_behind_stream,
        storms.onset_at_edge,
        storms.grows_stronger,
        storms.runs_recorded_later,
        older.older_trail,
        older.stream_of_older_trail,
        storms.missing_fields,
        first.nothing_recorded,
        first.organization_unrecorded,
        storms.older_records,
        storms.missing_account,
        storms.gap,
        storms.duplicates,
        storms.late_files,
        first.no_storm,
        storms.no_storm_busy,
        storms.quiet_month,
        storms.anomalies,
    )
}
"""Each takes a seed, and by name `hours` and `scale`."""


def describe(kind: str) -> str:
    """What a kind is, in one line."""
    return (KINDS[kind].__doc__ or "").strip().splitlines()[0]


def build(kind: str, seed: int, hours: float | None = None, scale: float = 1.0) -> Organization:
    """The organization of a kind; `hours` None is the kind's own. UsageError for what cannot be."""
    if kind not in KINDS:
        hint = f"one of: {', '.join(sorted(KINDS))}"
        raise UsageError(f"no kind of simulation is called {kind!r}", hint=hint)
    if scale <= 0 or (hours is not None and hours <= 0):
        raise UsageError("hours and scale must be above 0", where=kind, hint="leave them out")
    if hours is None:
        return KINDS[kind](seed, scale=scale)
    return KINDS[kind](seed, hours=hours, scale=scale)
