"""One reader of CloudTrail archives a function: `python -m benchmarks.ingest_contenders NAME IN OUT`.

Each turns the archive at IN into Parquet with zstd at OUT: the received columns, and those derived
ones that its language makes plain (`DERIVED`). Ours makes all of `ingest.schema` and also drops
duplicates and keeps a ledger; what the others leave out is to their advantage.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ingest.schema import BOOLEAN_FIELDS, JSON_FIELDS, TEXT_FIELDS, TIME_FIELD

DERIVED = {
    "identity_type": ("userIdentity", "type"),
    "identity_arn": ("userIdentity", "arn"),
    "identity_account_id": ("userIdentity", "accountId"),
    "identity_user_name": ("userIdentity", "userName"),
    "access_key_id": ("userIdentity", "accessKeyId"),
    "invoked_by": ("userIdentity", "invokedBy"),
    "role_arn": ("userIdentity", "sessionContext", "sessionIssuer", "arn"),
    "caller_function_arn": ("userIdentity", "inScopeOf", "credentialsIssuedTo"),
    "function_arn": ("resources", 0, "ARN"),
    "function_version": ("additionalEventData", "functionVersion"),
    "code_ran": ("additionalEventData", "customerEniId"),
    "invocation_type": ("requestParameters", "invocationType"),
    "trigger_arn": ("requestParameters", "sourceArn"),
    "trigger_account": ("requestParameters", "sourceAccount"),
    "bucket_name": ("requestParameters", "bucketName"),
    "object_key": ("requestParameters", "key"),
    "issued_access_key_id": ("responseElements", "credentials", "accessKeyId"),
    "issued_session": ("requestParameters", "roleSessionName"),
}
"""Derived column -> path in the record."""

_MAX_OBJECT = 1 << 28
_FILES_AT_ONCE = 200


def ours(archive: Path, out: Path) -> None:
    """This project, into a new store."""
    from ingest.pipeline import ingest
    from stormtrail.layout import Layout

    ingest([str(archive)], Layout(out))


def duckdb(archive: Path, out: Path) -> None:
    """DuckDB's read_json, sub-objects as JSON text, paths taken from those."""
    import duckdb as engine

    types = dict.fromkeys(TEXT_FIELDS.values(), "varchar")
    types |= {TIME_FIELD: "timestamp", **dict.fromkeys(BOOLEAN_FIELDS.values(), "boolean")}
    types |= dict.fromkeys(JSON_FIELDS.values(), "json")
    struct = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    paths = ", ".join(
        f"r.\"{field}\"->>'{_json_path(rest)}' as {name}"
        for name, (field, *rest) in DERIVED.items()
    )
    engine.execute(f"set threads = {_cores()}")
    engine.execute(
        f'copy (with records as (select unnest("Records") as r from read_json('  # noqa: S608
        f"'{archive}/**/*.json.gz', columns = {{'Records': 'struct({struct})[]'}}, "
        f"format = 'unstructured', maximum_object_size = {_MAX_OBJECT})) "
        f"select r.*, {paths} from records) to '{out}' (format parquet, compression zstd)"
    )


