"""Now and then the ledger as it stands, so that a new mirror need not read every commit there was."""

from __future__ import annotations

import gzip
import shutil
import zlib
from pathlib import Path

from ingest.remote import documents
from ingest.remote.bucket import Bucket
from ingest.remote.ledger import MirrorLedger
from stormtrail.errors import StoreError
from stormtrail.layout import Layout

EVERY = 500  # commits
CHECKPOINTS = "checkpoints/"
_LACKS_FILES = "lacks-files"


def write(bucket: Bucket, ledger: MirrorLedger, number: int, folder: Path) -> None:
    """Writes the checkpoint of the commits up to `number`, by way of `folder`."""
    plain, packed = folder / "checkpoint.sqlite", folder / "checkpoint.sqlite.gz"
    plain.unlink(missing_ok=True)
    ledger.copy_to(plain)
    with plain.open("rb") as content, gzip.open(packed, "wb", compresslevel=1) as out:
        shutil.copyfileobj(content, out)
    bucket.put(f"{CHECKPOINTS}{number:010d}.sqlite.gz", packed)
    plain.unlink()
    packed.unlink()


def start_from_last(bucket: Bucket, layout: Layout, folder: Path) -> None:
    """Gives a mirror without a ledger the last checkpoint's, if there is one, and its documents.

    Killed anywhere, `lacks_files` says that event files are still to be fetched.
    """
    names = [found.name for found in bucket.listed(CHECKPOINTS)]
    if not names:
        return
    plain, packed = folder / "checkpoint.sqlite", folder / "checkpoint.sqlite.gz"
    bucket.fetch(names[-1], packed)
    try:
        with gzip.open(packed) as content, plain.open("wb") as out:
            shutil.copyfileobj(content, out)
    except (OSError, EOFError, zlib.error) as error:
        where, hint = f"{bucket.address.uri}/{names[-1]}", "delete it: the log holds all"
        raise StoreError(f"is no checkpoint ({error})", where=where, hint=hint) from error
    ledger = MirrorLedger(plain)
    documents.receive(layout, ledger.documents())
    ledger.close()
    (folder / _LACKS_FILES).touch()
    plain.replace(layout.ledger)


def lacks_files(folder: Path) -> bool:
    """Whether the ledger came from a checkpoint, and its event files are not all here."""
    return (folder / _LACKS_FILES).exists()
