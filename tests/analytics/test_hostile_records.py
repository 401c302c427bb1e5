"""Records of which any field holds anything: the analysis ends, and still finds the storm beside them."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import simulation
from analytics.analysis import analyze
from ingest.pipeline import IngestOptions, ingest
from reports import FORMATS, Report
from stormtrail.layout import Layout

RECORDS_A_FILE = 2_000
FIELDS_KEPT = {("eventTime",), ("eventID",)}  # a record without a time is rejected
BASES = (
    "Invoke",
    "InvokeExecution",
    "PutObject",
    "AssumeRole",
    "CreateTrail",
    "PutEventSelectors",
    "PutSubscriptionFilter",
    "CreateEventSourceMapping20150331",
    "PutRule",
    "PutTargets",
)
HOSTILE: tuple[Any, ...] = (
    None,
    [],
    {},
    [1, {"a": [{}]}],
    "",
    -1,
    1e308,
    10**30,
    True,
    "x" * 5_000,
    "\x00",
    "a\x1b[31mred\x07",
    "'; DROP TABLE events;--",
    "<script>alert(1)</script>",
    "\u202eevil",
    "arn:aws:lambda",
    "arn:aws:lambda:eu-central-1:417656833279:function:",
    "arn:" + ":" * 50,
    '{"detail": [{"$or": []}]}',
)

Path_ = tuple[str | int, ...]


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The path of every member and element, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in items:
        yield (*path, key)
        if isinstance(member, (dict, list)):
            yield from places(member, (*path, key))


def changed(record: dict[str, Any], path: Path_, value: Any, number: int) -> dict[str, Any]:
    found = copy.deepcopy(record)
    found["eventID"] = f"hostile-{number}"
    place: Any = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return found


def hostile(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One record of each call and set of parameters with each of its values made each of HOSTILE."""
    bases = {
        (record["eventName"], *sorted(record.get("requestParameters") or ())): record
        for record in records
        if record["eventName"] in BASES
    }
    found: list[dict[str, Any]] = []
    for base in bases.values():
        for path in set(places(base)) - FIELDS_KEPT:
            found += [changed(base, path, value, len(found) + i) for i, value in enumerate(HOSTILE)]
    return found


def records_of(archive: Path) -> list[dict[str, Any]]:
    files = (json.loads(gzip.decompress(path.read_bytes())) for path in archive.rglob("*.gz"))
    return [record for file in files for record in file["Records"]]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Records of several kinds of organization."""
    folder = tmp_path_factory.mktemp("known")
    for kind in ("articles", "eventbridge_rule", "queue_trap", "stream_cure"):
        simulation.make(kind, 7, folder / kind, scale=0.02)
    return [record for place in folder.iterdir() for record in records_of(place)]


@pytest.mark.parametrize("beside_a_storm", [True, False])
def test_no_value_of_any_field_stops_the_analysis_or_a_report(
    tmp_path: Path, known: list[dict[str, Any]], beside_a_storm: bool
) -> None:
    made = hostile(known)
    assert len(made) > 5 * RECORDS_A_FILE
    archive = tmp_path / "archive"
    archive.mkdir()
    if beside_a_storm:
        simulation.make("articles", 7, tmp_path, scale=0.02)
    for start in range(0, len(made), RECORDS_A_FILE):
        content = json.dumps({"Records": made[start : start + RECORDS_A_FILE]})
        (archive / f"hostile-{start}.json").write_text(content)
    layout = Layout(tmp_path / "store")
    ingest([str(archive)], layout, IngestOptions(workers=0))
    findings = analyze(layout)
    assert bool(findings.loops) is beside_a_storm
    texts = {name: write(Report(findings)) for name, write in FORMATS.items()}
    assert "<script>alert" not in texts["html"]
