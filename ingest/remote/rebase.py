"""A batch that was made on an older state of a shared store -> the same on the state of now.

What another writer committed since then is dropped from it: files that the other loaded too, and
entries that are in already. What is left gets ids that nobody has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.dedupe import DayKeys, by_first_half, entry_keys
from ingest.ledger import Batch, SourceRow
from ingest.remote.ledger import MirrorLedger
from ingest.store import file_keys
from ingest.writer import Place, write_file
from stormtrail.layout import EventFile


class Others:
    """What other writers added since this run began: their entries' keys, by day."""

    def __init__(self, ledger: MirrorLedger, root: Path) -> None:
        self._ledger = ledger
        self._root = root
        self._known = {path for path, _ in ledger.files_by_day()}
        self._waiting: dict[str, list[str]] = defaultdict(list)
        self._keys: dict[str, DayKeys] = defaultdict(DayKeys)
        self._last_batch = ledger.next_ids()[1] - 1

    def learn(self) -> None:
        """Looks for files that came since the last look. The mirror is held."""
        for path, day in self._ledger.files_by_day():
            if path not in self._known:
                self._known.add(path)
                self._waiting[day].append(path)

    def own(self, paths: Iterable[str]) -> None:
        """Says that files are this run's own, whose entries it knows."""
        self._known.update(paths)

    def loaded(self, source: SourceRow) -> bool:
        """Whether another writer loaded the file meanwhile."""
        if source.etag is not None:
            return self._ledger.has(source.uri, source.etag)
        return self._ledger.loaded_after(source.uri, self._last_batch)

    def keys_of(self, day: str) -> DayKeys:
        """The keys of a day that others added; reads what is not read yet. The mirror is held."""
        known, committed = self._keys[day], set(self._ledger.files_of_day(day))
        for path in self._waiting.pop(day, ()):
            if path in committed:  # else it was replaced, and that file waits too
                keys = file_keys(self._root / path)
                known.add(keys[by_first_half(keys)])
        return known


@dataclass(frozen=True)
class Rebased:
    """The batch as it is to be committed, and where its files are staged, by their paths."""

    batch: Batch
    staged: Mapping[str, Path]


def rebase(
    batch: Batch,
    staged: Callable[[str], Path],
    others: Others,
    ids: tuple[int, int],
    folder: Path,
) -> Rebased:
    """The batch without what others added, with the next free (source id, batch id) from `ids` on.

    `staged` says where a file of the batch is; `folder` takes those that have to be written anew.
    """
    kept = [source for source in batch.sources if not others.loaded(source)]
    move = _Move.of(batch, kept, ids, others)
    files: list[EventFile] = []
    places: dict[str, Path] = {}
    for part, file in enumerate(batch.files):
        now, path = move.file(file, staged(file.path), Place(folder, move.batch_id, part))
        if now.rows:
            files.append(now)
            places[now.path] = path
    rejects = {move.ids[old]: found for old, found in batch.rejects.items() if old in move.ids}
    sources = [move.source(source) for source in kept]
    return Rebased(
        replace(batch, id=move.batch_id, sources=sources, files=files, rejects=rejects), places
    )


@dataclass(frozen=True)
class _Move:
    """Old source ids to new ones, and how many rows of each old id were dropped so far."""

    ids: Mapping[int, int]
    batch_id: int
    whole: bool
    others: Others
    dropped: Counter[int]

    @classmethod
    def of(
        cls, batch: Batch, kept: Sequence[SourceRow], free: tuple[int, int], others: Others
    ) -> _Move:
        old = [source.id for source in kept]
        shift = max(0, free[0] - min(old, default=0))
        stays = shift == 0 and batch.id >= free[1] and len(old) == len(batch.sources)
        new = old if stays else range(free[0], free[0] + len(old))
        batch_id = batch.id if stays else free[1]
        return cls(dict(zip(old, new, strict=True)), batch_id, stays, others, Counter())

    def file(self, file: EventFile, path: Path, place: Place) -> tuple[EventFile, Path]:
        """The file as it is to be, and where that stands; the same where nothing changes."""
        known = self.others.keys_of(file.event_day)
        if self.whole and not len(known):
            return file, path
        table = pq.read_table(path, partitioning=None)
        ids = table.column("source_id").to_numpy()
        new = np.isin(ids, np.array(sorted(self.ids), ids.dtype))
        keys = entry_keys(table)
        order = by_first_half(keys)
        new[order] &= ~known.contains(keys[order])
        if self.whole and new.all():
            return file, path
        self.dropped.update(Counter(ids[~new].tolist()))
        return self._written(table.filter(pa.array(new)), file.event_day, place)

    def _written(self, table: Any, event_day: str, place: Place) -> tuple[EventFile, Path]:
        old = table.column("source_id").to_numpy()
        column = table.schema.get_field_index("source_id")
        ids = pa.array([self.ids[one] for one in old.tolist()], table.schema.field(column).type)
        place.folder.mkdir(exist_ok=True)
        moved = table.set_column(column, table.schema.field(column), ids)
        return write_file([moved], event_day, place), place.file(event_day)

    def source(self, source: SourceRow) -> SourceRow:
        gone = self.dropped[source.id]
        return replace(
            source,
            id=self.ids[source.id],
            inserted=source.inserted - gone,
            duplicates=source.duplicates + gone,
        )
