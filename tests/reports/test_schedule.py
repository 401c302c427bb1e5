"""Schedules with a clock of their own; crashes are real exceptions at chosen steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reports.cron import Cron
from reports.delivery import Parcel
from reports.journal import Journal, only_one
from reports.schedule import Schedule, World
from stormtrail.errors import DeliveryError, InputError, StoreError
from stormtrail.layout import Layout

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Clock:
    """Time passes only by waiting."""

    at: datetime = START
    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)


@dataclass
class Box:
    """A target that counts, and fails or crashes as told."""

    name: str
    repeatable: bool = True
    troubles: list[BaseException] = field(default_factory=list)
    crash_after: bool = False
    got: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.label = self.identity = self.name

    def send(self, parcel: Parcel) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.got.append(parcel.key)
        if self.crash_after:
            self.crash_after = False
            raise Crash


class Bench:
    """A store, a clock, targets, and a log."""

    def __init__(self, root: Path, *targets: Box) -> None:
        self.layout = Layout(root)
        self.clock = Clock()
        self.targets = targets
        self.log: list[str] = []
        self.made: list[datetime] = []
        self.trouble: BaseException | None = None

    def make(self, due: datetime) -> Parcel:
        self.made.append(due)
        if self.trouble:
            raise self.trouble
        return Parcel(f"{due:%d %H:%M}", "subject", ("line",), {"r.html": b"<p>"})

    def schedule(self) -> Schedule:
        """What a newly started process has."""
        world = World(self.clock.now, self.clock.wait, self.log.append)
        return Schedule(Journal(self.layout), self.make, self.targets, world)

    def run(self, expression: str, until: datetime) -> None:
        self.schedule().run(Cron(expression), lambda: self.clock.at >= until)


def test_a_schedule_runs_when_its_cron_says(tmp_path: Path) -> None:
    box = Box("a")
    Bench(tmp_path, box).run("0 */2 * * *", START + timedelta(hours=7))
    assert box.got == ["01 14:00", "01 16:00", "01 18:00"]


def test_a_restart_between_runs_neither_repeats_nor_forgets(tmp_path: Path) -> None:
    box = Box("a")
    bench = Bench(tmp_path, box)
    for hours in (3, 5, 7):
        bench.run("0 */2 * * *", START + timedelta(hours=hours))
    assert box.got == ["01 14:00", "01 16:00", "01 18:00"]


def test_what_was_missed_is_caught_up_once(tmp_path: Path) -> None:
    box = Box("a")
    bench = Bench(tmp_path, box)
    bench.run("0 */2 * * *", START + timedelta(hours=3))
    bench.clock.at = START + timedelta(days=3, minutes=5)
    bench.run("0 */2 * * *", START + timedelta(days=3, hours=1))
    assert box.got == ["01 14:00", "04 12:00"]


def test_the_first_start_waits_for_the_first_due_time(tmp_path: Path) -> None:
    box = Box("a")
    Bench(tmp_path, box).run("0 13 * * *", START + timedelta(minutes=30))
    assert box.got == []


def test_a_crash_between_two_deliveries_sends_each_once(tmp_path: Path) -> None:
    first, second = Box("a", repeatable=False), Box("b", troubles=[Crash()])
    bench = Bench(tmp_path, first, second)
    with pytest.raises(Crash):
        bench.run("0 13 * * *", START + timedelta(hours=2))
    bench.run("0 13 * * *", START + timedelta(hours=2))
    assert (first.got, second.got) == (["01 13:00"], ["01 13:00"])
    assert len(bench.made) == 1


def test_a_crash_right_after_a_mail_left_does_not_send_it_twice(tmp_path: Path) -> None:
    box = Box("a", repeatable=False, crash_after=True)
    bench = Bench(tmp_path, box)
    with pytest.raises(Crash):
        bench.run("0 13 * * *", START + timedelta(hours=2))
    bench.run("0 13 * * *", START + timedelta(hours=2))
    assert box.got == ["01 13:00"]
    assert bench.log[-1] == ("01 13:00: may have reached a before the interruption, not sent again")


def test_a_crash_while_writing_a_file_writes_it_again(tmp_path: Path) -> None:
    box = Box("a", repeatable=True, crash_after=True)
    bench = Bench(tmp_path, box)
    with pytest.raises(Crash):
        bench.run("0 13 * * *", START + timedelta(hours=2))
    bench.run("0 13 * * *", START + timedelta(hours=2))
    assert box.got == ["01 13:00", "01 13:00"]


def test_a_crash_while_the_report_is_made_makes_it_again(tmp_path: Path) -> None:
    box = Box("a")
    bench = Bench(tmp_path, box)
    bench.trouble = Crash()
    with pytest.raises(Crash):
        bench.run("0 13 * * *", START + timedelta(hours=2))
    bench.trouble = None
    bench.run("0 13 * * *", START + timedelta(hours=2))
    assert box.got == ["01 13:00"]
    assert len(bench.made) == 2


def test_a_failed_delivery_is_tried_again_with_longer_waits_and_each_try_is_told(
    tmp_path: Path,
) -> None:
    box = Box("a", troubles=[DeliveryError("answered 503", where="a")] * 2)
    bench = Bench(tmp_path, box)
    assert bench.schedule().once(START)
    assert bench.clock.waits == [2.0, 10.0]
    assert bench.log == [
        "01 12:00: try 1 failed: a: answered 503",
        "01 12:00: try 2 failed: a: answered 503",
        "01 12:00: delivered to a (try 3)",
    ]


def test_one_target_that_fails_does_not_keep_the_others_from_theirs(tmp_path: Path) -> None:
    bad = Box("a", troubles=[DeliveryError("no", where="a", again=False)])
    good = Box("b")
    bench = Bench(tmp_path, bad, good)
    assert not bench.schedule().once(START)
    assert (bad.got, good.got) == ([], ["01 12:00"])
    assert bench.clock.waits == []


def test_a_report_that_cannot_be_made_does_not_end_the_schedule(tmp_path: Path) -> None:
    box = Box("a")
    bench = Bench(tmp_path, box)
    bench.trouble = InputError("cannot be listed", where="s3://x")
    bench.run("0 */2 * * *", START + timedelta(hours=3))
    bench.trouble = None
    bench.run("0 */2 * * *", START + timedelta(hours=5))
    assert box.got == ["01 16:00"]
    assert bench.log[0] == "failed: s3://x: cannot be listed"


def test_a_second_schedule_on_the_same_store_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(StoreError, match="another schedule is running")
    with only_one(Layout(tmp_path)), refused, only_one(Layout(tmp_path)):
        pytest.fail("both ran")


def test_a_broken_state_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "schedule").mkdir()
    (tmp_path / "schedule" / "state.json").write_text("{")
    with pytest.raises(StoreError, match=r"state\.json"):
        Journal(Layout(tmp_path))
