"""Which entries selectors ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analytics.selectors import MANAGEMENT_ONLY, Cell, parse

RUN = Cell("111122223333", "eu-west-1", "Data", "lambda.amazonaws.com", "Invoke", False)
READ = Cell("111122223333", "eu-west-1", "Data", "s3.amazonaws.com", "GetObject", True)
CREATE = Cell("111122223333", "eu-west-1", "Management", "iam.amazonaws.com", "CreateRole", False)
DECRYPT = Cell("111122223333", "eu-west-1", "Management", "kms.amazonaws.com", "Decrypt", True)
CELLS = {"run": RUN, "read": READ, "create": CREATE, "decrypt": DECRYPT}


def basic(**settings: object) -> list[dict[str, object]]:
    return [settings]


def advanced(*fields: dict[str, object]) -> list[dict[str, object]]:
    return [{"fieldSelectors": list(fields)}]


def field(name: str, **conditions: list[str]) -> dict[str, object]:
    return {"field": name, **conditions}


LAMBDA = {"type": "AWS::Lambda::Function", "values": ["arn:aws:lambda"]}


@pytest.mark.parametrize(
    ("settings", "matched"),
    [
        ({"includeManagementEvents": True}, {"create", "decrypt"}),
        ({"includeManagementEvents": "false"}, set()),
        ({"readWriteType": "WriteOnly", "dataResources": [LAMBDA]}, {"create", "run"}),
        ({"readWriteType": "ReadOnly", "dataResources": [LAMBDA]}, {"decrypt"}),
        ({"excludeManagementEventSources": ["kms.amazonaws.com"]}, {"create"}),
        ({"includeManagementEvents": False, "dataResources": [LAMBDA]}, {"run"}),
        ({"dataResources": "all of them"}, {"create", "decrypt"}),
    ],
)
def test_a_basic_selector_records_what_it_names(
    settings: dict[str, object], matched: set[str]
) -> None:
    selector = parse(basic(**settings), None)
    assert selector is not None
    assert {name for name, cell in CELLS.items() if selector.matches(cell)} == matched


@pytest.mark.parametrize(
    ("fields", "matched"),
    [
        ([field("eventCategory", equals=["Data"])], {"run", "read"}),
        (
            [
                field("eventCategory", equals=["Data"]),
                field("resources.type", equals=["AWS::Lambda::Function"]),
            ],
            {"run"},
        ),
        ([field("readOnly", equals=["true"])], {"read", "decrypt"}),
        ([field("eventName", startsWith=["Get", "Create"])], {"read", "create"}),
        ([field("eventName", notStartsWith=["Get", "Create"])], {"run", "decrypt"}),
        ([field("eventName", endsWith=["crypt"])], {"decrypt"}),
        ([field("eventSource", notEquals=["kms.amazonaws.com"])], {"run", "read", "create"}),
    ],
)
def test_an_advanced_selector_records_what_passes_all_its_fields(
    fields: list[dict[str, object]], matched: set[str]
) -> None:
    selector = parse(None, advanced(*fields))
    assert selector is not None
    assert {name for name, cell in CELLS.items() if selector.matches(cell)} == matched


def test_advanced_selectors_win_over_basic_ones_and_none_are_none() -> None:
    rules = advanced(field("eventCategory", equals=["Data"]))
    both = parse(basic(includeManagementEvents=True), rules)
    assert both == parse(None, rules)
    assert (parse([], []), parse("text", {"a": 1})) == (None, None)


def test_a_new_trail_records_management_entries_alone() -> None:
    assert MANAGEMENT_ONLY.categories == ("Management",)
    assert {name for name, cell in CELLS.items() if MANAGEMENT_ONLY.matches(cell)} == {
        "create",
        "decrypt",
    }


NAMED = "arn:aws:lambda:eu-west-1:111122223333:function:sink"
EACH = {name: replace(RUN, resource=f"{NAMED}{name}") for name in ("", "-2")}
DATA = (
    field("eventCategory", equals=["Data"]),
    field("resources.type", equals=["AWS::Lambda::Function"]),
)


@pytest.mark.parametrize(
    ("rules", "matched"),
    [
        (basic(dataResources=[{**LAMBDA, "values": [NAMED]}]), {""}),
        (basic(dataResources=[{**LAMBDA, "values": [f"{NAMED}:live"]}]), {""}),
        (basic(dataResources=[LAMBDA]), {"", "-2"}),
        (advanced(*DATA, field("resources.ARN", equals=[f"{NAMED}:7"])), {""}),
        (advanced(*DATA, field("resources.ARN", startsWith=[NAMED])), {"", "-2"}),
        (advanced(*DATA, field("resources.ARN", endsWith=["-2"])), {"-2"}),
        (advanced(*DATA, field("resources.ARN", notEquals=[NAMED])), {"-2"}),
    ],
)
def test_a_selector_that_names_functions_records_theirs(
    rules: list[dict[str, object]], matched: set[str]
) -> None:
    selector = parse(None, rules) if "fieldSelectors" in rules[0] else parse(rules, None)
    assert selector is not None
    assert {name for name, cell in EACH.items() if selector.matches(cell)} == matched


@pytest.mark.parametrize(
    ("rules", "guesses"),
    [
        (basic(dataResources=[LAMBDA]), False),
        (basic(dataResources=[{**LAMBDA, "values": [NAMED]}]), True),
        (basic(dataResources=[LAMBDA, {**LAMBDA, "values": [NAMED]}]), False),
        (advanced(*DATA), False),
        (advanced(*DATA, field("resources.ARN", startsWith=["arn:aws:lambda"])), False),
        (advanced(*DATA, field("resources.ARN", startsWith=[NAMED])), True),
        (advanced(*DATA, field("resources.ARN", notEndsWith=["-2"])), True),
        (advanced(*DATA, field("userIdentity.arn", notEquals=["arn:aws:iam::1:role/a"])), True),
        (advanced(field("eventCategory", equals=["Management"])), False),
    ],
)
def test_a_selector_guesses_where_the_cell_does_not_know_what_it_asks(
    rules: list[dict[str, object]], guesses: bool
) -> None:
    selector = parse(None, rules) if "fieldSelectors" in rules[0] else parse(rules, None)
    assert selector is not None
    assert selector.guesses(RUN) is guesses