def _json_path(parts: list[Any]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def chdb(archive: Path, out: Path) -> None:
    """ClickHouse in process: the file's JSON as text, its records by JSONExtract."""
    import chdb as engine

    kinds = dict.fromkeys(TEXT_FIELDS.values(), "Nullable(String)")
    kinds |= dict.fromkeys(BOOLEAN_FIELDS.values(), "Nullable(Bool)")
    texts = ", ".join(
        f"JSONExtract(r, '{name}', '{kind}') as {name}" for name, kind in kinds.items()
    )
    raws = ", ".join(f"JSONExtractRaw(r, '{name}') as {name}" for name in JSON_FIELDS.values())
    paths = ", ".join(
        f"JSONExtractString({field}, {_arguments(rest)}) as {name}"
        for name, (field, *rest) in DERIVED.items()
    )
    engine.query(
        f"select {texts}, {raws}, {paths}, "  # noqa: S608
        f"parseDateTimeBestEffort(JSONExtractString(r, '{TIME_FIELD}')) as event_time "
        f"from (select arrayJoin(JSONExtractArrayRaw(line, 'Records')) as r "
        f"from file('{archive}/**/*.json.gz', 'LineAsString', 'line String')) "
        f"into outfile '{out}' format Parquet settings max_threads = {_cores()}, "
        f"output_format_parquet_compression_method = 'zstd'"
    )


def _arguments(parts: list[Any]) -> str:
    # ClickHouse counts elements from 1
    return ", ".join(str(part + 1) if isinstance(part, int) else f"'{part}'" for part in parts)


def polars(archive: Path, out: Path) -> None:
    """polars: it cannot leave sub-objects as text, so records are split before, in its favour."""
    import msgspec
    import polars as engine  # type: ignore[import-not-found]

    fields = (*TEXT_FIELDS.values(), TIME_FIELD, *BOOLEAN_FIELDS.values(), *JSON_FIELDS.values())
    decode = msgspec.json.Decoder(dict[str, list[msgspec.Raw]]).decode
    out.mkdir()
    for number, texts in enumerate(_chunks(archive)):
        lines = [bytes(raw).decode() for text in texts for raw in decode(text)["Records"]]
        record = engine.col("r").str
        columns = [record.json_path_match(f"$.{name}").alias(name) for name in fields]
        columns += [
            record.json_path_match(_json_path(list(path))).alias(name)
            for name, path in DERIVED.items()
        ]
        frame = engine.DataFrame({"r": lines}).select(columns)
        frame.write_parquet(out / f"{number}.parquet", compression="zstd")


def floor(archive: Path, out: Path) -> None:
    """isal gunzip and a simdjson parse of every file, and pyarrow's write of the same columns to Parquet.

    No values are taken out of the parsed documents: the columns are made before, and nobody can be quicker.
    """
    import pyarrow.parquet as pq
    import simdjson

    from ingest.inflate import inflate

    made = out.with_suffix(".made")
    ours(archive, made)
    files, parser = list(_objects(archive)), simdjson.Parser()
    before = _cpu_seconds()
    for file in files:
        parser.parse(inflate(file.reader.read(file.location, _MAX_OBJECT), _MAX_OBJECT).data)
    cpu = _cpu_seconds() - before
    for path in sorted(made.rglob("*.parquet")):
        rows = pq.read_table(path, partitioning=None)
        target = out / path.relative_to(made)
        target.parent.mkdir(parents=True, exist_ok=True)
        before = _cpu_seconds()
        pq.write_table(rows, target, compression="zstd")
        cpu += _cpu_seconds() - before
    shutil.rmtree(made)
    _measured["cpu"] = cpu


_measured: dict[str, float] = {}
"""What a contender measures of itself in place of the whole process."""


def _chunks(archive: Path) -> Iterator[list[bytes]]:
    """Plain texts of some files at a time, gunzipped by isal."""
    from ingest.inflate import inflate

    paths = sorted(archive.rglob("*.json.gz"))
    for start in range(0, len(paths), _FILES_AT_ONCE):
        some = paths[start : start + _FILES_AT_ONCE]
        yield [inflate(path.read_bytes(), _MAX_OBJECT).data for path in some]


def _objects(archive: Path) -> Iterator[Any]:
    from ingest.sources.base import Selection
    from ingest.sources.folder import Folder

    return Folder(archive, Selection()).objects()


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0))


def _memory() -> int:
    """Bytes that this process, or the largest of its children, held at most.

    Not ru_maxrss of this process: that begins with what its parent held.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    own = int(status.partition("VmHWM:")[2].split()[0])
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {
    "ours": ours,
    "duckdb": duckdb,
    "chdb": chdb,
    "polars": polars,
    "floor": floor,
}

if __name__ == "__main__":
    CONTENDERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    sys.stdout.write(json.dumps({"memory": _memory(), **_measured}))
