"""`ingest`: everything new of some sources goes into a store, each entry once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import chain

from ingest.decode import Reject
from ingest.engine import Engine, Loaded
from ingest.ledger import Batch, SourceRow, utc_text
from ingest.machine import Machine, plain_bytes
from ingest.sources.base import LogObject, S3Settings, Selection, Source
from ingest.sources.bookmarks import Bookmarks
from ingest.sources.opening import open_source
from ingest.store import Store, open_store
from ingest.work import Chunk, FileReport
from stormtrail.arrow import without_pandas
from stormtrail.errors import InputError
from stormtrail.layout import Layout

_CHUNK_OBJECTS = 2_000
_MOST_FAILURES = 20  # kinds of failures that are told


@dataclass(frozen=True)
class IngestOptions:
    """What to read and how.

    `workers` are processes: None one a core where that pays, 0 none but this. `max_file_bytes`
    bounds one file's plain size, `batch_bytes` about that of one commit. `hashed`: the ledger
    keeps each file's SHA-256, by which `ingest.integrity.mark` proves what was loaded. `relist`:
    days that earlier runs found to be all in are listed again.
    """

    since: date | None = None
    until: date | None = None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    endpoint_url: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    requester_pays: bool = False
    hashed: bool = False
    relist: bool = False
    workers: int | None = None
    max_file_bytes: int = 256 << 20
    batch_bytes: int = 96 << 20

    @property
    def settings(self) -> S3Settings:
        """How to reach S3."""
        return S3Settings(self.endpoint_url, self.profile, self.role_arn, self.requester_pays)

    @property
    def selection(self) -> Selection:
        """Which keys are wanted."""
        return Selection(self.since, self.until, self.accounts, self.regions)


@dataclass(frozen=True)
class IngestSummary:
    """What one run did. `bytes` as stored at the source; `records` = all that were found.

    `unreadable` files could not be fetched: nothing of them is in, and the next run tries again.
    """

    files: int = 0
    records: int = 0
    inserted: int = 0
    duplicates: int = 0
    rejected: int = 0
    seconds: float = 0.0
    bytes: int = 0
    unreadable: int = 0

    def to_dict(self) -> dict[str, int | float]:
        """The JSON object of `stormtrail ingest --json`; `unreadable` only where there are any."""
        found: dict[str, int | float] = asdict(self)
        return found if self.unreadable else {k: v for k, v in found.items() if k != "unreadable"}


@dataclass(frozen=True)
class Progress:
    """How far a run is: totals so far, and a note for the person who waits."""

    files: int = 0
    records: int = 0
    bytes: int = 0
    note: str | None = None


ProgressCallback = Callable[[Progress], None]


def ingest(
    sources: Sequence[str],
    layout: Layout,
    options: IngestOptions | None = None,
    progress: ProgressCallback | None = None,
    engine: Engine | None = None,
) -> IngestSummary:
    """Loads what is new in `sources` (folders, files, s3:// URLs) into the store at `layout`.

    `engine` does the work, None this machine. Killed at any moment, the same call goes on where it
    stopped. Raises InputError or AccessError where a source cannot be listed, StoreError where the
    store cannot be written.
    """
    options = options or IngestOptions()
    bookmarks = Bookmarks()
    opened = [open_source(text, options.selection, options.settings, bookmarks) for text in sources]
    return ingest_from(opened, layout, options, progress, engine, bookmarks)


def ingest_from(
    sources: Sequence[Source],
    layout: Layout,
    options: IngestOptions | None = None,
    progress: ProgressCallback | None = None,
    engine: Engine | None = None,
    bookmarks: Bookmarks | None = None,
) -> IngestSummary:
    """The same for sources that are open; `bookmarks` are theirs."""
    without_pandas()
    options, bookmarks = options or IngestOptions(), bookmarks or Bookmarks()
    engine = engine or Machine(options.workers)
    report = progress or (lambda _: None)
    waiting = Progress(note="another ingest is writing to this store: waiting for it to end")
    with open_store(layout, lambda: report(waiting)) as store:
        bookmarks.known = {} if options.relist else store.ledger.bookmarks()
        run = _Run(store, options, report, engine, bookmarks)
        summary = run.load(chain.from_iterable(engine.objects(source) for source in sources))
        store.ledger.set_bookmarks(bookmarks.settled())
        return summary


class _Run:
    """One ingest: hands out chunks to the engine, commits what it staged, counts."""

    def __init__(
        self,
        store: Store,
        options: IngestOptions,
        report: ProgressCallback,
        engine: Engine,
        bookmarks: Bookmarks,
    ) -> None:
        self._store = store
        self._options = options
        self._report = report
        self._engine = engine
        self._start = time.monotonic()
        self._started_at = utc_text(datetime.now(UTC))
        self._totals = IngestSummary()
        self._bookmarks = bookmarks
        self._under_way: set[str] = set()
        self._failures: dict[str, str] = {}

    def load(self, objects: Iterable[LogObject]) -> IngestSummary:
        """Loads the objects that the ledger does not know."""
        for loaded in self._engine.load(self._chunks(self._unknown(objects)), self._store):
            self._commit(loaded)
        unreadable = self._totals.unreadable
        if unreadable and unreadable == self._totals.files:
            hint = f"none of {unreadable:,} files could be read"
            raise InputError(next(iter(self._failures.values())), hint=hint)
        for line in self._failures.values():
            self._report(Progress(note=line))
        return self._summary()

    def _unknown(self, objects: Iterable[LogObject]) -> Iterator[LogObject]:
        """What is neither in the store nor on its way there: sources may overlap."""
        for found in objects:
            known = found.uri in self._under_way or self._store.ledger.has(found.uri, found.etag)
            if not known:
                self._under_way.add(found.uri)
                yield found

    def _chunks(self, objects: Iterable[LogObject]) -> Iterator[Chunk]:
        source_id, batch_id = self._store.ledger.next_ids()
        for group in _groups(objects, self._options.batch_bytes):
            yield Chunk(
                group,
                source_id,
                batch_id,
                self._store.staging,
                self._options.max_file_bytes,
                self._options.hashed,
            )
            source_id += len(group)
            batch_id += 1

    def _commit(self, loaded: Loaded) -> None:
        rows = list(_source_rows(loaded))
        formats = {r.format.name: r.format.missing for r in loaded.reports if r.format}
        chunk, files, rejects = loaded.chunk, loaded.files, loaded.rejects
        batch = Batch(chunk.batch_id, self._started_at, rows, files, rejects, formats)
        committed = self._store.commit(batch)
        self._under_way.difference_update(found.uri for found in chunk.objects)
        for found, file in zip(chunk.objects, loaded.reports, strict=True):
            if file.failure:
                self._failed(found, file.failure)
        self._count(committed.sources)

    def _failed(self, found: LogObject, line: str) -> None:
        """Keeps the first line of each kind of failure."""
        self._bookmarks.hold(found.uri, found.facts.day or date.min)
        if len(self._failures) < _MOST_FAILURES:
            self._failures.setdefault(line.replace(found.location, ""), line)

    def _count(self, rows: Sequence[SourceRow]) -> None:
        totals = self._totals
        self._totals = IngestSummary(
            files=totals.files + len(rows),
            records=totals.records + sum(row.records for row in rows),
            inserted=totals.inserted + sum(row.inserted for row in rows),
            duplicates=totals.duplicates + sum(row.duplicates for row in rows),
            rejected=totals.rejected + sum(row.rejected for row in rows),
            bytes=totals.bytes + sum(row.size for row in rows),
            unreadable=totals.unreadable + sum(row.etag is None for row in rows),
        )
        done = self._totals
        self._report(Progress(done.files, done.records, done.bytes))

    def _summary(self) -> IngestSummary:
        seconds = round(time.monotonic() - self._start, 3)
        return IngestSummary(**{**asdict(self._totals), "seconds": seconds})


def _groups(objects: Iterable[LogObject], batch_bytes: int) -> Iterator[tuple[LogObject, ...]]:
    """Objects in batches, bounded by estimated plain bytes and by number."""
    group: list[LogObject] = []
    left = batch_bytes
    for found in objects:
        group.append(found)
        left -= plain_bytes([found])
        if left <= 0 or len(group) == _CHUNK_OBJECTS:
            yield tuple(group)
            group, left = [], batch_bytes
    if group:
        yield tuple(group)


def _source_rows(loaded: Loaded) -> Iterator[SourceRow]:
    parts = zip(loaded.chunk.objects, loaded.reports, loaded.inserted, strict=True)
    for source_id, (found, report, inserted) in enumerate(parts, loaded.chunk.first_source_id):
        yield _source_row(source_id, found, report, inserted, loaded.rejects.get(source_id, ()))


def _source_row(
    source_id: int, found: LogObject, report: FileReport, inserted: int, rejects: Sequence[Reject]
) -> SourceRow:
    rejected_records = sum(reject.record_index is not None for reject in rejects)
    return SourceRow(
        id=source_id,
        uri=found.uri,
        etag=None if report.failure else found.etag,
        size=found.size,
        records=report.rows + rejected_records,
        inserted=inserted,
        duplicates=report.rows - inserted,
        rejected=len(rejects),
        delivered_at=found.delivered_at,
        sha256=report.sha256,
    )
