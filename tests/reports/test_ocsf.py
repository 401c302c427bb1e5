from __future__ import annotations

import json
from dataclasses import replace

from reports.ocsf import to_ocsf
from tests.reports.samples import END, FEEDER, GROUP, ONSET, QUIET, ROUTER, STORM

REQUIRED = {
    "activity_id", "category_uid", "class_uid", "cloud", "finding_info",
    "metadata", "severity_id", "time", "type_uid",
}  # fmt: skip


def test_a_loop_and_an_anomaly_are_a_line_each() -> None:
    loop, anomaly = map(json.loads, to_ocsf(STORM).splitlines())
    assert (loop["severity"], anomaly["severity"]) == ("High", "Low")
    assert loop["finding_info"]["title"] == "Sustained log loop over organization-trail"
    assert anomaly["finding_info"]["desc"] == "61 times its usual runs in this hour"


def test_every_required_attribute_of_a_detection_finding_is_there_and_consistent() -> None:
    for line in to_ocsf(STORM).splitlines():
        event = json.loads(line)
        assert set(event) >= REQUIRED
        assert event["class_uid"] == 2004
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert set(event["finding_info"]) >= {"uid", "title"}
        assert set(event["metadata"]) >= {"product", "version"}
        assert event["cloud"]["provider"] == "AWS"


def test_times_are_milliseconds_since_1970() -> None:
    loop = json.loads(to_ocsf(STORM).splitlines()[0])
    info = loop["finding_info"]
    assert (loop["time"], info["first_seen_time"]) == (
        int(END.timestamp()) * 1000,
        int(ONSET.timestamp()) * 1000,
    )


def test_resources_are_the_loops_sources_and_functions() -> None:
    loop = json.loads(to_ocsf(STORM).splitlines()[0])
    assert [resource["uid"] for resource in loop["resources"]] == [GROUP, ROUTER]
    assert FEEDER not in to_ocsf(replace(STORM, anomalies=()))


def test_the_same_loop_keeps_its_uid_when_its_state_changes() -> None:
    ended = replace(STORM, loops=(replace(STORM.loops[0], id="loop-9", state="ended"),))
    before, after = (json.loads(to_ocsf(found).splitlines()[0]) for found in (STORM, ended))
    assert before["finding_info"]["uid"] == after["finding_info"]["uid"]
    assert (before["status_id"], after["status_id"]) == (1, 4)


def test_no_finding_is_no_line() -> None:
    assert to_ocsf(QUIET) == ""
