"""Evidence: search entries, read the raw record, see whether its file is proven, export."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import data, export, frame, record, series
from dashboard.words import moment, plain, quantity, short

MOST_ROWS = 500
_BADGES = {
    "proven": ("Proven by a digest", "green", ":material/verified:"),
    "tampered": ("Changed since it was delivered", "red", ":material/gpp_bad:"),
    "unproven": ("No digest lists its file", "orange", ":material/help:"),
}
_UNVERIFIED = ("Not verified", "gray", ":material/help:")
_COLUMNS = (
    "event_time",
    "event_name",
    "function_arn",
    "actor",
    "account_id",
    "aws_region",
    "outcome",
    "error_code",
    "event_id",
)


def show() -> None:
    """The page."""
    view = frame.page(
        "Every finding stands on entries: search them, and read each as it was recorded.",
    )
    found = _search(view)
    if found.num_rows == 0:
        st.info(
            "No entry matches. Shorten a word, or widen time, accounts and regions in the sidebar."
        )
        return
    _count(found)
    row = _table(found)
    _downloads(found)
    if row is not None:
        _record(view, row)


def _search(view: frame.View) -> pa.Table:
    first, second = st.columns(2)
    function = _field(first, "Function", "function", "a part of its name or ARN")
    actor = _field(second, "Actor", "actor", "user, role, service or address")
    event = _field(first, "Event", "name", "e.g. PutSubscriptionFilter, or a service")
    text = _field(second, "Anywhere in the record", "text", "slower: reads whole records")
    ids = [part for part in _field(st, "Event id", "event", "one or more").split() if part]
    return data.rows(
        view.store,
        "search_events",
        function_text=function.lower(),
        actor_text=actor.lower(),
        event_text=event.lower(),
        any_text=text.lower(),
        event_ids=ids,
        any_id=not ids,
        most_rows=MOST_ROWS,
        **series.span(view.window),
        **series.places(view.filters),
    )


def _field(place: Any, label: str, key: str, placeholder: str) -> str:
    typed: str = place.text_input(label, key=key, placeholder=placeholder, bind="query-params")
    return typed.strip()


def _count(found: pa.Table) -> None:
    if found.num_rows == MOST_ROWS:
        st.caption(
            f"The newest {MOST_ROWS} entries that match; there are more. Click one for its record."
        )
    else:
        st.caption(
            f"{quantity(found.num_rows, 'entry')} found, newest first. Click one for its record."
        )


def _table(found: pa.Table) -> dict[str, Any] | None:
    rows: list[dict[str, Any]] = found.to_pylist()
    state: Any = st.dataframe(
        [_cells(row) for row in rows],
        hide_index=True,
        placeholder="",
        key="evidence_table",
        on_select="rerun",
        selection_mode="single-row",
        height=300 if len(rows) > 6 else "auto",
    )
    chosen: list[int] = state.selection.rows
    if chosen and chosen[0] < len(rows):
        return rows[chosen[0]]
    return rows[0] if len(rows) == 1 else None


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    shown = {column: row[column] for column in _COLUMNS}
    shown["function_arn"] = short(row["function_arn"]) if row["function_arn"] else None
    named = {
        "event_time": "Time (UTC)",
        "function_arn": "Function",
        "account_id": "Account",
        "aws_region": "Region",
    }
    return {
        named.get(name, name.replace("_", " ").capitalize()): plain(value)
        if isinstance(value, str)
        else value
        for name, value in shown.items()
    }


def _downloads(found: pa.Table) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Download CSV",
            lambda: export.to_csv(found),
            "evidence.csv",
            "text/csv",
            on_click="ignore",
        )
        st.download_button(
            "Download JSON",
            lambda: export.to_json(found.to_pylist()),
            "evidence.json",
            "application/json",
            on_click="ignore",
        )


def _record(view: frame.View, row: dict[str, Any]) -> None:
    st.subheader("The record", anchor=False)
    full = data.rows(
        view.store,
        "one_event",
        source_id=row["source_id"],
        record_index=row["record_index"],
        **_place(row),
    ).to_pylist()
    origin = data.ledger(view.store, "origin", source_id=row["source_id"]).to_pylist()
    for item in origin[:1]:
        word, color, icon = _BADGES.get(item["integrity"], _UNVERIFIED)
        st.badge(word, color=color, icon=icon)  # type: ignore[arg-type]  # a literal in the table above
        st.caption(
            f"Recorded {moment(row['event_time'])}, record {row['record_index']} of this file:"
        )
        st.code(plain(item["uri"]), language=None)
    for item in full[:1]:
        st.code(record.as_text(item), language="json", height=420)


def _place(row: dict[str, Any]) -> dict[str, Any]:
    return {"event_time": row["event_time"]}


show()
