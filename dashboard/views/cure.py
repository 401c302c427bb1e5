"""Cure: what to change, what that would save, and the template that does it."""

from __future__ import annotations

import streamlit as st

from analytics.findings import Alternative, Recommendation
from analytics.situation import Situation
from analytics.templates.files import Pages, pages
from analytics.templates.spec import Choices
from analytics.what_if import Prediction, State
from dashboard import data, export, frame, moves
from dashboard.charts import money as money_charts
from dashboard.verdict import action
from dashboard.words import count, label, md, money, number, plain, quantity, short

MOST_SHOWN = 50
ENDLESS = "without end"
FORMS = ("CloudFormation", "Terraform")


def show() -> None:
    """The page."""
    view = frame.page(
        "Move log processing behind streams: try batches, see what they save, take the template.",
    )
    situation = data.situation(view.store, view.filters)
    able = moves.movable(situation) if situation else ()
    if situation is None or not (able or view.findings.recommendations):
        nothing = "Nothing to cure: no function that processes logs still runs here."
        frame.tell_nothing(view.findings, nothing)
        return
    choice = _controls(situation, moves.recommended(view.findings))
    treatments = moves.treatments(choice, situation)
    prediction = situation.predict(treatments, choice.silenced)
    _numbers(prediction, situation.book.currency)
    _charts(prediction, situation.book.currency)
    if any(source.has_changed for source in situation.sources):
        st.caption(
            "Before is the present, since a loop or a source last began or ended, or was changed: a month goes on from "
            "what is now. The other pages show the whole window."
        )
    rebatched = moves.rebatched(view.findings.recommendations, treatments)
    _templates(rebatched)
    _recommendations(view.findings.recommendations)


def _controls(situation: Situation, first: moves.Choice) -> moves.Choice:
    able = [item.function for item in moves.movable(situation)]
    offered, chosen_first = moves.offered(able, first.functions)
    chosen = st.multiselect(
        "Functions to move",
        offered,
        chosen_first,
        format_func=short,
        key="move",
        placeholder="None: everything stays as it is",
    )
    if len(offered) < len(able) or len(chosen_first) < len(first.functions):
        st.caption(
            f"Offered: {len(offered):,} of {len(able):,} functions; chosen at first: "
            f"{len(chosen_first)} of {len(first.functions):,} that the analysis would move. "
            "`stormtrail plan` takes any, and all."
        )
    left, right = st.columns(2)
    size = left.slider(
        "Entries in a batch, at most", 1, 10_000, min(first.size, 10_000), key="size"
    )
    window = right.slider(
        "A batch waits, at most (seconds)", 0, 300, first.window_seconds, key="wait"
    )
    buckets = [source.arn for source in situation.sources if source.self_logging]
    silenced = _silenced(buckets, first.silenced) if buckets else ()
    return moves.Choice(tuple(chosen), size, window, silenced)


def _silenced(buckets: list[str], first: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        st.multiselect(
            "Buckets to leave out of their own trail's data events",
            buckets,
            [arn for arn in first if arn in buckets],
            format_func=short,
            key="silence",
        )
    )


def _numbers(prediction: Prediction, currency: str) -> None:
    before, after = prediction.before, prediction.after
    columns = st.columns(4)
    saving = prediction.monthly_saving_usd
    columns[0].metric("Cost a month, after", _usd(after, currency), help="Of log processing alone")
    columns[1].metric("Saved a month", money(saving, currency) if saving is not None else "–")
    columns[2].metric("ρ, before → after", _arrow(before.spectral_radius, after.spectral_radius))
    columns[3].metric("Second-order entries a month", _second_order(after))
    if after.delivered is None:
        st.warning(
            "The loop would still not end. Move more of its functions, or gather larger batches."
        )
    elif before.delivered is None:
        st.info("Left as it is, the loop does not end, so its cost a month cannot be summed up.")


def _usd(state: State, currency: str) -> str:
    return ENDLESS if state.monthly_usd is None else money(state.monthly_usd, currency)


def _second_order(state: State) -> str:
    return ENDLESS if state.second_order is None else count(state.second_order)


