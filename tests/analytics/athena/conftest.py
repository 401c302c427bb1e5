"""Athena's API over real HTTP: moto's server, told what to answer, with a proxy where it is too kind."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.ingest.topology.conftest import ACCOUNT, REGION, Aws, aws, server

__all__ = ["aws", "server"]  # the fixtures of moto's server

Column = tuple[str, str]


class Athena:
    """The server's Athena: answers are queued for the queries to come."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.url = aws.url
        self.client = aws.client("athena")

    def will_answer(self, columns: list[Column], rows: list[list[str | None]]) -> None:
        """The next query's rows; their header comes before them, as from Athena."""
        header: list[list[str | None]] = [[name for name, _ in columns]]
        cells = [{"Data": [_cell(value) for value in row]} for row in header + rows]
        result = {"rows": cells, "column_info": [_column(*column) for column in columns]}
        told = {"account_id": ACCOUNT, "region": REGION, "results": [result]}
        self._post("static/athena/query-results", told)

    def will_take(self, questions: int) -> None:
        """A query changes its state only after so many questions about it."""
        transition = {"progression": "manual", "times": questions}
        told = {"model_name": "athena::execution", "transition": transition}
        self._post("state-manager/set-transition", told)

    def will_be_quick(self) -> None:
        """A query is done when it is asked about."""
        self._post("state-manager/unset-transition", {"model_name": "athena::execution"})

    def queries(self) -> list[Any]:
        """Every query there was, as the server holds it."""
        ids = self.client.list_query_executions()["QueryExecutionIds"]
        return [
            self.client.get_query_execution(QueryExecutionId=one)["QueryExecution"] for one in ids
        ]

    def _post(self, path: str, told: dict[str, Any]) -> None:
        kind = {"Content-Type": "application/json"}
        body = json.dumps(told).encode()
        urlopen(Request(f"{self.url}/moto-api/{path}", body, kind, method="POST")).close()  # noqa: S310


def _cell(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _column(name: str, kind: str) -> dict[str, Any]:
    """`decimal(10,2)` has its precision and scale in fields of their own."""
    found: dict[str, Any] = {"Name": name, "Label": name, "Type": kind.partition("(")[0]}
    if "(" in kind:
        precision, scale = kind.partition("(")[2].rstrip(")").split(",")
        found |= {"Precision": int(precision), "Scale": int(scale)}
    return found


@pytest.fixture
def athena(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    found = Athena(aws)
    yield found
    found.will_be_quick()
