"""Tables of findings. Cells are drawn as text by Streamlit's grid, never as HTML or Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from analytics.findings import Anomaly, LogFunction, Loop
from dashboard.words import actor, interval, moment, plain, short

MOST_ROWS = 1000
_BIG = st.column_config.NumberColumn(format="compact")
_FEW_DIGITS = st.column_config.NumberColumn(format="%.3g")


def functions(found: Sequence[LogFunction], key: str) -> None:
    """Log-processing functions, most entries first; ten thousand are cut, and it says so."""
    ranked = sorted(found, key=lambda f: (-f.entries, f.arn))
    shown = [_function(item) for item in ranked[:MOST_ROWS]]
    config = {
        "Runs": _BIG,
        "Entries": _BIG,
        "Entries a run": _FEW_DIGITS,
        "Batch": st.column_config.NumberColumn(format="%.3g", help="Entries that one run takes"),
        "In a loop": st.column_config.CheckboxColumn(),
        "Active": st.column_config.CheckboxColumn(help="Still running at the end of the window"),
    }
    st.dataframe(shown, key=key, hide_index=True, placeholder="", column_config=config)
    if len(ranked) > MOST_ROWS:
        st.caption(
            f"The first {MOST_ROWS:,} of {len(ranked):,} functions; the SQL page has them all."
        )


def _function(item: LogFunction) -> dict[str, Any]:
    return {
        "Function": short(item.arn),
        "Account": item.account,
        "Region": item.region,
        "In a loop": item.in_loop,
        "Active": item.active,
        "Depth": item.depth,
        "Runs": item.invocations,
        "Entries": item.entries,
        "Entries a run": item.entries_per_invocation,
        "Batch": item.batch_size,
        "Last run": moment(item.last_seen),
        "ARN": plain(item.arn),
    }


def loops(found: Iterable[Loop], key: str) -> None:
    """Loops with ρ, state and cause."""
    shown = [_loop(item) for item in found]
    config = {
        "ρ": _FEW_DIGITS,
        "Entries": _BIG,
        "Share": st.column_config.NumberColumn(format="percent"),
    }
    st.dataframe(shown, key=key, hide_index=True, placeholder="", column_config=config)


def _loop(item: Loop) -> dict[str, Any]:
    return {
        "Loop": plain(item.id),
        "State": item.state,
        "ρ": item.spectral_radius,
        "ρ interval": interval(item.spectral_radius_interval),
        "Entries": item.entries,
        "Share": item.share_of_entries,
        "Sources": ", ".join(short(arn) for arn in item.sources),
        "Functions": len(item.functions),
        "Onset": moment(item.onset),
        "Cause": plain(item.cause.event_name) if item.cause else "not recorded",
        "By": actor(item.cause.actor) if item.cause else "",
    }


def anomalies(found: Sequence[Anomaly], key: str) -> int | None:
    """Anomalies, strongest first as given; returns the index of the row that was clicked."""
    shown = [_anomaly(item) for item in found[:MOST_ROWS]]
    state: Any = st.dataframe(
        shown,
        key=key,
        hide_index=True,
        placeholder="",
        on_select="rerun",
        selection_mode="single-row",
        column_config={"Score": _FEW_DIGITS, "What": st.column_config.TextColumn(width="large")},
    )
    rows = state.selection.rows
    return rows[0] if rows and rows[0] < len(found) else None


def _anomaly(item: Anomaly) -> dict[str, Any]:
    return {
        "Score": item.score,
        "From": moment(item.window.start),
        "Detector": plain(item.detector),
        "Subject": short(item.subject),
        "What": plain(item.explanation),
    }
