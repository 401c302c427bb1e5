"""What a recommendation says: the reason, what is given up, and what to look out for."""

from __future__ import annotations

from analytics.candidates import Candidate
from analytics.order import Step
from analytics.usage import Assumptions
from analytics.what_if import Prediction, State

# Lambda's limit of an asynchronous call's payload.
ASYNCHRONOUS_BYTES = 1_000_000

# Entries a run from which on calls by the entry would show, and calls a run that are no more than one.
PLAIN_BATCH, ONCE_A_RUN = 2.0, 1.1

WHY_BUCKET = (
    "the trail records the delivery of its own files as S3 data events, and delivers those: set"
    " RecursiveLogging=false, or leave this bucket out of the trail's data-event selectors"
)
GIVES_UP_BUCKET = (
    "records of CloudTrail's own PutObject calls; with the selector also everybody else's object"
    " calls on this bucket"
)

_WHY = {
    "move_behind_kinesis": "one run takes a whole batch of the stream, and neither the Destination"
    " nor the stream writes an entry",
    "raise_batch": "its event source mapping can gather more without anything new",
    "exclude_own_log_group": "it is subscribed to its own log group: every run's log lines start"
    " it again, and carry nothing but itself",
}
_GIVES_UP = {
    "move_behind_kinesis": "entries wait up to the batch window; a failed batch is tried again as"
    " a whole unless it is split",
    "raise_batch": "entries wait up to the batch window",
    "firehose": "the function must be rewritten as a Firehose transform, and what it hands on goes"
    " only where Firehose delivers",
    "queue": "nothing is won: the queue is filled by one run a delivery, so s is 1 + 1/X",
    "exclude_from_selector": "the trail of that code: nobody can show any more when it ran",
    "exclude_own_log_group": "its own log lines in what it processes; they stay in the log group",
    "keep": "the money and the noise",
}


def why(action: str, candidate: Candidate, prediction: Prediction) -> str:
    """The reason in one sentence with its numbers."""
    before, after = prediction.before, prediction.after
    told = [f"ρ {before.spectral_radius:.3g} → {after.spectral_radius:.3g}"]
    if candidate.batch is not None:
        told.insert(0, f"s {before.s[candidate.source]:.4g} → {after.s[candidate.source]:.4g}")
    return f"{_taken(candidate)}; {_WHY[action]}: {', '.join(told)}"


def why_keep(candidate: Candidate, best: Step | None) -> str:
    """Why nothing is to be done."""
    if not candidate.active:
        return "it no longer ran at the window's end"
    if best is not None:
        then = "once the other changes are made, " if best.further else ""
        return (
            f"{_taken(candidate)}, but {then}the best way would save {best.saving:.2f} USD a month"
        )
    if candidate.behind_stream:
        return f"{_taken(candidate)}; it is behind a stream already"
    return f"{_taken(candidate)}: enough"


def gives_up(action: str, candidate: Candidate) -> str:
    """What the way costs besides money."""
    if action == "raise_batch" and candidate.source_kind in ("cloudwatch_logs", "s3", "sns"):
        return "cannot be had: the source decides how much one run takes"
    return _GIVES_UP[action]


def warnings(
    action: str, candidate: Candidate, after: State, assumptions: Assumptions, fed: State | None
) -> tuple[str, ...]:
    """What could make it go wrong; `fed` is what would come where a trail records the stream's calls."""
    if action == "raise_batch":
        found = [_by_entry(candidate, after)]
    elif action == "move_behind_kinesis":
        found = [
            _by_entry(candidate, after),
            _kinesis_entries(candidate, fed),
            _payload(candidate, after, assumptions),
            _producer(candidate),
            _endless(after),
        ]
    else:
        found = []
    return tuple(text for text in found if text)


def _taken(candidate: Candidate) -> str:
    rate = f"{candidate.runs_per_minute_mean:.3g} runs a minute"
    if candidate.batch is None:
        return f"{rate}, of entries that are not in the archive"
    return f"{candidate.batch:.3g} entries a run, {rate}"


def _by_entry(candidate: Candidate, after: State) -> str:
    """Calls are counted by the run; where a run takes an entry, or makes more than one, they may be by the entry, and
    then larger batches make none fewer."""
    then = after.entries_per_run.get(candidate.function, 0.0)
    each = max(candidate.callees.values(), default=candidate.further_entries)
    if candidate.batch is None or not candidate.further_entries or not then:
        return ""
    if candidate.batch >= PLAIN_BATCH and each <= ONCE_A_RUN:
        return ""
    stays = candidate.further_entries * max(0.0, 1 / candidate.batch - 1 / then)
    return (
        "its calls are taken to be made once a run: where it makes one for each entry, as a message an entry"
        f" on a queue, they stay as many, and s comes to {after.s[candidate.source] + stays:.3g}"
    )


def _kinesis_entries(candidate: Candidate, fed: State | None) -> str:
    if candidate.records_kinesis is None:
        return "check that no trail records Kinesis data events: they would feed the storm"
    if fed is None:
        return ""
    endless = "" if fed.delivered is not None else ", without end"
    return (
        "a trail records Kinesis data events: PutRecord and GetRecords of the stream would feed the"
        f" storm (s {fed.s[candidate.source]:.4g}, ρ {fed.spectral_radius:.3g}{endless}); the numbers"
        " here are with the stream left out of that trail's selectors first, as the steps say"
    )


def _payload(candidate: Candidate, after: State, assumptions: Assumptions) -> str:
    entries = after.entries_per_run.get(candidate.function, 0.0)
    size = entries * assumptions.bytes_per_entry
    if not candidate.relieves or size <= ASYNCHRONOUS_BYTES:
        return ""
    return (
        f"a batch is about {size / 1e6:.1f} MB: what it hands on to other functions must be"
        " compressed or put in S3, or the calls grow in number again"
    )


def _producer(candidate: Candidate) -> str:
    if candidate.source_kind == "s3":
        return "a bucket reaches a stream through EventBridge: the rule's target is the stream"
    if candidate.source_kind in ("sns", "sqs"):
        return "its producer must write to the stream instead: a subscription cannot"
    return ""


def _endless(after: State) -> str:
    if after.delivered is None:
        return (
            "it does not end the loop: something else feeds it as well (the money is at"
            " the rates of now)"
        )
    return ""
