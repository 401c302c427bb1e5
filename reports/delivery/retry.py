"""Another try where one may help, with longer and longer waits."""

from __future__ import annotations

from collections.abc import Callable

from reports.delivery.base import Parcel, Target
from stormtrail.errors import DeliveryError

WAITS_SECONDS = (2.0, 10.0, 60.0)


def hand_over(
    target: Target,
    parcel: Parcel,
    wait: Callable[[float], None],
    say: Callable[[str], None],
) -> bool:
    """Whether the parcel was handed over; each try is said with its number and outcome."""
    for number, pause in enumerate((*WAITS_SECONDS, None), start=1):
        try:
            target.send(parcel)
        except DeliveryError as error:
            say(f"{parcel.key}: try {number} failed: {error.line()}")
            if pause is None or not error.again:
                return False
            wait(pause)
        else:
            say(f"{parcel.key}: delivered to {target.label} (try {number})")
            return True
    return False
