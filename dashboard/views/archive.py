"""Archive: what is loaded, what is missing, what was rejected, what is proven."""

from __future__ import annotations

import streamlit as st

from dashboard import data, frame, series
from dashboard.charts import coverage
from dashboard.words import count, plain, quantity

MOST_ROWS = 500
LEAST_GAP_HOURS = 3


def show() -> None:
    """The page."""
    view = frame.page(
        "What this store was made from: loaded files, gaps, rejects, and what digests prove.",
    )
    _loaded(view)
    days = data.rows(view.store, "coverage", **series.span(view.window)).to_pylist()
    shown = [row for row in days if view.filters.takes(row["account_id"], row["aws_region"])]
    if shown:
        frame.chart(coverage.heatmap(shown), "archive_coverage")
    _gaps(view)
    left, right = st.columns(2)
    with left:
        _integrity(view)
    with right:
        _rejects(view)


def _loaded(view: frame.View) -> None:
    batches = data.ledger(view.store, "loaded").to_pylist()
    columns = st.columns(4)
    columns[0].metric("Files", count(sum(row["files"] for row in batches)))
    columns[1].metric("Entries", count(sum(row["inserted"] or 0 for row in batches)))
    duplicates = sum(row["duplicates"] or 0 for row in batches)
    columns[2].metric(
        "Duplicates", count(duplicates), help="Copies of entries that are in the store once"
    )
    columns[3].metric("Rejected", count(sum(row["rejected"] or 0 for row in batches)))
    with st.expander(f"The files came in {quantity(len(batches), 'batch')}"):
        st.dataframe(
            [{**row, "first_uri": plain(row["first_uri"])} for row in batches[-MOST_ROWS:]],
            hide_index=True,
            key="archive_batches",
            column_config={
                "batch_id": "Batch",
                "committed_at": "Committed (UTC)",
                "files": "Files",
                "size_bytes": st.column_config.NumberColumn("Size", format="bytes"),
                "records": "Records",
                "inserted": "Entries",
                "duplicates": "Duplicates",
                "rejected": "Rejected",
                "first_delivered": "First delivered",
                "last_delivered": "Last delivered",
                "first_uri": "First file",
            },
        )


def _gaps(view: frame.View) -> None:
    st.subheader(f"Gaps of {LEAST_GAP_HOURS} hours and more", anchor=False)
    span = series.span(view.window)
    found = data.rows(view.store, "gaps", **span, least_hours=LEAST_GAP_HOURS, most_rows=MOST_ROWS)
    shown = [r for r in found.to_pylist() if view.filters.takes(r["account_id"], r["aws_region"])]
    if not shown:
        st.success(
            "None: every account and region that recorded at all did so without a long pause."
        )
        return
    st.caption(
        "A quiet account has gaps too: a gap is a reason to look, no proof of missing files."
    )
    st.dataframe(
        shown,
        hide_index=True,
        key="archive_gaps",
        column_config={
            "account_id": "Account",
            "aws_region": "Region",
            "gap_start": "From (UTC)",
            "gap_end": "To (UTC)",
            "gap_hours": st.column_config.NumberColumn("Hours", format="%.0f"),
        },
    )


def _integrity(view: frame.View) -> None:
    st.subheader("Integrity", anchor=False)
    st.caption(
        "Proven: a signed digest lists the file with this hash; stormtrail verify tells which."
    )
    st.dataframe(
        data.ledger(view.store, "integrity").to_pylist(),
        hide_index=True,
        key="archive_integrity",
        column_config={
            "integrity": "State",
            "files": st.column_config.NumberColumn("Files", format="localized"),
            "records": st.column_config.NumberColumn("Records", format="localized"),
        },
    )


def _rejects(view: frame.View) -> None:
    st.subheader("Rejected", anchor=False)
    found = data.ledger(view.store, "rejects", most_rows=MOST_ROWS).to_pylist()
    if not found:
        st.success("Nothing was rejected: every record of every file is in the store.")
        return
    st.dataframe(
        [
            {**row, "reason": plain(row["reason"]), "first_uri": plain(row["first_uri"])}
            for row in found
        ],
        hide_index=True,
        key="archive_rejects",
        column_config={
            "reason": "Why",
            "records": "Records",
            "files": "Files",
            "first_uri": "First file",
            "first_record_index": "At record",
        },
    )


show()
