"""Which nodes are taken for log sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import simulation
from analytics import amplification, inferred_feeds, judging, log_files, sources, started
from analytics.analysis import analyze
from analytics.archive import Delivered, Files
from analytics.judging import Verdict
from analytics.series import Floats, Span
from analytics.topology import Link, Topology
from ingest.pipeline import IngestOptions, ingest
from stormtrail.layout import Layout
from tests.analytics.conftest import Analyze
from tests.analytics.test_relays import MINUTES, Key, graph_of, loaded, ordinary
from tests.analytics.test_rollups import (
    FUNCTION,
    GROUP,
    HOME,
    OTHER,
    REGION,
    Record,
    record,
    store,
)


@pytest.mark.parametrize("seed", [4, 9])
def test_a_bucket_of_the_business_is_no_source_beside_a_recorded_one(
    tmp_path: Path, seed: int
) -> None:
    """Its files start about as many runs as there are log files, by chance."""
    simulation.make("stream_cure", seed, tmp_path)
    layout = Layout(tmp_path / "store")
    ingest([str(tmp_path / "archive")], layout, IngestOptions(workers=0))
    assert [source.kind for source in analyze(layout).sources] == ["kinesis"]


def test_a_log_group_that_nothing_tells_of_is_named_rather_than_left_out(tmp_path: Path) -> None:
    """It starts a function every minute, whatever is written meanwhile."""
    times = [f"2026-03-01T{minute // 60:02}:{minute % 60:02}" for minute in range(180)]
    runs = [record(f"run {at}", f"{at}:05Z", "Invoke", at) for at in times]
    others = [
        record(f"read {at} {number}", f"{at}:30Z", "ListFunctions20150331", f"{at} {number}")
        | {"resources": [], "requestParameters": None, "eventCategory": "Management"}
        for at in times
        for number in range(9)
    ]
    found = analyze(store(tmp_path, "a", [*runs, *others]))
    assert found.sources == ()
    (note,) = found.notes
    assert note.startswith(f"{GROUP}: nothing tells whether a trail feeds this log group")


def test_a_chain_whose_first_function_is_not_recorded_is_followed_by_its_links(
    tmp_path: Path,
) -> None:
    """An organization's trail may record the runs of some accounts only."""
    router, trail = f"{FUNCTION}-router", f"arn:aws:cloudtrail:{REGION}:{HOME}:trail/audit"
    actor = {"type": "IAMUser", "arn": f"arn:aws:iam::{HOME}:user/kim", "accountId": HOME}
    made = change(
        "CreateTrail",
        {"name": "audit", "cloudWatchLogsLogGroupArn": f"{GROUP}:*"},
        {"name": "audit", "trailARN": trail, "cloudWatchLogsLogGroupArn": f"{GROUP}:*"},
    )
    linked = change("PutSubscriptionFilter", {"logGroupName": "audit", "destinationArn": router})
    runs = [
        record(
            f"e{minute}",
            f"2026-03-01T{10 + minute // 60}:{minute % 60:02}:05Z",
            "Invoke",
            f"r{minute}",
        )
        | {
            "userIdentity": {
                **actor,
                "type": "AssumedRole",
                "inScopeOf": {"credentialsIssuedTo": router},
            }
        }
        for minute in range(5, 120)
    ]
    found = analyze(store(tmp_path, "a", [made, linked, *runs]))
    assert [(source.arn, source.link) for source in found.sources] == [(GROUP, "recorded")]
    assert {function.arn: function.depth for function in found.functions} == {
        router: 1,
        FUNCTION: 2,
    }
    assert found.entries.second_order == len(runs)
    assert (
        f"{router}: no run of it is recorded; the runs that it starts stand for its own."
        in found.notes
    )


def change(name: str, asked: Record, told: Record | None = None) -> Record:
    """A successful configuration change."""
    service = "cloudtrail" if name == "CreateTrail" else "logs"
    return {
        **record(name, "2026-03-01T10:00:00Z", name, name),
        "eventSource": f"{service}.amazonaws.com",
        "eventCategory": "Management",
        "userIdentity": {
            "type": "IAMUser",
            "arn": f"arn:aws:iam::{HOME}:user/kim",
            "accountId": HOME,
        },
        "requestParameters": asked,
        "responseElements": told,
        "resources": [],
    }


