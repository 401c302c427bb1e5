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


def store_root(arguments: Sequence[str]) -> Path:
    """The store folder: `--store`, else STORMTRAIL_STORE, else `./stormtrail-store`."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--store", default=os.environ.get("STORMTRAIL_STORE", DEFAULT_STORE))
    known, _ = parser.parse_known_args(arguments)
    return Path(known.store)


def current() -> View:
    """The view that the command line, the store and the sidebar make together."""
    state = st.session_state
    filters = Filters(
        tuple(state.get("account", ())),
        tuple(state.get("region", ())),
        utc(state.get("from")),
        utc(state.get("to")),
    )
    return View(data.open_store(store_root(sys.argv[1:])), filters)


def page(title: str, about: str) -> View:
    """Opens a page: its title, what it answers, and a way on where the store is empty."""
    st.header(title, anchor=False)
    st.caption(about)
    view = current()
    if view.store.empty:
        _welcome(view.store.root)
        st.stop()
    return view


def _welcome(root: str) -> None:
    st.info("This store holds no entries yet. Load a CloudTrail archive, or make a sample one:")
    st.code(
        f"stormtrail ingest s3://BUCKET/PREFIX --store {plain(root)}\n"
        f"stormtrail ingest FOLDER --store {plain(root)}\n"
        "stormtrail demo",
        language=None,
    )
    st.caption("Then reload this page; nothing needs to be restarted.")


def sidebar(store: data.Store) -> None:
    """Filters, bound to the URL so that a view can be sent to a colleague."""
    known = data.extent(store)
    with st.sidebar:
        _choice("Accounts", "account", known.accounts)
        _choice("Regions", "region", known.regions)
        st.datetime_input("From (UTC)", None, key="from", bind="query-params")
        st.datetime_input("To (UTC)", None, key="to", bind="query-params")
        st.caption(f"Recorded: {moment(known.first)} to {moment(known.last)}")
        st.caption(count(known.entries, "entries"))


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
