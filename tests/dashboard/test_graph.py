from __future__ import annotations

from dataclasses import replace

from analytics.findings import FedBy
from dashboard.graph import Destination, Edge, Node, build
from tests.dashboard.sample import (
    ARCHIVE,
    AUDIT,
    BUCKET,
    CALM,
    FORWARDER,
    GROUP,
    ROUTER,
    SIEM,
    STORM,
    THUMBNAILER,
    WRITER,
    function_arn,
    log_function,
)


def test_accounts_feed_sources_sources_start_functions_and_functions_call_functions() -> None:
    forward = [edge for edge in build(STORM).edges if not edge.returns]
    assert forward == [
        Edge(GROUP, ROUTER, 600_000, True),
        Edge(ROUTER, WRITER, 400_000, True),
        Edge(WRITER, FORWARDER, 120_000, True),
        Edge(BUCKET, THUMBNAILER, 900),
        Edge(AUDIT, GROUP, 400_000),
        Edge(ARCHIVE, GROUP, 400_000),
        Edge(SIEM, GROUP, 400_000),
    ]


def test_every_function_of_a_loop_returns_its_part_of_the_entries_to_the_source() -> None:
    returned = [edge for edge in build(STORM).edges if edge.returns]
    caused = int(1.02 * 1_200_000)
    assert returned == [
        Edge(ROUTER, GROUP, caused * 600_000 // 1_120_000, True, True),
        Edge(WRITER, GROUP, caused * 400_000 // 1_120_000, True, True),
        Edge(FORWARDER, GROUP, caused * 120_000 // 1_120_000, True, True),
    ]


def test_a_source_that_records_itself_has_an_edge_to_itself() -> None:
    bucket = replace(STORM.sources[1], feedback={BUCKET: 0.5}, loop="loop-2")
    graph = build(replace(STORM, sources=(bucket,), functions=()))
    assert graph.edges == (Edge(BUCKET, BUCKET, 4_500, True, True),)


def test_what_a_function_writes_to_stands_in_the_last_column() -> None:
    graph = build(
        STORM, [Destination(WRITER, "archive-bucket", 7), Destination("arn:x", "other", 9)]
    )
    last = graph.nodes[-1]
    assert last == Node("to:archive-bucket", "archive-bucket", "destination", 5, 7)
    assert Edge(WRITER, "to:archive-bucket", 7) in graph.edges
    assert all(node.name != "other" for node in graph.nodes)


def test_of_ten_thousand_functions_the_largest_are_shown_and_the_rest_are_one_node() -> None:
    many = tuple(log_function(function_arn(f"f{i}", AUDIT), 1, 20_000 - i) for i in range(10_000))
    graph = build(replace(STORM, functions=many))
    functions = [node for node in graph.nodes if node.kind == "function"]
    assert len(functions) == 31
    assert functions[0].name == "f0"
    rest = functions[-1]
    assert (rest.name, rest.stands_for) == ("9,970 others", 9_970)
    assert sum(node.entries for node in functions) == sum(item.entries for item in many)


def test_many_accounts_that_feed_a_source_are_one_node() -> None:
    accounts = tuple(f"{n:012}" for n in range(40))
    source = replace(STORM.sources[0], fed_by=(FedBy("organization", accounts, ("Data",)),))
    graph = build(replace(STORM, sources=(source,)))
    assert [(n.name, n.stands_for) for n in graph.nodes if n.kind == "account"] == [
        ("40 accounts", 40)
    ]


def test_calm_has_an_empty_graph() -> None:
    assert (build(CALM).nodes, build(CALM).edges) == ((), ())
