"""Timeline: entries by order over time, with onsets and configuration changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from analytics.findings import Findings
from dashboard import frame, series
from dashboard.charts import traffic
from dashboard.verdict import main_loop
from dashboard.words import actor, moment, plain, quantity

BEFORE, AFTER = timedelta(hours=1), timedelta(hours=2)


def show() -> None:
    """The page."""
    view = frame.page(
        "What was recorded when, by what caused it; and which changes came just before."
    )
    buckets, grain = series.buckets(view)
    if not buckets:
        st.info("Nothing was recorded in this span of time. Widen it in the sidebar.")
        return
    changes = series.changes(view)
    marks = series.marks(view.findings, changes)
    untold = view.findings.entries.untold
    draw = traffic.whole if untold else traffic.stacked
    state = frame.chart(
        draw(buckets, grain.words, marks, height=460),
        "timeline",
        on_select="rerun",
        selection_mode="box",
    )
    _zoom(state)
    _to_the_beginning(view.findings)
    if not untold:
        frame.chart(traffic.second_order_share(buckets, marks), "timeline_share")
    _changes(changes)


def _zoom(state: Any) -> None:
    """Offers the box that was drawn as the filter's span of time."""
    boxes = state.selection.box if state else ()
    if not boxes:
        st.caption(
            "Drag to zoom. A box (tool above the chart) narrows every page to a span of time."
        )
        return
    start, end = sorted(datetime.fromisoformat(str(at)) for at in boxes[0]["x"])
    st.button(
        f"Narrow every page to {moment(start)} – {moment(end)}",
        on_click=_narrow,
        args=(start, end),
        type="primary",
    )


def _to_the_beginning(found: Findings) -> None:
    """A button to the hours around the onset, which is small in a long window."""
    loop = main_loop(found)
    if loop is None or loop.onset is None or found.window.start is None:
        return
    start, end = loop.onset - BEFORE, loop.onset + AFTER
    st.button(
        "Go to the hours around the beginning of the storm",
        on_click=_narrow,
        args=(max(start, found.window.start), end),
        icon=":material/zoom_in:",
    )


def _narrow(start: datetime, end: datetime) -> None:
    st.session_state["from"] = start.replace(second=0, microsecond=0, tzinfo=None)
    st.session_state["to"] = end.replace(second=0, microsecond=0, tzinfo=None)


def _changes(changes: list[dict[str, Any]]) -> None:
    st.subheader("Configuration changes that can build or close a loop", anchor=False)
    if not changes:
        st.info("The archive holds no such change in this span of time.")
        return
    shown = quantity(len(changes), "change")
    st.caption(f"{shown}. Click a row to see the record.")
    state: Any = st.dataframe(
        [_row(row) for row in changes],
        hide_index=True,
        placeholder="",
        on_select="rerun",
        selection_mode="single-row",
        key="timeline_changes",
    )
    chosen = state.selection.rows
    if chosen and chosen[0] < len(changes):
        frame.link("evidence", "See this record", event=str(changes[chosen[0]]["event_id"]))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "Time (UTC)": row["event_time"],
        "Change": plain(row["event_name"]),
        "By": actor(row["identity_arn"]),
        "Account": row["account_id"],
        "Region": row["aws_region"],
        "From": plain(row["source_ip_address"] or ""),
        "Event": row["event_id"],
    }


show()
