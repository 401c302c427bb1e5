"""What several verbs share: their options, the analysis with its settings, writing a result."""

from __future__ import annotations

import math
import sys
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from stormtrail.console import emit_bytes, note, stages
from stormtrail.errors import InputError, UsageError
from stormtrail.settings import Settings, nearest
from stormtrail.stores import refresh

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from analytics.aside import Detection
    from analytics.engines.base import Opener
    from analytics.findings import Findings


def moment(text: str) -> datetime:
    """The time that a flag gives, in any form of ISO 8601, as the environment may; without an offset it is UTC."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time; write 2026-01-31 or 2026-01-31T10:00Z"
        ) from None


StoreFlag = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="DIR",
        help="The store: a folder, or s3://bucket/prefix [default: ./stormtrail-store].",
    ),
]
SinceFlag = Annotated[
    datetime | None,
    typer.Option("--since", parser=moment, metavar="TIME", help="From this minute on (UTC)."),
]
UntilFlag = Annotated[
    datetime | None,
    typer.Option("--until", parser=moment, metavar="TIME", help="Before this minute (UTC)."),
]
OutFlag = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Write to this file instead of stdout."),
]

EngineFlag = Annotated[
    str,
    typer.Option(
        "--engine", metavar="NAME", help="What does the work: duckdb (this machine) or spark."
    ),
]
MasterFlag = Annotated[
    str | None,
    typer.Option(
        "--master",
        metavar="URL",
        help="The Spark cluster, as in spark://host:7077 [default: Spark's own setting].",
    ),
]

_Chosen = TypeVar("_Chosen")


def chosen(name: str, value: str, known: dict[str, _Chosen]) -> _Chosen:
    """What `value` stands for among the known ones; UsageError names them."""
    if value not in known:
        raise UsageError(f"{value!r} is not known", where=f"--{name}", hint=nearest(value, known))
    return known[value]


def analysed(settings: Settings, engine: AbstractContextManager[Opener] | None = None) -> Findings:
    """The findings of the store with these settings, with a bar on stderr; an `engine` makes the rollups anew,
    and is entered once there is a store. None: those of the last analysis, if nothing has changed since."""
    from analytics import aside

    require_store(settings)
    refresh(settings.layout)
    with aside.detection(settings.layout) as detection:
        if engine is not None:
            detection.start()  # before what is slow to import
        findings = _analysed(settings, engine, detection)
    from analytics.warehouse import publish_rollups  # slow to import: the detection began before

    publish_rollups(settings.layout)
    return findings


def _analysed(
    settings: Settings, engine: AbstractContextManager[Opener] | None, detection: Detection
) -> Findings:
    from analytics import kept
    from analytics.analysis import analyze
    from analytics.engines.chosen import ENGINES

    options = analysis_options(settings)

    def made() -> Findings:
        with stages("analysing") as say, engine or ENGINES["duckdb"]() as opened:
            return analyze(settings.layout, options, say, opened, detection)

    told = kept.told(options)
    if engine is None:
        return kept.findings(settings.layout, told, made)
    findings = made()
    kept.keep(settings.layout, told, findings)
    return findings


def require_store(settings: Settings) -> None:
    """Raises InputError where nothing was ever ingested into the store."""
    if not settings.layout.ledger.exists():
        hint = "run `stormtrail ingest SOURCE --store …` first"
        raise InputError("there is no store here", where=str(settings.store), hint=hint)


def analysis_options(settings: Settings) -> Any:
    """AnalysisOptions of the settings; UsageError names a setting that the analysis lacks."""
    from analytics.options import AnalysisOptions
    from analytics.usage import Assumptions

    given: dict[str, Any] = dict(settings.analysis)
    if "assumptions" in given:
        given["assumptions"] = _made(Assumptions, given["assumptions"], "analysis.assumptions")
    given |= {
        name: getattr(settings, name) for name in ("since", "until") if getattr(settings, name)
    }
    if settings.prices:
        given["prices"] = settings.prices
    return _made(AnalysisOptions, given, "analysis")


def _made(kind: type[Any], given: dict[str, Any], place: str) -> Any:
    """A value of the dataclass; UsageError for a name that it lacks or what is no amount."""
    known = {field.name: field for field in fields(kind)}
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"no such setting: {place}.{name}", hint=nearest(name, known))
        if isinstance(known[name].default, (int, float)) and not _is_amount(value):
            raise UsageError(f"setting {place}.{name}: should be a number, 0 or more")
    return kind(**given)


def _is_amount(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value < math.inf


def deliver(content: bytes, out: Path | None, what: str) -> None:
    """Writes `content` to the file, or to stdout where there is none."""
    if out is None:
        emit_bytes(content)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot be written ({error.strerror})", where=str(out)) from error
    note(f"{what} written to {out}")


def piped() -> bool:
    """Whether stdout is not a terminal."""
    return not sys.stdout.isatty()
