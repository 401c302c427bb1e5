"""What the ledger tells of the archive: its files, buckets, duplicates and rejects, all counted in SQLite.

An archive may hold millions of files; only counts are brought here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from analytics.series import Floats, Span
from stormtrail.layout import Layout

# A file's time of delivery is the one in its name; that of a file without one is when it was last written.
_FILES_A_MINUTE = """
select substr(delivered_at, 1, 16), substr(uri, max(instr(uri, '_CloudTrail_') - 12, 1), 12), count(*) from sources
where instr(uri, replace(replace(substr(delivered_at, 1, 16), '-', ''), ':', '')) > 0
group by 1, 2
"""
_BUCKETS = """
select distinct substr(uri, 6, instr(substr(uri, 6), '/') - 1) from sources where uri like 's3://%/%'
"""
# … AWSLogs/ACCOUNT/… of a trail of that account's, AWSLogs/o-ID/ACCOUNT/… of an organization's.
_FOLDERS = """
select distinct substr(uri, instr(uri, 'AWSLogs/') + 8, 48) from sources where instr(uri, 'AWSLogs/') > 0
"""
_FOLDER = re.compile(r"(?P<organization>o-[a-z0-9]+/)?(?P<account>[0-9]{12})/", re.ASCII)
_TOTALS = "select count(*), total(duplicates), total(rejected) from sources"


# Minutes from the last entry to a file that shows that all before it have come: CloudTrail delivers every five
# minutes, what is not hours late within fifteen.
COMES_AFTER, COMES_UNTIL = 8, 25


@dataclass(frozen=True)
class Archive:
    """Files loaded, records that were there before or not to be read, and the buckets they came from."""

    files: int = 0
    duplicates: int = 0
    rejected: int = 0
    buckets: frozenset[str] = frozenset()


def read(layout: Layout) -> Archive:
    """The whole archive's counts; zeros where there is no ledger. Raises StoreError."""
    ((files, duplicates, rejected),) = layout.ledger_answer(_TOTALS) or [(0, 0, 0)]
    buckets = frozenset(str(bucket) for (bucket,) in layout.ledger_answer(_BUCKETS))
    return Archive(int(files), int(duplicates), int(rejected), buckets)


@dataclass(frozen=True)
class Delivered:
    """Accounts whose entries trails of their own wrote into the archive, and those whose an organization's; and
    those of which one log file held management and data entries together."""

    by_own: frozenset[str] = frozenset()
    by_organization: frozenset[str] = frozenset()
    mixed: frozenset[str] = frozenset()

    def alone(self, account: str) -> bool:
        """Whether the account's log groups get entries of that account only: a trail delivers into groups of
        its own account, and there only the account has a trail. An organization's trail may stand beside
        one of the account's that writes elsewhere: then the keys tell nothing."""
        return account in self.by_own and account not in self.by_organization

    def shared(self, account: str) -> bool:
        """Whether only an organization's trail is known to record the account."""
        return account in self.by_organization and account not in self.by_own

    def whole(self, account: str) -> bool:
        """Whether what the archive has of the account is what its trail, or its organization's, delivers: a log file is
        one trail's, so that a trail recorded both of what one file holds."""
        return (self.alone(account) or self.shared(account)) and account in self.mixed


@dataclass(frozen=True)
class Files:
    """Log files a minute, over the span: of all accounts, and of each; and whether those that hold the entries of
    its last minutes are among them."""

    together: Floats
    by_account: Mapping[str, Floats]
    to_the_end: bool = False


@dataclass(frozen=True)
class Ledger:
    """All that an analysis asks the ledger: what it tells of any window."""

    archive: Archive
    minutes: Sequence[tuple[str, str, int]]
    folders: Sequence[tuple[str]]

    def files(self, span: Span) -> Files:
        """Log files by the minute and the account in their names."""
        found: dict[str, Floats] = defaultdict(lambda: np.zeros(span.minutes))
        to_the_end = False
        for minute, account, files in self.minutes:
            place = span.minute(datetime.fromisoformat(minute))
            if 0 <= place < span.minutes:
                found[str(account)][int(place)] += files
            elif COMES_AFTER <= place - span.minutes < COMES_UNTIL:
                to_the_end = True
        together = np.sum([np.zeros(span.minutes), *found.values()], axis=0)
        return Files(together, dict(found), to_the_end)

    def deliverers(self, mixed: frozenset[str] = frozenset()) -> Delivered:
        """Whose trails wrote the archive, by the keys of its files."""
        found = [match for (folder,) in self.folders if (match := _FOLDER.match(folder))]
        own = frozenset(match["account"] for match in found if not match["organization"])
        organization = frozenset(match["account"] for match in found if match["organization"])
        return Delivered(own, organization, mixed)


def ledger(layout: Layout) -> Ledger:
    """The ledger's answers; a thread beside others may ask, as it takes long for many files. Raises StoreError."""
    minutes, folders = (layout.ledger_answer(query) for query in (_FILES_A_MINUTE, _FOLDERS))
    return Ledger(read(layout), minutes, folders)
