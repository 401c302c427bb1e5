"""What stands in the store after pulls and after a user's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analytics import configured
from ingest.topology.document import Document, Link, Told, Trail, decode, encode
from ingest.topology.shelf import add, documents, store_pulled
from stormtrail.cli import run
from stormtrail.errors import ExitCode, InputError
from stormtrail.layout import Layout
from tests.ingest.topology.conftest import GROUP, READER, ROUTER, TRAIL

FILTERS = Told("123456789012", "eu-west-1", "logs:DescribeSubscriptionFilters")
ELSEWHERE = Told("123456789012", "us-east-1", "logs:DescribeSubscriptionFilters")
TRAILS = Told("123456789012", "eu-west-1", "cloudtrail:DescribeTrails")


def link(target: str, told: Told | None = None) -> Link:
    return Link(source=GROUP, target=target, told=told)


def pull_at(
    hour: int, calls: tuple[Told, ...], *links: Link, trail: Trail | None = None
) -> Document:
    taken = f"2026-03-01T{hour:02}:00:00Z"
    trails = (trail,) if trail else ()
    return Document(taken_at=taken, calls=calls, links=links, trails=trails)


def targets(layout: Layout) -> set[str]:
    return {found.target for found in configured.read(layout).links}


def test_a_link_that_is_no_longer_told_goes_with_the_older_pull(layout: Layout) -> None:
    store_pulled(layout, pull_at(1, (FILTERS,), link(ROUTER, FILTERS)))
    newest = store_pulled(layout, pull_at(2, (FILTERS,), link(READER, FILTERS)))
    assert targets(layout) == {READER}
    assert list(layout.topology.iterdir()) == [newest]


def test_a_link_whose_call_was_denied_this_time_stays_as_it_was_known(layout: Layout) -> None:
    store_pulled(layout, pull_at(1, (FILTERS, TRAILS), link(ROUTER, FILTERS)))
    store_pulled(layout, pull_at(2, (TRAILS,)))
    assert targets(layout) == {ROUTER}


def test_regions_that_are_pulled_one_after_the_other_are_both_known(layout: Layout) -> None:
    store_pulled(layout, pull_at(1, (FILTERS,), link(ROUTER, FILTERS)))
    store_pulled(layout, pull_at(2, (ELSEWHERE,), link(READER, ELSEWHERE)))
    assert targets(layout) == {ROUTER, READER}


def test_selectors_that_were_denied_this_time_stay_as_they_were_known(layout: Layout) -> None:
    rules: list[dict[str, object]] = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    bare = Trail(arn=TRAIL, account="123456789012", region="eu-west-1", told=TRAILS)
    full = Trail(
        arn=TRAIL, account="123456789012", region="eu-west-1", event_selectors=rules, told=TRAILS
    )
    store_pulled(layout, pull_at(1, (TRAILS,), trail=full))
    store_pulled(layout, pull_at(2, (TRAILS,), trail=bare))
    known = configured.read(layout).trails[TRAIL]
    assert [list(chosen.rules) for _, chosen in known.selectors] == [rules]


def test_a_users_file_is_checked_and_kept_in_the_form_that_the_analysis_reads(
    layout: Layout, tmp_path: Path
) -> None:
    file = tmp_path / "my links.json"
    file.write_text(json.dumps({"links": [{"source": f"{GROUP}:*", "target": f"{ROUTER}:live"}]}))
    assert add(layout, file) == layout.topology / "added-my_links.json"
    assert list(documents(layout).values()) == [Document(links=(link(ROUTER),))]
    assert targets(layout) == {ROUTER}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "Input data was truncated"),
        ("[]", "Expected `object`, got `array`"),
        ('{"links": [{"source": "arn:aws:s3:::a"}]}', "missing required field `target`"),
        ('{"links": [{"source": "arn:aws:s3:::a", "target": 3}]}', "$.links[0].target"),
        ('{"links": [{"source": "arn:aws:s3:::a", "target": "router"}]}', "'router' is no ARN"),
        ('{"lins": []}', "unknown field `lins`"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(
    layout: Layout, tmp_path: Path, content: str, what: str
) -> None:
    file = tmp_path / "links.json"
    file.write_text(content)
    with pytest.raises(InputError) as raised:
        add(layout, file)
    assert raised.value.where == str(file)
    assert what in raised.value.what
    assert not layout.topology.exists()


def test_a_document_is_the_same_after_a_round_through_its_file() -> None:
    document = pull_at(1, (FILTERS,), link(ROUTER, FILTERS))
    assert decode(encode(document), "file") == document


def test_show_prints_what_is_known_and_who_told_it(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    store_pulled(layout, pull_at(1, (FILTERS,), link(ROUTER, FILTERS)))
    assert run(["topology", "show", "--json", "--store", str(layout.root)]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == [
        {
            "source": GROUP,
            "target": ROUTER,
            "batch_size": None,
            "pattern": None,
            "told_by": "logs:DescribeSubscriptionFilters",
            "file": "pulled-20260301T010000Z.json",
        }
    ]


def test_show_tells_a_store_without_links_from_none(
    layout: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show = ["topology", "show", "--json", "--store"]
    assert run([*show, str(layout.root)]) == ExitCode.UNREADABLE
    (tmp_path / "none.json").write_text('{"Records": []}')
    assert run(["ingest", str(tmp_path / "none.json"), "--store", str(layout.root)]) == 0
    capsys.readouterr()
    assert run([*show, str(layout.root)]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == []
