from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from reports.svg import Bucket, Mark, bars, intervals, timeline

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def elements(markup: str, tag: str) -> list[dict[str, str]]:
    root = ElementTree.fromstring(markup)  # noqa: S314
    return [dict(found.attrib) for found in root.iter(tag)]


def texts(markup: str) -> list[str]:
    return ["".join(found.itertext()) for found in ElementTree.fromstring(markup).iter("text")]  # noqa: S314


def test_a_timeline_stacks_second_order_entries_on_the_original_ones() -> None:
    chart = timeline([Bucket(START, 10, 0), Bucket(START + HOUR, 10, 10)])
    assert [(p["class"], p["points"]) for p in elements(chart, "polygon")] == [
        ("original", "64.0,127.0 708.0,127.0 708.0,226.0 64.0,226.0"),
        ("second", "64.0,127.0 708.0,28.0 708.0,127.0 64.0,127.0"),
    ]


def test_a_timeline_names_its_axis_and_marks_moments_within_it() -> None:
    buckets = [Bucket(START + place * HOUR, 5, 0) for place in range(5)]
    marks = [Mark(START + 2 * HOUR, "storm begins"), Mark(START + 99 * HOUR, "far away")]
    shown = texts(timeline(buckets, marks, "an hour"))
    assert shown == [
        "0", "2.5", "5", "entries in an hour",
        "01 Jan", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30", "04:00",
        "storm begins", "second-order", "original",
    ]  # fmt: skip


def test_one_bucket_is_no_timeline() -> None:
    assert timeline([Bucket(START, 1, 1)]) == ""


def test_bars_are_sorted_and_the_rest_is_one_bar() -> None:
    values = {f"f{place}": float(place) for place in range(1, 6)}
    chart = bars(values, most=3)
    assert [t for t in texts(chart) if "USD" not in t] == ["f5f5", "f4f4", "f3f3", "2 more2 more"]
    assert [float(r["width"]) for r in elements(chart, "rect")] == [370.0, 296.0, 222.0, 222.0]


def test_no_values_are_no_chart() -> None:
    assert bars({}) == intervals([]) == ""


def test_an_interval_is_a_line_around_its_dot() -> None:
    chart = intervals([("a", 1.0, (0.5, 1.5)), ("b", 0.5, None)])
    whiskers = [line for line in elements(chart, "line") if line["class"] == "whisker"]
    dots = elements(chart, "circle")
    assert len(whiskers) == 1
    assert float(whiskers[0]["x1"]) < float(dots[0]["cx"]) < float(whiskers[0]["x2"])
    assert float(dots[1]["cx"]) == float(whiskers[0]["x1"])


def test_hostile_names_cannot_leave_their_text() -> None:
    chart = bars({"</text><script>alert(1)</script>": 1.0})
    assert elements(chart, "script") == []
