"""Storm map: who feeds which source, what it starts, where that writes, and what comes back."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analytics.findings import Findings, LogFunction, Source
from dashboard import data, frame, graph, series, tables
from dashboard.charts import storm_map
from dashboard.words import count, interval, moment, number, plain, short

MOST_CALLS = 2000


def show() -> None:
    """The page."""
    view = frame.page(
        "Accounts feed log sources, sources start functions, functions write. Orange-red: a loop.",
    )
    found = view.findings
    if not found.sources and not found.functions:
        nothing = "No log source and no log-processing function was found: nothing here could loop."
        frame.tell_nothing(found, nothing)
        return
    picture = graph.build(found, _destinations(view))
    state = frame.chart(
        storm_map.draw(picture), "storm_map", on_select="rerun", selection_mode="points"
    )
    st.caption(
        "Click a circle or a diamond for its numbers and its evidence. Widths and sizes are by entries."
    )
    _details(found, _clicked(state))
    if found.loops:
        st.subheader("Loops", anchor=False)
        tables.loops(found.loops, "map_loops")
    st.subheader("Chains, most runs first", anchor=False)
    _chains(found)


def _destinations(view: frame.View) -> list[graph.Destination]:
    answer = data.rows(view.store, "destinations", **series.span(view.window), most_rows=MOST_CALLS)
    return [
        graph.Destination(row["function_arn"], row["target"], row["entries"])
        for row in answer.to_pylist()
    ]


def _clicked(state: Any) -> str | None:
    """The id of the clicked node; arrows carry a text instead of a list."""
    for point in state.selection.points if state else ():
        custom = point.get("customdata")
        if isinstance(custom, (list, tuple)) and custom:
            return str(custom[0])
    return None


def _details(found: Findings, chosen: str | None) -> None:
    source = next((s for s in found.sources if s.arn == chosen), None)
    function = next((f for f in found.functions if f.arn == chosen), None)
    if source is not None:
        with st.container(border=True):
            _source(source)
    if function is not None:
        with st.container(border=True):
            _function(function)


def _source(source: Source) -> None:
    st.text(f"{short(source.arn)}  ({source.kind})")
    st.code(plain(source.arn), language=None)
    columns = st.columns(4)
    columns[0].metric(
        "Factor S", number(source.s), help="Second-order entries for each delivered entry"
    )
    columns[1].metric("Interval", interval(source.s_interval))
    columns[2].metric("Delivered", count(source.entries_delivered, "entries"))
    columns[3].metric("Second-order", count(source.second_order_entries, "entries"))
    st.caption(f"Link {source.link}, confidence {source.link_confidence:.0%}")


def _function(function: LogFunction) -> None:
    st.text(short(function.arn))
    st.code(plain(function.arn), language=None)
    columns = st.columns(4)
    columns[0].metric("Runs", count(function.invocations))
    columns[1].metric("Entries", count(function.entries))
    columns[2].metric("Entries a run", number(function.entries_per_invocation))
    columns[3].metric("Batch", number(function.batch_size), help="Entries that one run takes")
    st.caption(f"Runs from {moment(function.first_seen)} to {moment(function.last_seen)}")
    frame.link("evidence", "See its entries", function=short(function.arn))


def _chains(found: Findings) -> None:
    ranked = sorted(found.chains, key=lambda chain: -chain.invocations)[: tables.MOST_ROWS]
    if not ranked:
        st.info("No chain of functions was seen.")
        return
    st.dataframe(
        [
            {
                "Source": short(chain.source),
                "Path": " → ".join(short(arn) for arn in chain.path),
                "Accounts": len(chain.accounts),
                "Runs": chain.invocations,
            }
            for chain in ranked
        ],
        hide_index=True,
        key="map_chains",
        column_config={"Runs": st.column_config.NumberColumn(format="compact")},
    )


show()
