"""Reads the text that Athena and CloudTrail Lake write for structures: `{type=Role, arn=null}`.

The notation quotes nothing. A value ends where `, name=` or the closing bracket follows, which
is right for all that AWS itself writes there; JSON inside is read as JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

_NAME = re.compile(r"\s*([A-Za-z_][\w.:/-]*)=")
_NEXT_MEMBER = re.compile(r",\s*[A-Za-z_][\w.:/-]*=")
_ITEM = re.compile(r"[^\[{\],][^\],]*(?=, |\])")  # of a list: a value without brackets
_MAX_DEPTH = 30
_decode_json = json.JSONDecoder().raw_decode


def read_struct(text: str) -> Any:
    """The value of a structure's text; a text that is none is given back as it is."""
    stripped = text.strip()
    if stripped == "null":
        return None
    if stripped[:1] not in ("{", "["):
        return text
    try:
        value, end = _value(stripped, 0, _MAX_DEPTH)
    except (ValueError, RecursionError):
        return text
    return value if end == len(stripped) else text


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if not depth:
        raise ValueError("too deep")
    if text[at : at + 1] in ("{", "["):
        try:
            return _decode_json(text, at)
        except ValueError:
            reader = _struct if text[at] == "{" else _list
            return reader(text, at + 1, depth - 1)
    return _scalar(text, at)


def _struct(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    if text[at : at + 1] == "}":
        return members, at + 1
    while match := _NAME.match(text, at):
        members[match[1]], at = _value(text, match.end(), depth)
        if text[at : at + 1] == "}":
            return members, at + 1
        at += 1  # the comma
    raise ValueError(f"no member at {at}")


def _list(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while text[at : at + 1] != "]":
        plain = _ITEM.match(text, at)
        item, at = (_plain(plain[0]), plain.end()) if plain else _value(text, at, depth)
        items.append(item)
        at += 2 if text[at : at + 2] == ", " else 0
        if at >= len(text):
            raise ValueError("list without its end")
    return items, at + 1


def _scalar(text: str, at: int) -> tuple[Any, int]:
    """Up to the next member or the closing bracket."""
    member = _NEXT_MEMBER.search(text, at)
    closing = min(
        (place for place in (text.find("}", at), text.find("]", at)) if place >= 0), default=-1
    )
    end = min(place for place in (member.start() if member else -1, closing) if place >= 0)
    return _plain(text[at:end]), end


def _plain(value: str) -> str | None:
    return None if value == "null" else value
