"""SQL: read-only questions to the store, with time and memory limits."""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import streamlit as st

import queries
from analytics import sandbox
from dashboard import export, frame
from dashboard.charts.result import number_columns, plot
from dashboard.words import plain, quantity
from stormtrail.errors import StormtrailError

OWN = "Your own"
SAVED = "saved/"
START = """select event_source, event_name, count(*) as entries
from events
group by event_source, event_name
order by entries desc
limit 20"""
MOST_SHOWN = 10_000


def show() -> None:
    """The page."""
    view = frame.page(
        "Read-only SQL on the store; it cannot write, read other files or run for ever."
    )
    st.html("<style>.stTextArea textarea { font-family: monospace }</style>")
    left, right = st.columns([3, 1])
    with right:
        _schema(view)
    with left:
        text, params = _editor()
        if st.button("Run", type="primary", icon=":material/play_arrow:"):
            st.session_state["sql_result"] = _run(view, text, params)
        result = st.session_state.get("sql_result")
    if isinstance(result, str):
        st.error("The query was not run to its end.")
        st.code(result, language=None)
    elif result is not None:
        _result(result)


def saved() -> list[str]:
    """The saved questions: not those that pages and rollups ask."""
    return [name for name in queries.names() if name.startswith(SAVED)]


def _spoken(name: str) -> str:
    return name.removeprefix(SAVED).replace("_", " ").capitalize()


def _editor() -> tuple[str, dict[str, str]]:
    name = st.selectbox(
        "Question", [OWN, *saved()], key="query", bind="query-params", format_func=_spoken
    )
    text = START if name == OWN else queries.text(name)
    typed = st.text_area("SQL", text, height=260, key=f"sql_{name}")
    return typed, _parameters(typed)


def _parameters(text: str) -> dict[str, str]:
    """A field for each `$parameter` of the text."""
    bare = re.sub(r"--[^\n]*|'[^']*'", "", text)
    names = list(dict.fromkeys(re.findall(r"\$([A-Za-z_]\w*)", bare)))
    if not names:
        return {}
    columns = st.columns(min(4, len(names)))
    return {
        name: columns[index % len(columns)].text_input(name, key=f"param_{name}")
        for index, name in enumerate(names)
    }


def _run(view: frame.View, text: str, params: dict[str, str]) -> pa.Table | str:
    """The rows, or why there are none in one line."""
    try:
        return sandbox.run_readonly(view.store.layout, text, params, sandbox.Limits())
    except StormtrailError as error:
        return error.line()


def _schema(view: frame.View) -> None:
    st.caption("Tables and columns")
    rows = _columns(view)
    with st.container(height=360):
        for table, columns in groupby(rows, key=itemgetter("table_name")):
            with st.expander(str(table)):
                st.dataframe(
                    [{"Column": row["column_name"], "Type": row["data_type"]} for row in columns],
                    hide_index=True,
                    key=f"schema_{table}",
                )


def _columns(view: frame.View) -> list[dict[str, str]]:
    answer = _run(view, queries.text("dashboard/schema"), {})
    return [] if isinstance(answer, str) else answer.to_pylist()


def _result(result: pa.Table) -> None:
    st.caption(f"{quantity(result.num_rows, 'row')}")
    as_table, as_chart = st.tabs(["Table", "Chart"])
    with as_table:
        st.dataframe(result.slice(0, MOST_SHOWN), hide_index=True, key="sql_table")
    with as_chart:
        _chart(result)
    with st.container(horizontal=True):
        st.download_button(
            "Download CSV",
            lambda: export.to_csv(result),
            "result.csv",
            "text/csv",
            on_click="ignore",
        )
        st.download_button(
            "Download Parquet",
            lambda: export.to_parquet(result),
            "result.parquet",
            "application/vnd.apache.parquet",
            on_click="ignore",
        )


def _chart(result: pa.Table) -> None:
    numbers = number_columns(result)
    others = [name for name in result.column_names if name != (numbers or [""])[-1]]
    if not numbers or not others:
        st.info("A chart needs a column of numbers and one beside it.")
        return
    left, right = st.columns(2)
    across = left.selectbox("Across", others, key="sql_x", format_func=plain)
    up = right.selectbox("Up", numbers, index=len(numbers) - 1, key="sql_y", format_func=plain)
    frame.chart(plot(result, across, up), "sql_chart")


show()
