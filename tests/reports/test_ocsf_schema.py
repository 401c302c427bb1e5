"""Our Detection Findings against OCSF's own schema of class 2004, which allows no attribute that it does not know."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded
from ocsf_json_schema.loader import get_ocsf_schema

from analytics.findings import Findings
from reports.ocsf import CLASS_UID, SCHEMA_VERSION, to_ocsf
from tests.reports.samples import STORM, hostile

LOOP = STORM.loops[0]


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    """Detection Finding with the cloud profile, of the version that our findings name."""
    known = OcsfJsonSchemaEmbedded(get_ocsf_schema(SCHEMA_VERSION))
    name = known.lookup_class_name_from_uid(CLASS_UID)
    return Draft202012Validator(known.get_class_schema(name, ["cloud"]))


@pytest.mark.parametrize(
    "findings",
    [
        STORM,
        hostile(),
        *(
            replace(STORM, loops=(replace(LOOP, state=state),))
            for state in ("runaway", "sustained", "amplifying", "ended")
        ),
        replace(STORM, loops=(replace(LOOP, onset=None, cause=None, accounts=(), evidence=()),)),
    ],
)
def test_every_line_is_valid(schema: Draft202012Validator, findings: Findings) -> None:
    lines = to_ocsf(findings).splitlines()
    assert lines
    assert [error.message for line in lines for error in schema.iter_errors(json.loads(line))] == []


def _event() -> dict[str, Any]:
    event: dict[str, Any] = json.loads(to_ocsf(STORM).splitlines()[0])
    return event


@pytest.mark.parametrize(
    "name", ["activity_id", "category_uid", "class_uid", "cloud", "finding_info", "metadata",
             "severity_id", "time", "type_uid"],
)  # fmt: skip
def test_the_schema_tells_what_is_missing(schema: Draft202012Validator, name: str) -> None:
    event = _event()
    del event[name]
    assert [error.message for error in schema.iter_errors(event)] == [
        f"{name!r} is a required property"
    ]


def test_the_schema_tells_a_wrong_code(schema: Draft202012Validator) -> None:
    assert not schema.is_valid({**_event(), "severity_id": 7})
