"""One story once: what follows from another spell of the same hours is left out.

A function that runs ten times as often is also a source, perhaps a caller and surely an account
that writes more than usual. The narrowest subject that explains a spell stands for it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from analytics.detectors import shapes, silences
from analytics.detectors.base import Spell, Subject, safe

# a wider subject's spell is explained when narrower ones make up this share of it
EXPLAINED = 0.5
# beyond this many functions, callers or sources at once the account's own spell says it better
CROWD = 8
KIND_ORDER = {"archive": 0, "function": 1, "source": 2, "caller": 3, "account": 4}

Links = dict[tuple[str, str, str], frozenset[str]]


def links(hours: pa.Table) -> Links:
    """(account, kind, subject) -> the functions that a caller or source started, ever."""
    rows = hours.filter(pc.is_valid(hours["function_arn"]))
    keys = ["account_id", "subject_kind", "subject", "function_arn"]
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for account, kind, subject, function in zip(
        *(column.to_pylist() for column in rows.select(keys).group_by(keys).aggregate([])),
        strict=True,
    ):
        found[account, kind, subject].add(function)
    return {key: frozenset(names) for key, names in found.items()}


def fold(spells: tuple[Spell, ...], linked: Links) -> tuple[Spell, ...]:
    """The spells that are not explained by others, in no particular order."""
    kept: list[Spell] = []
    for spell in sorted(spells, key=lambda s: (KIND_ORDER[s.subject.kind], -s.score, s.subject)):
        causes = [other for other in kept if _related(other, spell, linked)]
        if len(causes) >= CROWD and spell.detector == causes[0].detector:
            kept = [other for other in kept if other not in causes] + [_with_names(spell, causes)]
        elif not _explained(spell, causes):
            kept.append(spell)
    return tuple(kept)


def _related(narrow: Spell, wide: Spell, linked: Links) -> bool:
    """Whether the first may be why the second is there: same hours, and part of it."""
    if not narrow.overlaps(wide) or not _same_direction(narrow, wide):
        return False
    if narrow.subject.kind == "archive" or narrow.subject == wide.subject:
        return True
    if narrow.subject.account != wide.subject.account:
        return False
    return wide.subject.kind == "account" or narrow.subject.name in _functions(wide.subject, linked)


def _functions(subject: Subject, linked: Links) -> frozenset[str]:
    return linked.get((subject.account, subject.kind, subject.name), frozenset())


def _same_direction(narrow: Spell, wide: Spell) -> bool:
    if shapes.DETECTOR in (narrow.detector, wide.detector):
        return silences.DETECTOR not in (narrow.detector, wide.detector)
    return narrow.detector == wide.detector


def _with_names(spell: Spell, causes: list[Spell]) -> Spell:
    """The account's spell, naming the subjects that it stands for."""
    largest = sorted(causes, key=lambda cause: (-cause.amount, cause.subject))[:3]
    names = ", ".join(safe(cause.subject.name) for cause in largest)
    return replace(
        spell,
        explanation=f"{spell.explanation}; {len(causes)} subjects at once, most of all {names}",
    )


def _explained(spell: Spell, causes: list[Spell]) -> bool:
    if not causes:
        return False
    return sum(cause.amount for cause in causes) >= EXPLAINED * spell.amount
