"""Every price is pinned on a worked example; the list API is a real HTTP server on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from analytics.price_list import refresh
from analytics.prices import load, to_toml
from stormtrail.errors import AccessError, InputError, UsageError

# name, quantity of a month, and the USD that a person works out from the public price
WORKED = [
    ("cloudtrail.data_event", 250_000, 0.25),  # 2.5 x 0.10
    ("cloudtrail.management_copy", 50_000, 1.00),  # half of 2.00
    ("cloudtrail.insights", 1_000_000, 3.50),  # 10 x 0.35
    ("cloudtrail.network_activity", 300_000, 0.30),  # 3 x 0.10
    ("lambda.request", 5_000_000, 1.00),  # 5 x 0.20
    ("lambda.gb_second_x86", 1_000_000, 16.6667),
    # 6e9 x 0.0000166667 + 9e9 x 0.000015 + 1e9 x 0.0000133334
    ("lambda.gb_second_x86", 16e9, 100_000.2 + 135_000.0 + 13_333.4),
    ("lambda.gb_second_arm", 1_000_000, 13.3334),
    # 7.5e9 x 0.0000133334 + 11.25e9 x 0.0000120001 + 1.25e9 x 0.0000106667
    ("lambda.gb_second_arm", 20e9, 100_000.5 + 135_001.125 + 13_333.375),
    ("logs.ingest", 40, 20.00),
    ("logs.storage", 100, 3.00),
    ("kinesis.shard_hour", 720, 10.80),  # one shard, 30 days
    ("kinesis.put_unit", 10_000_000, 0.14),
    ("kinesis.on_demand_hour", 720, 28.80),
    ("kinesis.on_demand_in", 10, 0.80),
    ("kinesis.on_demand_out", 10, 0.40),
    ("firehose.ingest", 1_000, 29.00),
    # 500 TB x 29 + 1,500 TB x 25 + 1 TB x 20 USD a TB
    ("firehose.ingest", 2_001_000, 14_500.0 + 37_500.0 + 20.0),
    ("s3.storage", 1_000, 23.00),
    # 50 TB x 23 + 450 TB x 22 + 1 TB x 21 USD a TB
    ("s3.storage", 501_000, 1_150.0 + 9_900.0 + 21.0),
    ("s3.put", 10_000, 0.05),
    ("s3.get", 1_000_000, 0.40),
    ("sqs.request", 1_000_000, 0.40),
    ("sns.publish", 2_000_000, 1.00),
    ("kms.request", 30_000, 0.09),
    ("siem.ingest", 1_000, 0.00),
]


@pytest.mark.parametrize(("name", "quantity", "usd"), WORKED)
def test_a_price_costs_what_the_worked_example_says(name: str, quantity: float, usd: float) -> None:
    assert load().usd(name, quantity) == pytest.approx(usd, rel=1e-9)


def test_no_price_of_the_book_is_without_a_worked_example() -> None:
    assert {name for name, _, _ in WORKED} == set(load().names())


def test_every_tier_of_the_book_is_reached_by_a_worked_example() -> None:
    most = {name: max(q for n, q, _ in WORKED if n == name) for name in load().names()}
    assert [price for price in load().prices if most[price.name] <= price.first] == []


def test_tiers_join_without_gap_or_overlap_from_zero_to_infinity() -> None:
    for name in load().names():
        tiers = load().tiers(name)
        ends = [0.0, *(tier.up_to for tier in tiers)]
        assert [tier.first for tier in tiers] == ends[:-1]
        assert ends[-1] == float("inf")


def test_every_price_says_where_when_and_whether_it_was_confirmed() -> None:
    marked = {price.name for price in load().prices if not price.confirmed}
    assert {"firehose.ingest", "cloudtrail.network_activity", "siem.ingest"} <= marked
    assert all(price.source and price.date and price.region for price in load().prices)


def test_your_price_replaces_all_tiers_and_shows_in_the_label() -> None:
    book = load({"s3.storage": 0.01})
    assert book.usd("s3.storage", 1_000_000) == pytest.approx(10_000.0)
    assert (book.label, len(book.tiers("s3.storage"))) == (
        "us-east-1 2026-04 with 1 of your own",
        1,
    )


def test_a_misspelt_price_names_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError) as caught:
        load({"lambda.requests": 1.0})
    assert "lambda.request" in caught.value.hint


@pytest.mark.parametrize("usd", [-1.0, float("nan"), float("inf")])
def test_a_price_that_is_no_amount_is_refused(usd: float) -> None:
    with pytest.raises(UsageError):
        load({"logs.ingest": usd})


def test_a_book_written_as_toml_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "book.toml"
    path.write_text(to_toml(load()), encoding="utf-8")
    assert load(path=path) == load()


@pytest.mark.parametrize(
    "text",
    ["not toml [", 'version = "1"', 'version="1"\nregion="r"\ncurrency="USD"\nprice=[{name="x"}]'],
)
def test_a_broken_book_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "book.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(path=path)
    assert str(path) in caught.value.line()


class PriceListServer(BaseHTTPRequestHandler):
    """Answers GetProducts as the price-list API does: JSON 1.1, products as JSON text."""

    products: Mapping[str, list[Any]]

    def do_POST(self) -> None:
        """One call; a usage type that is not there has no products, `denied` is refused."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        wanted = {item["Field"]: item["Value"] for item in request["Filters"]}
        products = self.products.get(wanted["usagetype"], [])
        refused = "denied" in self.products
        error = {"__type": "AccessDeniedException", "message": "not allowed"}
        answer: Any = error if refused else {"PriceList": [json.dumps(p) for p in products]}
        self.answer(400 if refused else 200, answer)

    def answer(self, status: int, body: Any) -> None:
        """One JSON response."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def product(*tiers: tuple[str, str, str]) -> Any:
    """A product of (begin, end, USD a unit) tiers in the API's shape."""
    dimensions = {
        str(number): {"beginRange": b, "endRange": e, "pricePerUnit": {"USD": usd}}
        for number, (b, e, usd) in enumerate(tiers)
    }
    return {"product": {}, "terms": {"OnDemand": {"T": {"priceDimensions": dimensions}}}}


