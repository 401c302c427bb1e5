"""What a plan promised, kept beside the store, and later what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analytics.findings import Findings, Recommendation
from analytics.what_if import Prediction, State
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

_PROMISED = ("entries_per_run", "s", "spectral_radius")


def as_json(cured: Sequence[Recommendation], prediction: Prediction) -> dict[str, Any]:
    """Moves with their batches, and the month before and after; times per month are of 30 days."""
    return {
        "moves": [_move(item, prediction.after) for item in cured],
        "before": _state(prediction.before),
        "after": _state(prediction.after),
        "monthly_saving_usd": prediction.monthly_saving_usd,
    }


def lines(prediction: Prediction) -> Iterator[tuple[str, float | None, float | None]]:
    """Name, before and after of everything that is predicted."""
    before, after = prediction.before, prediction.after
    for source in before.s:
        yield f"s of {source}", before.s[source], after.s[source]
    yield "ρ", before.spectral_radius, after.spectral_radius
    yield "second-order entries", before.second_order, after.second_order
    for function, runs in before.runs.items():
        yield f"runs of {function}", runs, after.runs[function]
    yield "USD", before.monthly_usd, prediction.monthly_usd_after


def keep(layout: Layout, cured: Sequence[Recommendation], prediction: Prediction) -> None:
    """Writes the promise; a later one for the same function takes its place. StoreError."""
    kept = {item["function"]: item for item in read(layout)}
    kept |= {item["function"]: item for item in as_json(cured, prediction)["moves"]}
    path = layout.promises
    text = json.dumps([kept[name] for name in sorted(kept)], indent=2)
    beside = path.with_suffix(".new")
    try:
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        hint = "check the disk and the folder's rights"
        raise StoreError(f"promise cannot be kept ({error})", where=str(path), hint=hint) from error


def read(layout: Layout) -> list[dict[str, Any]]:
    """Every promise that was kept; StoreError where the file is none of ours."""
    path = layout.promises
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [_promise(item) for item in found]
    except (OSError, ValueError, TypeError, KeyError) as error:
        hint = "remove it and plan again"
        raise StoreError(f"not promises of a plan ({error})", where=str(path), hint=hint) from error


def _promise(item: Mapping[str, Any]) -> dict[str, Any]:
    """A promise as it was kept; raises for what is none."""
    names = {name: str(item[name]) for name in ("function", "source", "action")}
    numbers = {name: None if item[name] is None else float(item[name]) for name in _PROMISED}
    return {**item, **names, **numbers}


def told(layout: Layout, findings: Findings) -> tuple[str, ...]:
    """A note for every promised function: what was promised, and what came at the window's end.

    A function counts as moved when something other than its old source starts it, and as
    given a larger batch when it needs none any more.
    """
    now = {item.function: item for item in findings.recommendations}
    return tuple(_note(promise, now.get(promise["function"])) for promise in read(layout))


def _note(promise: dict[str, Any], now: Recommendation | None) -> str:
    wanted = f"{promise['function']}: promised {_numbers(promise)}"
    if now is None:
        return f"{wanted}; no log source starts it in this window"
    if not _is_done(promise, now):
        return f"{wanted}; not made yet: {now.source} still starts it as before"
    came = {
        "entries_per_run": now.entries_per_run_before,
        "s": now.s_before,
        "spectral_radius": now.spectral_radius_before,
    }
    return f"{wanted}; came {_numbers(came)}"


def _is_done(promise: dict[str, Any], now: Recommendation) -> bool:
    if promise["action"] == "raise_batch":
        return now.action == "keep"
    return bool(now.source != promise["source"])


def _numbers(state: Mapping[str, Any]) -> str:
    """Entries a run, s and ρ, in words."""
    batch, s, radius = (_number(state[name]) for name in _PROMISED)
    return f"{batch} entries a run, s {s}, ρ {radius}"


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.4g}"


def _move(item: Recommendation, after: State) -> dict[str, Any]:
    batch = item.batch
    return {
        "function": item.function,
        "source": item.source,
        "action": item.action,
        "batch": None
        if batch is None
        else {"size": batch.size, "window_seconds": batch.window_seconds, "shards": batch.shards},
        "entries_per_run": after.entries_per_run.get(item.function),
        "s": after.s.get(item.source or ""),
        "spectral_radius": after.spectral_radius,
        "warnings": list(item.warnings),
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "s": dict(state.s),
        "spectral_radius": state.spectral_radius,
        "delivered": None if state.delivered is None else dict(state.delivered),
        "second_order": state.second_order,
        "runs": dict(state.runs),
        "entries_per_run": dict(state.entries_per_run),
        "monthly_usd": state.monthly_usd,
    }
