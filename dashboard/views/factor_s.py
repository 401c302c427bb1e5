"""Factor S: how many entries one entry causes, and whether they come back."""

from __future__ import annotations

import streamlit as st

from analytics.findings import Findings, Loop
from dashboard import frame, tables
from dashboard.charts import factors
from dashboard.words import count, interval, label, number, share, short, span

QUEUES = ("sqs",)


def show() -> None:
    """The page."""
    view = frame.page(
        "S: entries that processing one delivered entry causes. ρ: whether that ever ends.",
    )
    found = view.findings
    if not any(source.s is not None for source in found.sources):
        nothing = (
            "No source delivers entries to a function here: nothing multiplies, there is no S."
        )
        frame.tell_nothing(found, nothing)
        return
    frame.chart(factors.by_source(found.sources), "factor_sources")
    _table(found)
    _matrix(found)
    _trap(found)


def _table(found: Findings) -> None:
    ranked = sorted(found.sources, key=lambda s: -(s.s or 0.0))[: tables.MOST_ROWS]
    st.dataframe(
        [
            {
                "Source": short(s.arn),
                "Kind": s.kind,
                "S": s.s,
                "S interval": interval(s.s_interval),
                "S in runs": s.s_invocations,
                "Runs interval": interval(s.s_invocations_interval),
                "Delivered": s.entries_delivered,
                "Delay": span(s.delivery_delay_seconds),
                "Link": f"{s.link} ({share(s.link_confidence)})",
                "ARN": label(s.arn, 200),
            }
            for s in ranked
        ],
        hide_index=True,
        key="factor_table",
        column_config={
            "S": st.column_config.NumberColumn(format="%.3g"),
            "S in runs": st.column_config.NumberColumn(format="%.3g"),
            "Delivered": st.column_config.NumberColumn(format="compact"),
        },
    )


def _matrix(found: Findings) -> None:
    st.subheader("Do the caused entries come back?", anchor=False)
    if not any(source.feedback for source in found.sources):
        st.info(
            "No: what functions write is delivered to no source again. S multiplies once, and ends."
        )
        return
    left, right = st.columns(2)
    with left:
        frame.chart(factors.matrix(found.sources), "factor_matrix")
    with right:
        if found.loops:
            frame.chart(factors.radius(found.loops), "factor_radius")
            _meaning(found)


def _meaning(found: Findings) -> None:
    st.markdown(
        "**ρ** is the largest growth that K allows. Below 1, each original entry ends as a finite "
        "number of entries; around 1, it loops for ever; above 1, the number grows until throttled."
    )
    for loop in found.loops[:5]:
        if loop.amplification is not None or loop.amplification_interval is not None:
            st.text(f"{loop.id}: every original entry ends as {_ends_as(loop)}")


def _ends_as(loop: Loop) -> str:
    """How many entries one ends as, with its interval; at least how many, where it may have no end."""
    least, most = loop.amplification_interval or (None, None)
    if loop.amplification is None:
        return f"{number(least)} entries or more: it may have no end"
    if least is None or most is None:
        return f"{number(loop.amplification)} entries"
    return f"{number(loop.amplification)} entries ({number(least)} to {number(most)})"


def _trap(found: Findings) -> None:
    st.subheader("The queue trap", anchor=False)
    batch, whose = _own_batch(found)
    st.markdown(
        "A queue in front of a function gathers X entries for one run. But a function that "
        "*fills* the queue still runs once an entry: **1 + 1/X** runs, more than the one before. "
        "A stream takes entries from the log group without a function: **1/X**."
    )
    size = st.slider("Batch size X", 1, 10_000, batch, key="batch", bind="query-params")
    st.caption(whose)
    delivered = max((s.entries_delivered or 0 for s in found.sources), default=0)
    columns = st.columns(3)
    for column, (name, runs) in zip(columns, factors.ways(size).items(), strict=True):
        column.metric(name, f"{runs:.4g} {'run' if runs == 1 else 'runs'} an entry")
        column.caption(
            f"{count(runs * delivered)} runs for the {count(delivered)} entries delivered"
        )
    frame.chart(factors.queue_trap(float(size)), "factor_trap")
    queued = [f for f in found.functions if any(t.kind in QUEUES for t in f.triggers)]
    if queued:
        st.warning(_warning(len(queued)))
        tables.functions(queued, "factor_queued")


def _own_batch(found: Findings) -> tuple[int, str]:
    """Where the slider starts: the largest batch seen, else the one recommended, else a queue's 10."""
    seen = max((f.batch_size or 0.0 for f in found.functions), default=0.0)
    if seen >= 2:
        return min(
            10_000, round(seen)
        ), "It starts at the largest batch that a function takes here."
    sizes = [item.batch.size for item in found.recommendations if item.batch is not None]
    if sizes:
        return min(10_000, max(sizes)), "It starts at the batch that the analysis recommends."
    return 10, "It starts at a queue's own default: no batch was seen in this archive."


def _warning(queued: int) -> str:
    return (
        f"{queued} of your log-processing functions take entries from a queue: see what fills it."
    )


show()
