"""Colours that colour-blind people can tell apart (Okabe and Ito, 2008), and what each means."""

from __future__ import annotations

ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#7F8A95"

ORIGINAL = SKY
LOOP = VERMILION
CHANGE = GREY
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, YELLOW, GREY)

_ORDERS = (ORIGINAL, VERMILION, ORANGE, PURPLE)
_STATES = {"runaway": VERMILION, "sustained": ORANGE, "amplifying": YELLOW, "ended": GREY}


def of_order(order: int) -> str:
    """The colour of entries that `order` functions in a row caused (0: original)."""
    return _ORDERS[min(order, len(_ORDERS) - 1)]


def of_state(state: str | None) -> str:
    """The colour of a loop's state; green where there is none."""
    return GREEN if state is None else _STATES.get(state, GREY)


def ink(color: str) -> str:
    """The colour of text upon it, with a contrast of 4.5 or more (WCAG 2, AA)."""
    return "#FFFFFF" if color == BLUE else "#000000"
