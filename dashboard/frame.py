"""What surrounds every page: the store, the filters in the sidebar, titles, charts, links."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from analytics.findings import Findings, Window
from dashboard import data
from dashboard.filters import Filters, utc
from dashboard.words import count, md, moment, plain
from stormtrail.stores import problem

DEFAULT_STORE = "stormtrail-store"
CHART_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "autoScale2d"]}


@dataclass(frozen=True)
class View:
    """The store as it stands and what of it is to be shown."""

    store: data.Store
    filters: Filters

    @cached_property
    def findings(self) -> Findings:
        """The analysis of the chosen time, narrowed to the chosen accounts and regions."""
        return data.findings(self.store, self.filters)

    @property
    def window(self) -> Window:
        """The span of time that was analysed, or that was asked for where it held nothing."""
        found, filters = self.findings.window, self.filters
        return Window(found.start or filters.since, found.end or filters.until)


def opened(arguments: Sequence[str]) -> data.Store:
    """The store of the command line: `--store`, else STORMTRAIL_STORE, else `./stormtrail-store`;
    analysed with `--options`, a JSON text of those that are not the usual."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--store", default=os.environ.get("STORMTRAIL_STORE", DEFAULT_STORE))
    parser.add_argument("--options", default=data.USUAL)
    known, _ = parser.parse_known_args(arguments)
    return data.open_store(Path(known.store), known.options)


def page(about: str) -> View:
    """Opens a page below its heading: what it answers, and a way on where the store is empty."""
    st.caption(about)
    store = opened(sys.argv[1:])
    if store.empty:
        _welcome(store.root)
        st.stop()
    return View(store, _filters())


def _welcome(root: str) -> None:
    st.info("This store holds no entries yet. Load a CloudTrail archive, or make a sample one:")
    st.code(
        f"stormtrail ingest s3://BUCKET/PREFIX --store {plain(root)}\n"
        f"stormtrail ingest FOLDER --store {plain(root)}\n"
        "stormtrail demo",
        language=None,
    )
    st.caption("Then reload this page; nothing needs to be restarted.")


def tell_nothing(found: Findings, nothing: str) -> None:
    """Says that nothing was found, or that nobody knows whether there is something."""
    if found.entries.untold:
        st.warning(
            "Nothing tells whether the functions that wrote most entries process logs, so none is counted as log "
            "processing. `stormtrail topology pull`, or a topology file, would tell."
        )
    else:
        st.info(nothing)


def tell_behind(store: data.Store) -> None:
    """Says it where what other machines wrote cannot be fetched; the rest is shown all the same."""
    if behind := problem(store.layout):
        st.warning("The shared store cannot be reached; this is what was fetched of it before.")
        st.code(behind, language=None)


def sidebar(store: data.Store) -> None:
    """Filters, bound to the URL so that a view can be sent to a colleague."""
    with st.spinner("Rolling up what is new …"):
        known = data.extent(store)
    with st.sidebar:
        _choice("Accounts", "account", known.accounts)
        _choice("Regions", "region", known.regions)
        st.datetime_input("From (UTC)", None, key="from", bind="query-params")
        st.datetime_input("To (UTC)", None, key="to", bind="query-params")
        st.caption(f"Recorded: {moment(known.first)} to {moment(known.last)}")
        st.caption(count(known.entries, "entries"))


def _filters() -> Filters:
    """What the sidebar holds."""
    state = st.session_state
    return Filters(
        tuple(state.get("account", ())),
        tuple(state.get("region", ())),
        utc(state.get("from")),
        utc(state.get("to")),
    )


def _choice(title: str, key: str, options: Sequence[str]) -> None:
    st.multiselect(
        title,
        options,
        key=key,
        bind="query-params",
        format_func=plain,
        placeholder="All",
    )


def chart(figure: go.Figure, key: str, **options: Any) -> Any:
    """A chart below its title, which wraps on narrow screens as a plotly title would not."""
    title = figure.layout.title.text
    figure.update_layout(title=None)
    st.markdown(f"**{md(title)}**")
    return st.plotly_chart(figure, key=key, config=CHART_CONFIG, alt=title, **options)


def link(target: str, text: str, **query: str) -> None:
    """A link to another page, `views/NAME.py`; filters stay as they are."""
    icon = ":material/arrow_forward:"
    st.page_link(f"views/{target}.py", label=text, icon=icon, query_params=query or None)
