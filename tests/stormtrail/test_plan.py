"""`plan` and `prices` as a user meets them, on the store of a simulated storm."""

from __future__ import annotations

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from cfnlint.api import lint_all

from ingest.pipeline import IngestOptions, ingest
from simulation import build, simulate, write_archive
from simulation.organization import Organization
from stormtrail.cli import run
from stormtrail.errors import ExitCode
from stormtrail.layout import Layout
from tests.analytics.played import one_router, several


def made(organization: Organization, folder: Path) -> Path:
    write_archive(simulate(organization, 1), folder / "archive")
    ingest([str(folder / "archive")], Layout(folder / "store"), IngestOptions(workers=0))
    return folder / "store"


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(one_router(1), tmp_path_factory.mktemp("storm"))


@pytest.fixture(scope="module")
def shared_group(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(several(1), tmp_path_factory.mktemp("several"))


@pytest.fixture(scope="module")
def cured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(build("stream_cure", 1), tmp_path_factory.mktemp("cured"))


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def name(organization: Organization) -> str:
    [stage, *_] = organization.sources[0].stages
    return stage.function.name if stage.function else ""


def planned(store: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    code = run(["plan", "--store", str(store), "--format", "json", *arguments])
    assert code == ExitCode.DONE
    return json.loads(capsys.readouterr().out)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_plan_writes_two_templates_that_pass_the_linter_and_the_steps(
    storm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = planned(storm, "--out", "cure", capsys=capsys)
    assert files(tmp_path / "cure") == ["1-stream.yaml", "2-feed.yaml", "STEPS.md"]
    for path in (tmp_path / "cure").rglob("*.yaml"):
        assert [str(m) for m in lint_all(path.read_text()) if m.rule.id[0] in "EW"] == []
    [move] = told["moves"]
    [template] = (tmp_path / "cure").rglob("1-stream.yaml")
    resources = yaml.safe_load(template.read_text())["Resources"].values()
    [mapping] = [r for r in resources if r["Type"] == "AWS::Lambda::EventSourceMapping"]
    written = mapping["Properties"]
    batch = move["batch"]
    assert (written["BatchSize"], written["MaximumBatchingWindowInSeconds"]) == (
        batch["size"],
        batch["window_seconds"],
    )


def test_plan_writes_terraform_when_asked(
    storm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(storm, "--as", "terraform", "--out", "cure", capsys=capsys)
    assert files(tmp_path / "cure") == ["STEPS.md", "main.tf", "main.tf"]


def test_what_if_predicts_with_the_given_batch_and_writes_nothing(
    storm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promised = storm / "promises.json"
    promised.unlink(missing_ok=True)
    told = planned(storm, "--what-if", "--batch", "50", "--window", "20", capsys=capsys)
    assert told["moves"][0]["batch"] == {"size": 50, "window_seconds": 20, "shards": 1}
    assert told["moves"][0]["entries_per_run"] < 50
    assert told["after"]["spectral_radius"] < 0.1 < told["before"]["spectral_radius"]
    assert list(tmp_path.iterdir()) == []
    assert not promised.exists()


def test_a_plan_is_kept_so_that_an_analysis_can_tell_what_came_of_it(
    storm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "copy"
    shutil.copytree(storm, store)
    told = planned(store, capsys=capsys)
    assert json.loads((store / "promises.json").read_text()) == told["moves"]


def test_what_was_promised_is_told_beside_what_came(
    storm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "copy"
    shutil.copytree(storm, store, ignore=shutil.ignore_patterns("promises.json"))
    assert run(["plan", "--store", str(store), "--promised"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert (shown.out, "nothing was promised" in shown.err) == ("", True)
    planned(store, capsys=capsys)
    assert run(["plan", "--store", str(store), "--promised"]) == ExitCode.DONE
    assert "still starts it as before" in capsys.readouterr().out


def test_after_the_move_analyze_and_the_report_say_what_was_promised_and_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The organization that moved its router behind a stream, planned before and analysed after."""
    organization = build("moved_behind_stream", 1)
    store, moved = made(organization, tmp_path), organization.sources[1].since
    # a storm so small that only a dear trail makes a stream worth while
    monkeypatch.setenv("STORMTRAIL_PRICES", '{"cloudtrail.data_event": 5}')
    before = f"{organization.start + timedelta(hours=moved - 0.1):%Y-%m-%dT%H:%M}"
    batch = ("--batch", "200", "--window", "60")
    told = planned(store, *batch, "--until", before, capsys=capsys)
    [promise] = told["moves"]
    for arguments in (["analyze"], ["analyze", "--format", "md"], ["report", "--format", "html"]):
        assert run([*arguments, "--store", str(store)]) == ExitCode.DONE
        shown = capsys.readouterr().out
        [numbers] = re.findall(r"log-router-\d+: promised (.*?); came (.*?)[\n<]", shown)
        assert numbers[0].startswith(f"{promise['entries_per_run']:.4g} entries a run, s ")
        promised, came = (float(re.findall(r"s ([\d.]+)", text)[0]) for text in numbers)
        # planned at night; in the morning more comes, batches are larger, and s is smaller still
        assert promised / 2 < came < promised < 1.8


def test_one_function_can_be_named_without_its_arn(
    shared_group: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = name(several(1))
    alone = planned(shared_group, wanted, "--what-if", capsys=capsys)
    together = planned(shared_group, "--what-if", capsys=capsys)
    assert [item["function"].rpartition(":")[2] for item in alone["moves"]] == [wanted]
    assert len(together["moves"]) == 3
    [one], [all_] = alone["after"]["s"].values(), together["after"]["s"].values()
    assert all_ < one / 5


def test_functions_of_one_group_get_one_stream_with_a_mapping_each(
    shared_group: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(shared_group, "--out", "cure", capsys=capsys)
    [template] = (tmp_path / "cure").rglob("1-stream.yaml")
    kinds = [r["Type"] for r in yaml.safe_load(template.read_text())["Resources"].values()]
    assert kinds.count("AWS::Kinesis::Stream") == 1
    assert kinds.count("AWS::Lambda::EventSourceMapping") == 3


def test_a_function_that_needs_no_cure_is_told_so_and_nothing_is_written(
    cured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", "--store", str(cured)]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "needs no cure" in shown.err
    assert "nothing was written" in shown.err
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_logs_itself_is_told_to_be_cured_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = made(build("self_logging_bucket", 1), tmp_path / "bucket")
    assert run(["plan", "--store", str(store), "--out", "cure"]) == ExitCode.DONE
    shown = capsys.readouterr()
    assert "by hand: the trail records the delivery of its own files" in shown.err
    assert (shown.out, (tmp_path / "cure").exists()) == ("", False)


def test_a_role_and_member_accounts_go_into_the_template(
    storm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--role", f"{name(one_router(1))}=its-role", "--member-account", "999999999999"]
    planned(storm, *given, "--out", "cure", capsys=capsys)
    [template] = (tmp_path / "cure").rglob("1-stream.yaml")
    text = template.read_text()
    assert 'Default: "its-role"' in text
    assert "999999999999" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-function"], "no log source starts a function 'no-such-function'"),
        (["--batch", "0"], "--batch: 0 is out of range; give 1 to 10000"),
        (["--window", "301"], "--window: 301 is out of range; give 0 to 300"),
        (["--as", "pulumi"], "--as: 'pulumi' is not known"),
        (["--role", "router"], "--role: 'router' is not known"),
    ],
)
def test_wrong_use_of_plan_is_one_line_and_exit_2(
    storm: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", "--store", str(storm), *arguments]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert says in shown.err


def test_an_organization_that_is_none_stops_the_plan_before_anything_is_written(
    storm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--organization", "o-${x}", "--out", "cure"]
    assert run(["plan", "--store", str(storm), *arguments]) == ExitCode.USAGE
    assert "this is no organization id: 'o-${x}'" in capsys.readouterr().err
    assert not (tmp_path / "cure").exists()


def test_plan_without_a_store_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--store", "nowhere"]) == ExitCode.UNREADABLE
    assert "stormtrail ingest" in capsys.readouterr().err


def test_the_least_policy_needs_no_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--iam", "--archive", "s3://trail-files/AWSLogs"]) == ExitCode.DONE
    policy = json.loads(capsys.readouterr().out)
    assert policy["Version"] == "2012-10-17"
    assert run(["plan", "--iam"]) == ExitCode.USAGE
    delivered = ["--deliver", "s3://reports-1/daily"]
    assert run(["plan", "--iam", "--archive", "s3://trail-files", *delivered]) == ExitCode.DONE
    assert "s3:PutObject" in capsys.readouterr().out


def test_prices_show_every_price_as_table_json_and_toml(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = []
    for form in ("table", "json", "toml"):
        assert run(["prices", "show", "--format", form]) == ExitCode.DONE
        shown.append(capsys.readouterr().out)
    names = {item["name"] for item in json.loads(shown[1])["prices"]}
    assert len(names) > 20
    for text in shown:
        assert [item for item in names if item not in text] == []


def test_your_price_is_the_one_that_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STORMTRAIL_PRICES", '{"logs.ingest": 0.25}')
    assert run(["prices", "show", "--format", "json"]) == ExitCode.DONE
    prices = json.loads(capsys.readouterr().out)["prices"]
    [found] = [item for item in prices if item["name"] == "logs.ingest"]
    assert (found["usd"], found["source"]) == (0.25, "your settings")


def test_a_refresh_that_cannot_reach_the_list_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    refused = "http://127.0.0.1:1"
    assert run(["prices", "refresh", "--endpoint-url", refused]) == ExitCode.UNREADABLE
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert "price list unreachable" in shown.err
