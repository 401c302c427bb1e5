from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pytest

from dashboard.charts import anomalies, coverage, factors, money, result, storm_map, traffic
from dashboard.charts.base import Mark
from dashboard.charts.traffic import Bucket
from dashboard.graph import build
from dashboard.palette import LOOP, ORIGINAL, VERMILION
from tests.dashboard.sample import (
    BUCKET,
    CALM,
    GROUP,
    ROUTER,
    STORM,
    THUMBNAILER,
)
from tests.dashboard.sample import (
    LOOP as STORM_LOOP,
)

T0 = datetime(2026, 1, 10, 14)
T1 = datetime(2026, 1, 10, 15)
BUCKETS = [Bucket(T0, (100, 0, 0, 0)), Bucket(T1, (100, 300, 0, 0))]
HOSTILE = "arn:aws:lambda:eu-west-1:111111111111:function:<a href='javascript:x'>f</a>"


def test_the_timeline_stacks_the_orders_that_occur_and_says_how_much_is_caused() -> None:
    chart = traffic.stacked(BUCKETS, "hour")
    assert (
        chart.layout.title.text
        == "Entries each hour, by what caused them; log processing caused 60 %"
    )
    assert [(t.name, list(t.y), t.fillcolor) for t in chart.data] == [
        ("Original entries", [100, 100, 100], ORIGINAL),
        ("By functions that a source starts", [0, 300, 300], VERMILION),
    ]


def test_the_timeline_marks_onsets_and_changes() -> None:
    marks = [Mark(T0, "PutRule by <b>x</b>"), Mark(T1, "loop-1 begins", "onset")]
    chart = traffic.stacked(BUCKETS, "hour", marks)
    assert [(t.name, list(t.customdata)) for t in chart.data[2:]] == [
        ("Configuration change", ["PutRule by &lt;b&gt;x&lt;/b&gt;"]),
        ("A loop begins", ["loop-1 begins"]),
    ]
    assert [line.x0 for line in chart.layout.shapes] == [T1]


def test_where_nobody_knows_what_caused_entries_they_are_one_layer() -> None:
    chart = traffic.whole(BUCKETS, "hour")
    assert "not known" in chart.layout.title.text
    (layer,) = chart.data
    assert list(layer.y[:-1]) == [sum(bucket.by_order) for bucket in BUCKETS]


def test_the_share_leaves_out_spans_without_entries() -> None:
    chart = traffic.second_order_share([*BUCKETS, Bucket(T1, (0, 0, 0, 0))])
    assert list(chart.data[0].y) == [0.0, 0.75]
    assert chart.layout.title.text == "Share of entries that log processing causes: 75 % at the end"


def test_sources_are_ranked_by_s_with_their_intervals() -> None:
    chart = factors.by_source(STORM.sources)
    entries, runs = chart.data
    assert (list(entries.x), list(entries.y)) == ([0.1, 6.0], [BUCKET, GROUP])
    assert list(entries.error_x.array) == pytest.approx([0.03, 0.1])
    assert list(entries.error_x.arrayminus) == pytest.approx([0.02, 0.1])
    assert list(runs.error_x.array) == pytest.approx([0.0, 0.1])
    assert "causes 6 more entries" in chart.layout.title.text


def test_the_matrix_holds_what_each_source_feeds_back() -> None:
    source = replace(STORM.sources[0], feedback_interval={GROUP: (0.99, 1.05)})
    (cells,) = factors.matrix([source]).data
    assert [list(row) for row in cells.z] == [[1.02]]
    assert [list(row) for row in cells.customdata] == [["0.99 to 1.05"]]


def test_the_radius_of_a_loop_stands_against_one() -> None:
    chart = factors.radius([STORM_LOOP])
    assert list(chart.data[0].x) == [1.02]
    assert [line.x0 for line in chart.layout.shapes] == [1]
    assert "(1 of 1 loop)" in chart.layout.title.text


def test_a_filled_queue_always_costs_more_than_the_function_and_a_stream_less() -> None:
    queue, direct, stream, own = factors.queue_trap(12).data
    assert all(q > d > s for q, d, s in zip(queue.y[1:], direct.y[1:], stream.y[1:], strict=True))
    assert list(own.y) == [1 / 12, 1, 1 + 1 / 12]


def test_costs_are_ranked_and_functions_in_a_loop_stand_out() -> None:
    chart = money.by_function({ROUTER: 6_000.0, THUMBNAILER: 3.2}, "USD", frozenset({ROUTER}))
    bars = chart.data[0]
    assert (list(bars.y), list(bars.x)) == ([THUMBNAILER, ROUTER], [3.2, 6_000.0])
    assert bars.marker.color[1] == LOOP
    assert list(bars.text) == ["3.20 USD", "6,000 USD"]


def test_before_and_after_leave_out_what_is_not_known() -> None:
    chart = money.before_after([("S", 6.0, 0.006), ("ρ", None, 0.1)], "What changes", "entries")
    assert [(t.name, list(t.x)) for t in chart.data] == [("after", [0.006]), ("before", [6.0])]


def test_the_map_draws_loops_in_their_own_colour_and_every_node_can_be_clicked() -> None:
    chart = storm_map.draw(build(STORM))
    looped = next(t for t in chart.data if t.name == "Functions in a loop")
    assert looped.marker.color == LOOP
    assert looped.customdata[0][0] == ROUTER
    assert {t.line.color for t in chart.data if t.mode == "lines+markers"} >= {LOOP}
    assert "3 functions of 4 in a loop" in chart.layout.title.text


def test_the_map_of_calm_says_that_nothing_runs_back() -> None:
    assert storm_map.draw(build(CALM)).layout.title.text == (
        "Nothing runs back: no functions on chains that end"
    )


def test_nodes_of_a_column_do_not_stand_on_each_other() -> None:
    places = storm_map.layout(build(STORM))
    assert len(set(places.values())) == len(places)


def test_names_from_records_are_escaped_in_every_label_of_the_map() -> None:
    hostile = replace(STORM.functions[0], arn=HOSTILE)
    text = storm_map.draw(build(replace(STORM, functions=(hostile,)))).to_json()
    assert "<a " not in text.replace(HOSTILE, "")


def test_anomalies_have_a_row_for_each_detector() -> None:
    chart = anomalies.over_time(STORM.anomalies)
    assert chart.layout.title.text == "2 anomalies over time, by detector; a larger dot is stranger"
    assert [list(t.y) for t in chart.data] == [["new caller"], ["rate change"]]


def test_a_day_without_entries_stays_blank_in_the_coverage() -> None:
    rows = [
        {"account_id": "a", "aws_region": "r", "day": T0, "entries": 5},
        {"account_id": "b", "aws_region": "r", "day": T1, "entries": 7},
    ]
    chart = coverage.heatmap(rows)
    assert [list(line) for line in chart.data[0].z] == [[None, 7], [5, None]]
    assert list(chart.data[0].y) == ["b r", "a r"]


def test_a_result_over_time_is_a_line_and_any_other_is_bars() -> None:
    table = pa.table({"at": [T0, T1], "name": ["<i>", "b"], "n": [1, 2]})
    assert result.number_columns(table) == ["n"]
    line, bars = result.plot(table, "at", "n").data[0], result.plot(table, "name", "n").data[0]
    assert (line.type, list(line.y)) == ("scatter", [1.0, 2.0])
    assert (bars.type, list(bars.x)) == ("bar", ["&lt;i&gt;", "b"])
