from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import simulation
from stormtrail.errors import UsageError
from tests.simulation.reading import read_archive

KEY = re.compile(
    r"(?P<prefix>.*/)?AWSLogs/(?P<organization>o-[a-z0-9]{10,32}/)?(?P<account>\d{12})/CloudTrail/"
    r"(?P<region>[a-z]{2}-[a-z]+-\d)/(?P<day>\d{4}/\d{2}/\d{2})/"
    r"(?P=account)_CloudTrail_(?P=region)_(?P<slot>\d{8}T\d{4}Z)_[A-Za-z0-9]{16}\.json\.gz"
)


def digest(folder: Path) -> str:
    sums = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            sums.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return sums.hexdigest()


def test_a_seed_gives_the_same_bytes_every_time(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulation.make("two_storms", seed, tmp_path / name, hours=1.0, scale=0.3)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_a_simulation_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    for seed in (4, 3):
        simulation.make("two_storms", seed, tmp_path / "again", hours=1.0, scale=0.3)
    simulation.make("two_storms", 3, tmp_path / "once", hours=1.0, scale=0.3)
    assert digest(tmp_path / "again") == digest(tmp_path / "once")


def test_an_archive_that_is_not_simulated_is_not_touched(tmp_path: Path) -> None:
    real = tmp_path / "archive" / "a.json"
    real.parent.mkdir()
    real.write_text("{}")
    with pytest.raises(UsageError, match="no simulated one"):
        simulation.make("two_storms", 3, tmp_path, hours=1.0, scale=0.3)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [real]


@pytest.mark.parametrize(
    ("kind", "prefix", "organization"),
    [("articles", None, "o-a1b2c3d4e5/"), ("duplicates", "audit/logs/", "o-a1b2c3d4e5/"),
     ("late_files", None, None)],
)  # fmt: skip
def test_keys_are_laid_out_as_in_a_real_bucket(
    kind: str, prefix: str | None, organization: str | None, tmp_path: Path
) -> None:
    simulation.make(kind, 1, tmp_path, hours=1.0, scale=0.3)
    keys = list(read_archive(tmp_path / "archive").files)
    matches = [KEY.fullmatch(key) for key in keys]
    found = {(m["prefix"], m["organization"]) if m else None for m in matches}
    assert found == {(prefix, organization)}
    assert all(m and m["day"].replace("/", "") == m["slot"][:8] for m in matches)
    assert all(m and int(m["slot"][-3:-1]) % 5 == 0 for m in matches)
    assert len(set(keys)) == len(keys)


def test_a_file_holds_records_of_its_account_and_region_from_before_its_slot_ends(
    tmp_path: Path,
) -> None:
    simulation.make("two_storms", 2, tmp_path, hours=1.0, scale=0.5)
    files = read_archive(tmp_path / "archive").files
    for key, records in files.items():
        match = KEY.fullmatch(key)
        assert match
        slot = match["slot"]
        until = f"{slot[:4]}-{slot[4:6]}-{slot[6:8]}T{slot[9:11]}:{int(slot[11:13]) + 4:02}:60Z"
        for record in records:
            place = (record["recipientAccountId"], record["awsRegion"])
            assert place == (match["account"], match["region"])
            assert record["eventTime"] < until


def test_a_gap_leaves_no_file_of_its_hours() -> None:
    run = simulation.simulate(simulation.build("gap", 1, hours=4.0, scale=0.3), 1)
    ((begin, end),) = run.organization.archiving.gaps
    slots = run.delivery.slots / 3600
    assert not ((slots >= begin) & (slots < end)).any()
    assert (slots < begin).any()
    assert (slots >= end).any()


def test_duplicates_are_the_same_record_in_another_file(tmp_path: Path) -> None:
    truth = simulation.make("duplicates", 1, tmp_path, hours=2.0, scale=0.3)
    seen: dict[str, list[tuple[str, str]]] = {}
    for key, records in read_archive(tmp_path / "archive").files.items():
        for record in records:
            seen.setdefault(record["eventID"], []).append((key, repr(record)))
    twice = [copies for copies in seen.values() if len(copies) == 2]
    assert len(twice) == truth.duplicates
    assert truth.duplicates == pytest.approx(0.21 * truth.entries, rel=0.1)
    assert all(a[0] != b[0] and a[1] == b[1] for a, b in twice)


def test_late_files_come_hours_after_their_records() -> None:
    run = simulation.simulate(simulation.build("late_files", 1, hours=2.0, scale=0.5), 1)
    waits = [(record.slot - record.time) / 3600 for record in run]
    late = [wait for wait in waits if wait > 4]
    assert 0.02 < len(late) / len(waits) < 0.2


def test_a_missing_account_is_nowhere_in_the_archive(tmp_path: Path) -> None:
    simulation.make("missing_account", 1, tmp_path, hours=2.0, scale=0.3)
    organization = simulation.build("missing_account", 1, hours=2.0, scale=0.3)
    accounts = {r["recipientAccountId"] for r in read_archive(tmp_path / "archive").records}
    missing = organization.archiving.missing_accounts
    assert len(missing) == 1
    assert accounts == {account.id for account in organization.accounts} - missing
