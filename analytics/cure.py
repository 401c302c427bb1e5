"""What to do about each function that a log source starts, and why that and nothing else.

Every way is worked out through the same prediction (`what_if`), so what is compared is money and
entries after all interactions. Ways that lose evidence are worked out and shown, never chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from analytics import cure_words as words
from analytics.candidates import Candidate
from analytics.findings import Alternative, Batch, Recommendation
from analytics.order import Step, one_after_the_other
from analytics.situation import (
    Settings,
    Situation,
    main_candidates,
    needs_cure,
    with_flows,
)
from analytics.treatments import (
    Larger,
    Removed,
    Treatment,
)
from analytics.ways import WAYS, Option, alone, larger, stream_for, together
from analytics.what_if import SourceFlow, State

__all__ = ["Settings", "Situation", "recommend", "stream_for"]

MAPPED = ("sqs", "kinesis", "dynamodb")
DIGITS = 6  # as the findings round s
BUCKET = "exclude_from_selector"


def recommend(situation: Situation) -> tuple[Recommendation, ...]:
    """One recommendation a function (action keep where nothing is gained), and one a bucket that
    logs itself; the largest saving first.

    `monthly_usd_*` are of all log processing that is connected with the function's source.
    Functions of one source share a stream, so they are worked out together; each is told its
    share, by its runs, of the money before, after and saved. What is connected is made one after
    the other, so that the savings add up to what all together save.
    """
    known = with_flows(situation)
    mains = list(main_candidates(known.candidates, known.settings))
    options = {item.function: _best(known.around(item.source), item) for item in mains}
    steps = [_step(item, way) for item in mains if (way := options[item.function])]
    steps += [_silencing(known, source) for source in known.sources if source.self_logging]
    made = one_after_the_other(known, {step.key: step for step in steps}.values())
    found = [_for_function(known, item, options[item.function], made) for item in mains]
    found += [_for_bucket(s, made[BUCKET, s.arn]) for s in known.sources if s.self_logging]
    return tuple(sorted(found, key=_by_saving))


def _step(candidate: Candidate, option: Option) -> Step:
    return Step(_key(candidate, option), candidate.source, option.moves, option.prediction)


def _key(candidate: Candidate, option: Option) -> tuple[str, str]:
    """What is made together: all functions of a source behind its stream, else one function."""
    shared = option.action == "move_behind_kinesis"
    return option.action, candidate.source if shared else candidate.function


def _silencing(situation: Situation, source: SourceFlow) -> Step:
    silenced = (source.arn,)
    prediction = situation.around(source.arn).predict({}, silenced)
    return Step((BUCKET, source.arn), source.arn, {}, prediction, silenced)


def _for_function(
    known: Situation,
    candidate: Candidate,
    option: Option | None,
    made: Mapping[tuple[str, str], Step],
) -> Recommendation:
    situation = known.around(candidate.source)
    if option is None:
        return _keep(situation, candidate, None)
    step = made[_key(candidate, option)]
    if not step.is_made:
        return _keep(situation, candidate, step)
    others = tuple(_alternatives(situation, candidate, option.action))
    done = replace(option, prediction=step.prediction)
    return _recommendation(situation, candidate, done, others)


def _best(situation: Situation, candidate: Candidate) -> Option | None:
    """The way that keeps the evidence and can be had for this kind of source."""
    if not candidate.active:
        return None
    if candidate.own_log_group:
        return alone(situation, candidate, "exclude_own_log_group", Removed(candidate.source))
    few = needs_cure(replace(candidate, behind_stream=False), situation.settings)
    if few and candidate.source_kind in MAPPED:
        return alone(situation, candidate, "raise_batch", larger(candidate, situation))
    if needs_cure(candidate, situation.settings):
        return together(situation, candidate, "move_behind_kinesis")
    return None


def _alternatives(situation: Situation, candidate: Candidate, chosen: str) -> Iterable[Alternative]:
    """The other ways, worked out, with what each gives up."""
    for action in WAYS:
        if action == chosen or (candidate.behind_stream and action == "move_behind_kinesis"):
            continue
        gives_up = words.gives_up(action, candidate)
        if action == "raise_batch" and candidate.source_kind not in MAPPED:
            yield Alternative(action, None, None, None, gives_up)
            continue
        option = together(situation, candidate, action)
        after = option.prediction.after
        s, radius = after.s.get(candidate.source), after.spectral_radius
        yield Alternative(action, s, radius, option.usd_after, gives_up)


def _recommendation(
    situation: Situation,
    candidate: Candidate,
    option: Option,
    alternatives: tuple[Alternative, ...],
) -> Recommendation:
    before, after = option.prediction.before, option.prediction.after
    s_before = _s(before, candidate)
    return Recommendation(
        function=candidate.function,
        source=candidate.source,
        relieves=candidate.relieves,
        action=option.action,
        why=words.why(option.action, candidate, option.prediction),
        batch=_batch(option.treatment),
        s_before=None if s_before is None else round(s_before, DIGITS),
        s_after=_s(after, candidate),
        spectral_radius_after=after.spectral_radius,
        monthly_usd_before=option.usd_before,
        monthly_usd_after=option.usd_after,
        monthly_saving_usd=option.saving,
        s_of_window=_of_window(situation, candidate),
        evidence=candidate.evidence,
        gives_up=words.gives_up(option.action, candidate),
        warnings=words.warnings(
            option.action,
            candidate,
            after,
            situation.assumptions,
            _fed(situation, candidate, option),
        ),
        alternatives=alternatives,
        entries_per_run_before=candidate.batch,
        entries_per_run_after=after.entries_per_run.get(candidate.function),
        spectral_radius_before=before.spectral_radius,
        filter_pattern=candidate.filter_pattern,
        role=candidate.role,
    )


def _s(state: State, candidate: Candidate) -> float | None:
    """s of the function's source; None where its entries are not in the archive."""
    return None if candidate.batch is None else state.s[candidate.source]


