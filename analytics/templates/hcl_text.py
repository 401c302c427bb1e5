"""Blocks as HCL text: strings in JSON's quotes with Terraform's own signs taken out of force."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.templates.yaml_text import quoted

_STEP = "  "


@dataclass(frozen=True)
class Raw:
    """An expression, written as it is: only ever one of ours."""

    text: str


@dataclass(frozen=True)
class Block:
    """`kind "label" ... { body }`; a body's Blocks stand under their kind."""

    kind: str
    labels: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)


def json_text(value: Any) -> Raw:
    """`jsonencode(value)`, for policies."""
    return Raw(f"jsonencode({_value(value, _STEP)})")


def dump(blocks: Sequence[Block]) -> str:
    """The blocks as a file, ending in a newline."""
    return "\n\n".join("\n".join(_block(block, "")) for block in blocks) + "\n"


def _block(block: Block, indent: str) -> Iterator[str]:
    labels = "".join(f" {_text(label)}" for label in block.labels)
    yield f"{indent}{block.kind}{labels} {{"
    for key, value in block.body.items():
        if isinstance(value, Block):
            yield from _block(value, indent + _STEP)
        else:
            yield f"{indent}{_STEP}{key} = {_value(value, indent + _STEP)}"
    yield f"{indent}}}"


def _value(value: Any, indent: str) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Mapping):
        return _object(value, indent)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item, indent) for item in value) + "]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _object(value: Mapping[str, Any], indent: str) -> str:
    inner = indent + _STEP
    lines = [f"{inner}{_text(key)} = {_value(item, inner)}" for key, item in value.items()]
    return "\n".join(["{", *lines, f"{indent}}}"])


def _text(text: str) -> str:
    return quoted(text).replace("${", "$${").replace("%{", "%%{")
