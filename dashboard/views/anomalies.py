"""Anomalies: what is unusual, when, and the records that show it."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from analytics.detectors import Limits
from analytics.findings import Anomaly, Window
from dashboard import frame, tables
from dashboard.charts import anomalies
from dashboard.words import moment, number, plain


def show() -> None:
    """The page."""
    view = frame.page(
        "What the detectors found unusual, strangest first; a finding, not a verdict."
    )
    found = sorted(view.findings.anomalies, key=lambda item: -item.score)
    if not found:
        _nothing(view.findings.window)
        return
    chosen = _by_detector(found)
    frame.chart(anomalies.over_time(chosen), "anomalies_chart")
    st.caption("Click a row for its explanation and evidence.")
    row = tables.anomalies(chosen, "anomalies_table")
    if row is not None:
        _details(chosen[row])


def _nothing(window: Window) -> None:
    least = timedelta(hours=Limits().cold_start_hours)
    if window.start and window.end and window.end - window.start < least:
        days = round(least / timedelta(days=1))
        st.info(
            f"There are less than {days} days of entries here: nothing is usual yet, so nothing can be called unusual."
        )
    else:
        st.success(
            "The detectors found nothing unusual in this span of time, these accounts and regions."
        )


def _by_detector(found: list[Anomaly]) -> list[Anomaly]:
    names = sorted({item.detector for item in found})
    wanted = st.multiselect(
        "Detectors",
        names,
        key="detector",
        bind="query-params",
        placeholder="All",
        format_func=plain,
    )
    return [item for item in found if not wanted or item.detector in wanted]


def _details(item: Anomaly) -> None:
    with st.container(border=True):
        st.text(plain(item.explanation))
        span = f"From {moment(item.window.start)} to {moment(item.window.end)}"
        st.caption(f"{span}, score {number(item.score)}")
        st.code(plain(item.subject), language=None)
        for event_id in item.evidence[:5]:
            frame.link("evidence", "See a record that shows it", event=event_id)
        if not item.evidence:
            st.caption("It is about counts: no single record shows it.")


show()