def _fed(situation: Situation, candidate: Candidate, option: Option) -> State | None:
    """What would come where a trail goes on recording the stream's calls; None where none does."""
    if not candidate.records_kinesis or option.action != "move_behind_kinesis":
        return None
    return situation.predict(option.moves, streams_recorded=True).after


def _of_window(situation: Situation, candidate: Candidate) -> float | None:
    """What the findings say of s over the whole window."""
    return next((s.s_of_window for s in situation.sources if s.arn == candidate.source), None)


def _batch(treatment: Treatment | None) -> Batch | None:
    if isinstance(treatment, Larger):
        return Batch(treatment.size, treatment.window_seconds, 0, "in_place")
    return treatment if isinstance(treatment, Batch) else None


def _keep(situation: Situation, candidate: Candidate, best: Step | None) -> Recommendation:
    """Nothing to do: with the reason, and what the best way would have cost."""
    now = together(situation, candidate, "keep")
    before = now.prediction.before
    known = _s(before, candidate)
    s = None if known is None else round(known, DIGITS)
    others = () if best is None else tuple(_alternatives(situation, candidate, "keep"))
    return Recommendation(
        function=candidate.function,
        source=candidate.source,
        relieves=candidate.relieves,
        action="keep",
        why=words.why_keep(candidate, best),
        batch=None,
        s_before=s,
        s_after=s,
        spectral_radius_after=before.spectral_radius,
        monthly_usd_before=now.usd_before,
        monthly_usd_after=now.usd_before,
        monthly_saving_usd=0.0,
        s_of_window=_of_window(situation, candidate),
        evidence=candidate.evidence,
        alternatives=others,
        entries_per_run_before=candidate.batch,
        entries_per_run_after=candidate.batch,
        spectral_radius_before=before.spectral_radius,
    )


def _for_bucket(source: SourceFlow, step: Step) -> Recommendation:
    """A trail that records the deliveries of its own files: no function is involved."""
    found = step.prediction
    before, after = found.before, found.after
    saving = max(0.0, step.saving)
    return Recommendation(
        function="",
        source=source.arn,
        relieves=(),
        action=BUCKET,
        why=words.WHY_BUCKET,
        batch=None,
        s_before=round(before.s[source.arn], DIGITS),
        s_after=after.s[source.arn],
        s_of_window=source.s_of_window,
        spectral_radius_before=before.spectral_radius,
        spectral_radius_after=after.spectral_radius,
        monthly_usd_before=before.monthly_usd,
        monthly_usd_after=(before.monthly_usd or 0.0) - saving,
        monthly_saving_usd=saving,
        gives_up=words.GIVES_UP_BUCKET,
    )


def _by_saving(item: Recommendation) -> tuple[float, str, str]:
    return (-(item.monthly_saving_usd or 0.0), item.function, item.source or "")
