"""The error tree: what can go wrong, and the exit code each kind ends with.

StormtrailError
├── UsageError          the command was given something it cannot take
├── InputError          a source could not be read
│   ├── RecordError     one record could not be read: kept aside, never raised to the user
│   └── AccessError     the source exists, but these credentials may not read it
├── StoreError          the store could not be read or written
└── DeliveryError       a report could not be handed over
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller (CONTRACT: exit codes)."""

    DONE = 0
    FAILED_ON = 1
    USAGE = 2
    UNREADABLE = 3
    REJECTED = 4
    INTERRUPTED = 130


class StormtrailError(Exception):
    """Base of all errors meant for a person: what happened, where, and what to do next."""

    exit_code = ExitCode.UNREADABLE

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(": ".join(part for part in (where, what) if part))

    def line(self) -> str:
        """The whole message in one plain line."""
        text = str(self)
        return f"{text}; {self.hint}" if self.hint else text


class UsageError(StormtrailError):
    """The command was given something it cannot take."""

    exit_code = ExitCode.USAGE


class InputError(StormtrailError):
    """A source could not be read."""


class RecordError(InputError):
    """One record could not be read."""


class AccessError(InputError):
    """The source exists, but these credentials may not read it."""


class StoreError(StormtrailError):
    """The store could not be read or written."""


class DeliveryError(StormtrailError):
    """A report could not be handed over; `again` says whether another try may help."""

    def __init__(self, what: str, *, where: str = "", hint: str = "", again: bool = True) -> None:
        super().__init__(what, where=where, hint=hint)
        self.again = again
