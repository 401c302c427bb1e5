"""Overview: the five answers, and the charts that show why."""

from __future__ import annotations

import streamlit as st

from analytics.findings import Findings
from dashboard import frame, series, tables
from dashboard.charts import money, traffic
from dashboard.verdict import Answer, answers, flooded, main_loop
from dashboard.words import md, moment

_BADGES = {
    "runaway": ("Runaway", "red", ":material/emergency_home:"),
    "sustained": ("Sustained", "red", ":material/all_inclusive:"),
    "amplifying": ("Amplifying", "orange", ":material/trending_up:"),
    "ended": ("Ended", "gray", ":material/check_circle:"),
}
MOST_NOTES = 50
_FLOOD = ("Flood", "orange", ":material/water:")
_UNTOLD = ("Not known", "gray", ":material/help:")
_CALM = ("Calm", "green", ":material/check_circle:")
_WIDTHS = (1, 1, 1.3, 1, 1.1)  # people's names are long, and so is what to do
_LINKS = (
    ("storm_map", "Storm map"),
    ("timeline", "Timeline"),
    ("evidence", "Evidence"),
    ("factor_s", "Factor S"),
    ("cure", "Cure"),
)


def show() -> None:
    """The page."""
    view = frame.page(
        "Is there a log storm, since when, by whose change, what it costs, what to do."
    )
    found = view.findings
    _answers(found)
    _traffic(view)
    _costs(found)
    _functions(found)
    _notes(found)


def _answers(found: Findings) -> None:
    loop = main_loop(found)
    calm = _FLOOD if flooded(found) else _UNTOLD if found.entries.untold else _CALM
    word, color, icon = calm if loop is None else _BADGES.get(loop.state, _CALM)
    st.badge(word, color=color, icon=icon)  # type: ignore[arg-type]  # a literal in the table above
    given = answers(found)
    columns = st.columns(_WIDTHS)
    for column, answer, (target, text) in zip(columns, given, _LINKS, strict=True):
        with column, st.container(border=True, height="stretch"):
            _answer(answer)
            _link(found, target, text)


def _answer(answer: Answer) -> None:
    st.caption(answer.question)
    st.subheader(md(answer.value), anchor=False)
    st.markdown(f":small[{md(answer.note)}]")


def _link(found: Findings, target: str, text: str) -> None:
    loop = main_loop(found)
    if target == "evidence" and loop is not None and loop.cause is not None:
        frame.link(target, "The change", event=loop.cause.event_id)
    else:
        frame.link(target, text)


def _traffic(view: frame.View) -> None:
    buckets, grain = series.buckets(view)
    if not buckets:
        st.info("Nothing was recorded in this span of time. Widen it in the sidebar.")
        return
    marks = series.marks(view.findings)
    if view.findings.entries.untold:
        frame.chart(traffic.whole(buckets, grain.words, marks, height=320), "overview_traffic")
        return
    left, right = st.columns([3, 2])
    with left:
        frame.chart(traffic.stacked(buckets, grain.words, marks, height=320), "overview_traffic")
    with right:
        frame.chart(traffic.second_order_share(buckets, marks, height=320), "overview_share")


def _costs(found: Findings) -> None:
    cost = found.cost
    looped = frozenset(f.arn for f in found.functions if f.in_loop)
    left, right = st.columns([3, 2]) if cost.by_function else (None, st.container())
    if left is not None:
        with left:
            frame.chart(
                money.by_function(cost.by_function, cost.currency, looped),
                "overview_functions_cost",
            )
    if cost.by_component:
        with right:
            frame.chart(money.by_component(cost.by_component, cost.currency), "overview_parts_cost")
    if not cost.by_function and not cost.by_component and not found.entries.untold:
        st.info("No cost: log processing caused no entries in this span of time.")


def _functions(found: Findings) -> None:
    st.subheader("Log-processing functions, most entries first", anchor=False)
    if not found.functions:
        nothing = "No function processes logs here: nothing in this span of time is second-order."
        frame.tell_nothing(found, nothing)
        return
    tables.functions(found.functions, "overview_functions")


def _notes(found: Findings) -> None:
    window = found.window
    st.caption(f"Analysed: {moment(window.start)} to {moment(window.end)}. Months are of 30 days.")
    if found.notes:
        with st.expander(f"Notes of the analysis ({len(found.notes)})"):
            for note in found.notes[:MOST_NOTES]:
                st.text(note)
            if len(found.notes) > MOST_NOTES:
                st.caption(f"The first {MOST_NOTES}; a report has them all.")


show()
