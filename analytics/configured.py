"""Links that the account itself tells (`topology pull`) or a user's file gives: STORE/topology/*.json.

A file is `{"taken_at": TIME, "links": [{"source", "target", "pattern"?, "batch_size"?, "excepted"?}], "trails":
[{"arn", "account", "region", "organization", "multi_region", "event_selectors"?, "advanced_event_selectors"?}]}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analytics import arns, selectors
from analytics.topology import Filter, Link, Topology, Trail
from stormtrail.errors import InputError
from stormtrail.layout import Layout


def read(layout: Layout) -> Topology:
    """Every configured link of the store, newest file last; InputError names a file that is not one."""
    topology = Topology()
    for path in sorted(layout.topology.glob("*.json")):
        topology = topology.merged(_from_file(path))
    return topology


def _from_file(path: Path) -> Topology:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        links = tuple(_link(item) for item in content.get("links", []))
        trails = {item["arn"]: _trail(item) for item in content.get("trails", [])}
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        hint = "correct or remove the file; docs/topology.md shows its form"
        raise InputError(f"is no topology file ({error})", where=str(path), hint=hint) from error
    filters = tuple(
        Filter(link.source, link.target, link.pattern, excepted=link.excepted)
        for link in links
        if ":log-group:" in link.source or arns.service(link.source) == "s3"
    )
    return Topology(links, trails, filters=filters)


def _link(item: Mapping[str, Any]) -> Link:
    return Link(
        item["source"],
        item["target"],
        origin="configured",
        pattern=item.get("pattern"),
        batch_size=item.get("batch_size"),
        excepted=frozenset(item.get("excepted", ())),
    )


def _trail(item: Mapping[str, Any]) -> Trail:
    chosen = selectors.parse(item.get("event_selectors"), item.get("advanced_event_selectors"))
    return Trail(
        item["arn"],
        item["account"],
        item["region"],
        bool(item.get("organization")),
        bool(item.get("multi_region")),
        selectors=((None, chosen),) if chosen else (),
    )
