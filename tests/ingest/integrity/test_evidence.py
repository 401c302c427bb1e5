"""From `ingest --verify` to the report: evidence says whether it is proven."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import simulation
from ingest.sources.keys import read_key
from stormtrail.cli import run
from stormtrail.errors import ExitCode
from tests.ingest.integrity.archives import (
    Archive,
    clean_archive,
    content_of,
    key_entry,
    log_file,
    log_key,
    rsa_key,
    stamp,
)


def sign(folder: Path) -> None:
    """Puts a digest beside the log files of each account and region of one day's archive."""
    archive = Archive({str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.gz")})
    places: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for key in archive.objects:
        facts = read_key(key)
        assert facts.account and facts.region
        places[key.partition("/CloudTrail/")[0], facts.account, facts.region].append(key)
    for (above, account, region), keys in places.items():
        times = sorted(time for key in keys if (time := read_key(key).delivered_at))
        end = times[-1].replace(minute=0) + timedelta(hours=1)
        name = f"{account}_CloudTrail-Digest_{region}_main_{region}_{end:%Y%m%dT%H%M%SZ}.json.gz"
        key = f"{above}/CloudTrail-Digest/{region}/{end:%Y/%m/%d}/{name}"
        start = stamp(times[0].replace(minute=0))
        content = content_of(
            archive, 0, sorted(keys), None, awsAccountId=account, digestS3Object=key,
            digestStartTime=start, digestEndTime=stamp(end),
        )  # fmt: skip
        archive.add_digest(key, content)
    archive.put(folder)


@pytest.fixture
def findings(
    tmp_path: Path, key_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Any]]:
    """The findings of a small storm whose archive is signed, then tampered with."""
    simulation.make("one_function", 3, tmp_path, hours=2, scale=0.3)
    sign(tmp_path / "archive")

    def made(tamper: Callable[[Path], None] = lambda _folder: None, *flags: str) -> dict[str, Any]:
        tamper(tmp_path / "archive")
        store = ["--store", str(tmp_path / "store")]
        assert run(["ingest", str(tmp_path / "archive"), *store, *flags]) == ExitCode.DONE
        capsys.readouterr()
        assert run(["analyze", *store, "--format", "json"]) == ExitCode.DONE
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return made


def named(findings: dict[str, Any]) -> set[str]:
    """Every event id that the findings point at."""
    groups = ("chains", "loops", "anomalies", "recommendations")
    ids = {found for group in groups for item in findings[group] for found in item["evidence"]}
    return ids | {loop["cause"]["event_id"] for loop in findings["loops"] if loop["cause"]}


def test_evidence_is_unproven_where_nobody_verified(
    findings: Callable[..., dict[str, Any]],
) -> None:
    found = findings()
    assert found["integrity"] == dict.fromkeys(named(found), "unproven")
    assert len(found["integrity"]) > 3


def test_evidence_is_proven_but_for_what_was_tampered_with_and_the_report_says_so(
    findings: Callable[..., dict[str, Any]], tmp_path: Path, key_file: Callable[..., Path]
) -> None:
    changed: set[str] = set()

    def forge(folder: Path) -> None:
        """Adds a word to every record of the first file of the function's account."""
        path = min(folder.rglob("*_CloudTrail_*.gz"), key=lambda p: (-p.stat().st_size, p))
        records = json.loads(gzip.decompress(path.read_bytes()))["Records"]
        changed.update(record["eventID"] for record in records)
        forged = {"Records": [{**record, "userAgent": "forged"} for record in records]}
        path.write_bytes(gzip.compress(json.dumps(forged).encode()))

    keys = key_file(key_entry(rsa_key(), ValidityEndTime="2027-01-01T00:00:00+00:00"))
    found = findings(forge, "--verify", "--public-keys", str(keys))
    expected = {
        event_id: "tampered" if event_id in changed else "proven" for event_id in named(found)
    }
    assert found["integrity"] == expected
    assert set(expected.values()) == {"proven", "tampered"}
    page = tmp_path / "report.html"
    run(["report", "--store", str(tmp_path / "store"), "--format", "html", "--out", str(page)])
    text = page.read_text(encoding="utf-8")
    shown = found["loops"][0]["evidence"]
    assert [
        f'<code>{event_id}</code> <span class="soft">({expected[event_id]})</span>' in text
        for event_id in shown
    ] == [True] * len(shown)


def test_the_verb_tells_the_counts_and_sql_joins_entries_to_their_files(
    tmp_path: Path, key_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    archive = clean_archive(1)
    archive.objects[log_key(0, 1)] = log_file("forged")
    archive.objects[log_key(5, 0)] = log_file("new")
    archive.put(tmp_path / "bucket")
    command = ["ingest", str(tmp_path / "bucket"), "--store", str(tmp_path / "store"), "--json"]
    command += ["--verify", "--public-keys", str(key_file())]
    assert run(command) == ExitCode.DONE
    shown = capsys.readouterr()
    assert json.loads(shown.out)["integrity"] == {"proven": 2, "unproven": 1, "tampered": 1}
    assert shown.err == (
        "files in the store: 2 proven, 1 unproven, 1 tampered: "
        "see `stormtrail sql files_not_proven`\n"
    )
    query = "select event_id, integrity from event_integrity order by event_id"
    with duckdb.connect(str(tmp_path / "store" / "stormtrail.duckdb"), read_only=True) as database:
        assert database.execute(query).fetchall() == [
            ("0-0", "proven"),
            ("0-2", "proven"),
            ("forged", "tampered"),
            ("new", "unproven"),
        ]


def test_keys_are_of_use_only_for_verification(
    tmp_path: Path, key_file: Callable[..., Path]
) -> None:
    assert run(["ingest", str(tmp_path), "--public-keys", str(key_file())]) == ExitCode.USAGE


def test_keys_that_cannot_be_read_end_it_before_anything_is_made(tmp_path: Path) -> None:
    command = ["ingest", str(tmp_path), "--store", str(tmp_path / "store"), "--verify"]
    assert run([*command, "--public-keys", str(tmp_path / "none")]) == ExitCode.UNREADABLE
    assert not (tmp_path / "store").exists()