def test_what_gathers_the_notifications_of_log_files_carries_their_entries() -> None:
    """A queue of the business has as many messages, at other moments."""
    draw = np.random.default_rng(3)
    files = (draw.random(1_200) < 0.3) * draw.integers(1, 4, 1_200)
    gathered = np.roll(np.minimum(files, 1), 1).astype(float)
    data = SimpleNamespace(delivered_files=Files(files.astype(float), {}))

    def whose(kind: str, runs: Floats) -> str | None:
        return log_files.whose(kind, runs, [HOME], data)  # type: ignore[arg-type]

    assert whose("sqs", gathered) == log_files.EVERY
    assert whose("kinesis", gathered) is None
    assert whose("sqs", draw.permutation(gathered)) is None
    assert whose("sqs", 3 * gathered) is None


def test_of_several_accounts_files_those_of_the_functions_may_start_them() -> None:
    draw = np.random.default_rng(4)
    mine, others = (draw.poisson(0.3, 1_200).astype(float) for _ in range(2))
    data = SimpleNamespace(delivered_files=Files(mine + others, {HOME: mine, OTHER: others}))
    runs = np.roll(mine, 1)
    assert log_files.whose("s3", runs, [HOME], data) == HOME  # type: ignore[arg-type]
    assert log_files.whose("s3", runs, [OTHER], data) is None  # type: ignore[arg-type]
    assert log_files.whose("s3", runs, [HOME, OTHER], data) is None  # type: ignore[arg-type]


def test_who_reads_the_objects_of_a_log_bucket_carries_logs(tmp_path: Path) -> None:
    """A queue that gathers notifications, of which no record tells; a worker of the business reads as much."""
    records = [
        entry
        for number in range(80)
        for name, bucket in (("loader", "my-cloudtrail-logs"), ("worker", "orders"))
        for entry in _gathered(number, name, bucket)
    ]
    found = analyze(store(tmp_path, "a", records))
    assert [function.arn.rpartition(":")[2] for function in found.functions] == ["loader"]


def _gathered(number: int, name: str, bucket: str) -> list[Record]:
    """A run that an event source mapping started, and the object that it read."""
    minute = number if name == "loader" else number - number % 4
    at = f"2026-03-01T{10 + minute // 60}:{minute % 60:02}:{10 + number % 4}Z"
    function = f"arn:aws:lambda:{REGION}:{HOME}:function:{name}"
    run = record(f"{name}-{number}", at, "Invoke", f"{name}-{number}")
    run |= {
        "userIdentity": {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"},
        "sourceIPAddress": "lambda.amazonaws.com",
        "requestParameters": {"functionName": function},
        "resources": [{"ARN": function, "accountId": HOME, "type": "AWS::Lambda::Function"}],
        "additionalEventData": {"functionVersion": f"{function}:$LATEST"},
    }
    read = run | {
        "eventID": f"{name}-{number}-read",
        "requestID": f"{name}-{number}-read",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "sourceIPAddress": "192.0.2.7",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{HOME}:assumed-role/{name}-role/{name}",
            "accountId": HOME,
            "inScopeOf": {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": function},
        },
        "requestParameters": {"bucketName": bucket, "key": f"{number}.json.gz"},
        "resources": [],
    }
    return [run, read]


def test_a_log_group_starts_a_function_once_an_entry_at_most(analyzed: Analyze) -> None:
    """A storm that doubles every few minutes has most of its entries under way: the counts alone may say more."""
    (source,) = analyzed("one_function", 1).found.sources
    assert source.s_invocations == pytest.approx(1.0, rel=0.01)
    assert source.s_invocations_interval is not None
    assert source.s_invocations_interval[0] < 1.0 <= source.s_invocations_interval[1] <= 1.01


def test_a_rule_of_a_storm_that_explodes_starts_its_function_once_an_entry() -> None:
    """Most of what it matches is under way: only runs that all of it cannot explain are of other entries."""
    runs = np.ceil(np.exp(np.arange(120) / 12))
    found = amplification.estimate(runs, np.roll(runs, -1) * 0.8)
    assert found is not None
    assert found.ratio > 1.1
    graph: Any = SimpleNamespace(functions_of=lambda _: (FUNCTION,))
    started = float(runs.sum())
    exact = sources._one_an_entry(found, "rule", graph, started, started)
    unlike = sources._one_an_entry(found, "rule", graph, started, started / 2)
    assert (exact.ratio, exact.exact, unlike) == (1.0, True, found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_weak_loop_that_grows_stronger_began_with_the_subscription(
    analyzed: Analyze, seed: int
) -> None:
    """With odd seeds its trail is older than the window, and nothing tells what it delivers to."""
    truth, found = (case := analyzed("grows_stronger", seed)).truth, case.found
    (there,), (source,), (loop,) = truth.sources, found.sources, found.loops
    assert source.s == pytest.approx(there.s, rel=0.02)
    assert loop.spectral_radius == pytest.approx(truth.loops[0].spectral_radius, rel=0.03)
    assert loop.cause is not None
    assert loop.cause.event_id == truth.loops[0].cause_event_id


@pytest.mark.parametrize("seed", [1, 2])
def test_entries_from_before_any_run_is_recorded_count_in_s(analyzed: Analyze, seed: int) -> None:
    """With even seeds calls tell of the runs, and of the loop that they close; with odd ones the link alone does."""
    truth, found = (case := analyzed("runs_recorded_later", seed)).truth, case.found
    (there,), (source,), (loop,) = truth.sources, found.sources, found.loops
    assert source.s == pytest.approx(there.s, rel=0.01)
    assert source.entries_delivered == pytest.approx(there.entries_delivered, rel=0.01)
    assert loop.spectral_radius == pytest.approx(truth.loops[0].spectral_radius, rel=0.02)
    assert loop.cause is not None
    assert loop.cause.event_id == truth.loops[0].cause_event_id
    assert any("recorded" in note for note in found.notes)
    (advice,) = found.recommendations
    assert advice.s_before is not None
    assert advice.s_before > 1.005 * (source.s or 0.0)  # since it is recorded
    assert advice.spectral_radius_before == pytest.approx(advice.s_before, rel=0.01)


def test_what_is_under_way_when_a_subscription_ends_comes_back_no_more(analyzed: Analyze) -> None:
    truth, found = (case := analyzed("ended", 4)).truth, case.found
    (there,), (loop,) = truth.loops, found.loops
    assert loop.spectral_radius == pytest.approx(there.spectral_radius, rel=0.005)


@pytest.mark.parametrize(("last", "complete"), [(10.0, True), (2.0, False)])
def test_an_archive_that_grows_lacks_calls_in_its_last_minutes(last: float, complete: bool) -> None:
    kind = ("111122223333", "eu-west-1", "Management", "ec2.amazonaws.com", "RunInstances", False)
    calls = np.where(np.arange(MINUTES) < MINUTES - 3, 10.0, last)
    assert loaded({}, {}, {kind: calls}).complete is complete


def test_deliveries_into_a_bucket_are_its_runs_until_it_starts_a_function() -> None:
    """A trail records its files' deliveries, each an entry, from minute 60 on; they start a function from 120 on."""
    minutes = np.arange(MINUTES)
    bucket = "arn:aws:s3:::audit-logs"
    files = np.where(minutes >= 60, 2.0, 0.0)
    run = (FUNCTION, "s3", bucket, None, "111122223333", "eu-west-1", "Data")
    delivery = ("111122223333", "eu-west-1", "s3.amazonaws.com", "PutObject", "audit-logs")
    data = loaded({run: np.where(minutes >= 120, 2.0, 0.0)}, {})
    data = replace(data, deliveries=loaded({}, {}, {delivery: files}).traffic)
    verdict = Verdict(bucket, "s3", "recorded", 1.0)
    assert np.array_equal(sources._runs(verdict, graph_of(data), data), files)


def test_a_function_of_an_account_that_the_archive_lacks_is_told_where_it_starts_others() -> None:
    stranger = "arn:aws:lambda:eu-west-1:444455556666:function:enricher"
    called = (FUNCTION, None, None, stranger, "111122223333", "eu-west-1", "Data")
    kind = ("111122223333", "eu-west-1", "Data", "lambda.amazonaws.com", "Invoke", False)
    data = loaded({called: np.ones(MINUTES)}, {}, {kind: np.ones(MINUTES)})
    assert judging._strangers(graph_of(data), data) == (stranger,)


BUCKET, STREAM = "arn:aws:s3:::files", f"arn:aws:kinesis:{REGION}:{HOME}:stream/trail"
SPAN = Span(datetime(2026, 6, 1), MINUTES)


def at(minute: int) -> datetime:
    return SPAN.time(minute)


def test_between_two_links_nothing_is_handed_on_but_what_was_under_way() -> None:
    """As much as comes after the second was made is lost after the first ended."""
    links = (Link(GROUP, FUNCTION, at(0), at(100)), Link(GROUP, FUNCTION, at(200)))
    ran = np.where((np.arange(MINUTES) < 100) | (np.arange(MINUTES) >= 200), 1.0, 0.0)
    ((first, last),) = sources._gaps(GROUP, ran, Topology(links), SPAN)
    assert (last - first, 2 <= 100 - first <= 6) == (100, True)
    assert sources._gaps(GROUP, np.ones(MINUTES), Topology(links), SPAN) == []


@pytest.mark.parametrize(
    ("links", "begun"),
    [
        ([Link("trail", GROUP, at(40))], 0),  # the link to its function is not recorded
        ([Link(STREAM, FUNCTION, at(10)), Link(GROUP, STREAM, at(40))], 40),
        ([Link(STREAM, FUNCTION, at(50)), Link(GROUP, STREAM, at(40))], 50),
        ([Link(STREAM, FUNCTION), Link(GROUP, STREAM)], 0),
    ],
)
def test_a_source_hands_on_since_the_last_link_of_its_way(links: list[Link], begun: int) -> None:
    node = STREAM if any(link.source == STREAM for link in links) else GROUP
    assert sources._begun(node, Topology(tuple(links)), SPAN) == begun


@pytest.mark.parametrize("shared", [True, False])
def test_a_bucket_whose_files_start_a_log_processor_is_a_source(shared: bool) -> None:
    """Another one of the business starts as many runs, by chance."""
    files = np.random.default_rng(3).poisson(0.4, MINUTES).astype(float)
    function = FUNCTION if shared else f"{FUNCTION}-other"
    by_group: Key = (FUNCTION, "cloudwatch_logs", GROUP, None, HOME, REGION, "Data")
    by_bucket: Key = (function, "s3", BUCKET, None, HOME, REGION, "Data")
    data = loaded({by_group: ordinary(1), by_bucket: files}, {})
    data = replace(data, delivered_files=Files(files, {}))
    graph = graph_of(data)
    found = {GROUP: Verdict(GROUP, "cloudwatch_logs", "recorded", 1.0)}
    starts = sorted(started.nodes(graph).items())
    assert set(judging._with_files(starts, found, graph, data)) == ({BUCKET} if shared else set())


def test_a_stream_behind_a_known_log_group_gets_what_that_may_deliver() -> None:
    """A trail whose files hold both delivers both, whatever the batches look like."""
    by_stream: Key = (FUNCTION, "kinesis", STREAM, None, HOME, REGION, "Data")
    kinds = ("Management", "ec2.amazonaws.com"), ("Data", "s3.amazonaws.com")
    traffic: dict[Key, Floats] = {
        (HOME, REGION, *kind, "Get", True): 20 * ordinary(seed)
        for seed, kind in enumerate(kinds, 7)
    }
    data = loaded({by_stream: ordinary(1)}, {}, traffic)
    here = frozenset([HOME])
    cells = np.array([-1], dtype=np.int64)
    data = replace(data, delivered_by=Delivered(by_own=here, mixed=here), run_cells=cells)
    verdict, graph = Verdict(STREAM, "kinesis", "recorded", 1.0), graph_of(data)
    runs = started.direct_runs(STREAM, graph, data)

    def confidence(*links: Link) -> tuple[str, float]:
        feed = sources._feed(verdict, graph, Topology(links), data, runs)
        return feed.link, feed.confidence

    assert confidence(Link(GROUP, STREAM)) == ("inferred", inferred_feeds.TOLD)
    assert confidence()[0] == "unknown"
