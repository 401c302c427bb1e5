"""From spells to anomalies: times, and the ids of entries that show each one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics.detectors import silences
from analytics.detectors.base import HOUR, Spell
from analytics.detectors.panel import Panel, hour_index
from analytics.findings import Anomaly, Window

MOST_IDS = 5


def anomalies(hours: pa.Table, panel: Panel, spells: tuple[Spell, ...]) -> tuple[Anomaly, ...]:
    """The spells as anomalies, the highest score first, then by time, subject and detector."""
    index = pa.array(hour_index(hours))
    table = hours.append_column("index", index)
    found = [_anomaly(table, panel, spell) for spell in spells]
    return tuple(sorted(found, key=_order))


def _order(anomaly: Anomaly) -> tuple[float, str, str, str]:
    return (-anomaly.score, str(anomaly.window.start), anomaly.subject, anomaly.detector)


def _anomaly(table: pa.Table, panel: Panel, spell: Spell) -> Anomaly:
    window = Window(panel.start + spell.first * HOUR, panel.start + (spell.last + 1) * HOUR)
    ids = _silent_ids(table, spell) if spell.detector == silences.DETECTOR else _ids(table, spell)
    return Anomaly(spell.detector, spell.subject.name, window, spell.score, spell.explanation, ids)


def _ids(table: pa.Table, spell: Spell) -> tuple[str, ...]:
    """Entries of the spell's busiest hours."""
    at = pc.field("index")
    rows = table.filter(_of_subject(spell) & (at >= spell.first) & (at <= spell.last))
    order = [("entries", "descending"), ("index", "ascending"), ("first_event_id", "ascending")]
    busiest = rows.sort_by(order).slice(0, MOST_IDS)
    pairs = zip(
        busiest["first_event_id"].to_pylist(), busiest["last_event_id"].to_pylist(), strict=True
    )
    return _distinct(event_id for pair in pairs for event_id in pair)


def _silent_ids(table: pa.Table, spell: Spell) -> tuple[str, ...]:
    """The subject's last entry before the silence and its first one after."""
    rows = table.filter(_of_subject(spell)).sort_by("index")
    index = rows["index"].to_numpy()
    before = int(np.searchsorted(index, spell.first))
    after = int(np.searchsorted(index, spell.last, "right"))
    earlier = rows["last_event_id"].slice(max(0, before - 1), min(before, 1))
    return _distinct([*earlier.to_pylist(), *rows["first_event_id"].slice(after, 1).to_pylist()])


def _of_subject(spell: Spell) -> pc.Expression:
    """The rows of the spell's subject; of a new caller or source, its rows at that function."""
    subject = spell.subject
    mine = pc.field("account_id") == subject.account
    if spell.partner is None:
        return (
            mine
            & (pc.field("subject_kind") == subject.kind)
            & (pc.field("subject") == subject.name)
        )
    at_function = pc.field("function_arn") == subject.name
    return mine & (pc.field("subject") == spell.partner) & at_function


def _distinct(ids: Iterable[str | None]) -> tuple[str, ...]:
    """The first few ids, each once; records of the oldest version have none."""
    return tuple(dict.fromkeys(i for i in ids if i is not None))[:MOST_IDS]
