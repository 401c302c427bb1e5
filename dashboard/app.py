"""Entry point: `streamlit run dashboard/app.py -- --store DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from dashboard import frame
from stormtrail.errors import StormtrailError

STYLE = Path(__file__).with_name("style.css")
ICON = Path(__file__).with_name("icon.svg")
PAGES = {
    "The storm": (
        ("overview", "Overview", ":material/monitoring:"),
        ("storm_map", "Storm map", ":material/hub:"),
        ("timeline", "Timeline", ":material/stacked_line_chart:"),
        ("factor_s", "Factor S", ":material/function:"),
    ),
    "The way out": (("cure", "Cure", ":material/healing:"),),
    "The records": (
        ("anomalies", "Anomalies", ":material/troubleshoot:"),
        ("evidence", "Evidence", ":material/search:"),
        ("sql_console", "SQL", ":material/terminal:"),
        ("archive", "Archive", ":material/inventory_2:"),
    ),
}


def signed_in() -> bool:
    """True where no sign-in is set up (no [auth] in secrets.toml), or the person has signed in."""
    try:
        guarded = "auth" in st.secrets
    except FileNotFoundError:
        guarded = False
    return not guarded or bool(st.user.get("is_logged_in"))


def main() -> None:
    """The chosen page; an error meant for a person is shown as one line."""
    st.set_page_config(page_title="Stormtrail", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    if not signed_in():
        st.button("Sign in", on_click=st.login)
        st.stop()
    pages = {
        section: [
            st.Page(f"views/{name}.py", title=title, icon=icon, default=name == "overview")
            for name, title, icon in entries
        ]
        for section, entries in PAGES.items()
    }
    chosen = st.navigation(pages, expanded=True)
    st.header(chosen.title, anchor=False)  # before anything that takes time
    try:
        store = frame.opened(sys.argv[1:])
        frame.tell_behind(store)
        if not store.empty:
            frame.sidebar(store)  # here and not in a page, so that filters outlive it
        chosen.run()
    except StormtrailError as error:
        st.error("The store could not be read.")
        st.code(error.line(), language=None)


main()
