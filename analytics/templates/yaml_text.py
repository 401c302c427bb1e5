"""A value as YAML: block style, every string in JSON's quotes, in the order given.

JSON's strings are YAML's but for characters beyond 16 bits, so nothing needs to be guessed
about plain scalars.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_STEP = "  "
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}  # YAML takes them for values


def dump(value: Mapping[str, Any]) -> str:
    """The mapping as a YAML document, ending in a newline."""
    return "\n".join(_mapping(value, "")) + "\n"


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        yield from _under(f"{indent}{_key(key)}:", item, indent + _STEP)


def _sequence(value: Sequence[Any], indent: str) -> Iterator[str]:
    for item in value:
        if _is_block(item):
            first, *rest = _block(item, indent + _STEP)
            yield f"{indent}- {first.strip()}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(item)}"


def _under(head: str, item: Any, indent: str) -> Iterator[str]:
    if _is_block(item):
        yield head
        yield from _block(item, indent)
    else:
        yield f"{head} {_scalar(item)}"


def _is_block(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple)) and bool(value)


def _block(value: Any, indent: str) -> Iterator[str]:
    return _mapping(value, indent) if isinstance(value, Mapping) else _sequence(value, indent)


def _key(key: str) -> str:
    plain = _PLAIN.fullmatch(key) and key.lower() not in _WORDS
    return key if plain else quoted(key)


def _scalar(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    """In double quotes as YAML and HCL read them: ASCII, `\\u` and for the rest `\\U` escapes."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\U{code:08X}" if code > 0xFFFF else json.dumps(character)[1:-1]