@pytest.fixture
def price_list() -> Iterator[tuple[type[PriceListServer], Any]]:
    handler = type("Handler", (PriceListServer,), {"products": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    client = boto3.client(
        "pricing",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield handler, client
    client.close()
    server.shutdown()
    server.server_close()
    thread.join()


def test_refresh_takes_what_the_list_has_and_keeps_what_it_cannot_tell(
    price_list: tuple[type[PriceListServer], Any],
) -> None:
    handler, client = price_list
    handler.products = {
        "USE1-DataEventsRecorded": [product(("0", "Inf", "0.0000020000"))],
        "TimedStorage-ByteHrs": [product(("0", "100", "0.03"), ("100", "Inf", "0.02"))],
        "us-east-1-KMS-Requests": [product(("0", "Inf", "1")), product(("0", "Inf", "2"))],
    }
    refreshed = refresh(client, load(), "2026-11-23")
    assert refreshed.found == ("cloudtrail.data_event", "s3.storage")
    assert refreshed.book.usd("cloudtrail.data_event", 100_000) == pytest.approx(0.20)
    assert refreshed.book.usd("s3.storage", 200) == pytest.approx(5.0)
    assert refreshed.book.tiers("kms.request") == load().tiers("kms.request")
    assert {tier.date for tier in refreshed.book.tiers("s3.storage")} == {"2026-11-23"}


def test_refresh_without_permission_is_one_clear_error(
    price_list: tuple[type[PriceListServer], Any],
) -> None:
    handler, client = price_list
    handler.products = {"denied": []}
    with pytest.raises(AccessError) as caught:
        refresh(client, load(), "2026-11-23")
    assert "pricing:GetProducts" in caught.value.hint