def _arrow(before: float | None, after: float | None) -> str:
    return f"{number(before)} → {number(after)}"


def _charts(prediction: Prediction, currency: str) -> None:
    before, after = prediction.before, prediction.after
    left, right = st.columns(2)
    rows = [("cost a month", before.monthly_usd, after.monthly_usd)]
    with left:
        title = "What log processing costs a month, before and after"
        frame.chart(money_charts.before_after(rows, title, currency), "cure_cost")
    by_source = [(short(arn), value, after.s.get(arn)) for arn, value in before.s.items()]
    title = "Factor S of each source, before and after"
    with right:
        frame.chart(money_charts.before_after(by_source, title, "entries for one entry"), "cure_s")
    _runs(before, after)


def _runs(before: State, after: State) -> None:
    ranked = sorted(before.runs, key=lambda arn: (-before.runs[arn], arn))[:MOST_SHOWN]
    st.dataframe(
        [
            {
                "Function": short(arn),
                "Runs a month now": before.runs[arn],
                "after": after.runs.get(arn),
                "Entries a run now": before.entries_per_run.get(arn),
                "then": after.entries_per_run.get(arn),
                "ARN": plain(arn),
            }
            for arn in ranked
        ],
        hide_index=True,
        key="cure_runs",
        column_config={
            "Runs a month now": st.column_config.NumberColumn(format="compact"),
            "after": st.column_config.NumberColumn("Runs a month then", format="compact"),
            "Entries a run now": st.column_config.NumberColumn(format="%.3g"),
            "then": st.column_config.NumberColumn("Entries a run then", format="%.3g"),
        },
    )


def _templates(chosen: tuple[Recommendation, ...]) -> None:
    st.subheader("The template", anchor=False)
    if not chosen:
        st.info("Choose a function to move, and its template can be downloaded here.")
        return
    made = {name: pages(chosen, Choices(), terraform=name == "Terraform") for name in FORMS}
    with st.container(horizontal=True):
        for name, found in made.items():
            _download(name, found)
    for page in made[FORMS[0]].pages:
        if page.path.endswith("STEPS.md"):
            with st.expander(md(f"The steps of {page.path.split('/')[0]}, which lose no entry")):
                st.code(page.text, language=None, wrap_lines=True)
    for line in made[FORMS[0]].skipped:
        st.warning("One of these functions cannot be moved by a template:")
        st.code(plain(line), language=None, wrap_lines=True)


def _download(name: str, found: Pages) -> None:
    st.download_button(
        f"Download {name}",
        export.to_zip({page.path: page.text for page in found.pages}),
        f"stormtrail-{name.lower()}.zip",
        "application/zip",
        disabled=not found.pages,
        on_click="ignore",
    )


def _recommendations(found: tuple[Recommendation, ...]) -> None:
    st.subheader("What the analysis recommends, and why", anchor=False)
    for item in found[:MOST_SHOWN]:
        saving = (
            f", saves {money(item.monthly_saving_usd)} a month" if item.monthly_saving_usd else ""
        )
        with st.expander(md(action(item)) + saving):
            _details(item)
    if len(found) > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN} of {len(found):,}; `stormtrail plan` has them all.")


def _details(item: Recommendation) -> None:
    st.text(plain(item.why))
    relieved = quantity(len(item.relieves), "function")
    st.caption(f"S {_arrow(item.s_before, item.s_after)}; relieves {relieved}")
    if item.gives_up:
        st.text(f"What it gives up: {plain(item.gives_up)}")
    for warning in item.warnings:
        st.text(f"Look out: {plain(warning)}")
    if item.alternatives:
        st.dataframe(
            [_alternative(way) for way in item.alternatives], hide_index=True, placeholder="–"
        )
    for event_id in item.evidence[:1]:
        frame.link("evidence", "See a record that shows it", event=event_id)


def _alternative(way: Alternative) -> dict[str, object]:
    return {
        "Instead": label(way.action.replace("_", " ")),
        "S": number(way.s_after),
        "ρ": number(way.spectral_radius_after),
        "A month": money(way.monthly_usd_after),
        "Gives up": plain(way.gives_up),
    }


show()
