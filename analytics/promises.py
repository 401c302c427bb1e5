"""What a plan promised, kept beside the store, and later what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from analytics.findings import Findings, Recommendation
from analytics.what_if import Prediction, State
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

FILE = "promises.json"


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
    path = layout.root / FILE
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
    path = layout.root / FILE
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [{**item, "function": item["function"], "source": item["source"]} for item in found]
    except (OSError, ValueError, TypeError, KeyError) as error:
        hint = "remove it and plan again"
        raise StoreError(f"not promises of a plan ({error})", where=str(path), hint=hint) from error


def told(layout: Layout, findings: Findings) -> tuple[str, ...]:
    """A note for every promised function that the window shows: what was promised, what came.

    A function counts as moved when something other than its old source starts it.
    """
    functions = {item.arn: item for item in findings.functions}
    notes = []
    for promise in read(layout):
        function = functions.get(promise["function"])
        if function is None:
            continue
        sources = [item for item in findings.sources if item.arn in function.sources]
        moved = [item for item in sources if item.arn != promise["source"]]
        notes.append(
            _note(promise, function.batch_size, moved[0].s if moved else None, bool(moved))
        )
    return tuple(notes)


def _note(promise: dict[str, Any], batch: float | None, s: float | None, moved: bool) -> str:
    wanted = f"{_number(promise['entries_per_run'])} entries a run and s {_number(promise['s'])}"
    if not moved:
        return f"{promise['function']}: {wanted} were promised; its old source still starts it"
    came = f"{_number(batch)} entries a run and s {_number(s)}"
    return f"{promise['function']}: promised {wanted}; came {came}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


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
