"""Numbers, times and names as a report says them: with units, in few digits, never raw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analytics.findings import Interval, Window

UNKNOWN = "not known"
_PREFIXES = (
    "function:",
    "log-group:",
    "stream/",
    "deliverystream/",
    "rule/",
    "trail/",
    "function/",
)
_SPANS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds"))
_ACTIONS = {
    "move_behind_kinesis": "Move behind a Kinesis stream",
    "exclude_from_selector": "Leave out of the trail's data events",
    "exclude_own_log_group": "Take its own log group out of the subscription",
    "raise_batch": "Raise the batch size",
    "keep": "Keep as it is",
}
_SERVICES = {
    "cloudtrail": "CloudTrail",
    "kms": "KMS",
    "logs": "CloudWatch Logs",
    "s3": "S3",
    "siem": "SIEM",
    "sns": "SNS",
    "sqs": "SQS",
}
STATES = {
    "runaway": "growing until something throttles it",
    "sustained": "every entry circulates for ever",
    "amplifying": "every entry causes a bounded number more",
    "ended": "no longer running",
}


def number(value: float | None) -> str:
    """Three digits: `0.0123`, `4.56`, `1,230`; whole numbers in full up to 9,999.

    >>> [number(value) for value in (None, 0, 0.01234, 4.0, 12345, 7_890_000)]
    ['not known', '0', '0.0123', '4', '12,300', '7.89 million']
    """
    if value is None:
        return UNKNOWN
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{value / size:.3g} {word}"
    if float(value).is_integer() and abs(value) < 10_000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.1e}"


def share(part: float | None) -> str:
    """A part of one in per cent; nearly all is not rounded to all.

    >>> [share(part) for part in (None, 0, 0.004, 0.93, 0.9997, 1)]
    ['not known', '0 %', '0.4 %', '93 %', 'over 99.9 %', '100 %']
    """
    if part is None:
        return UNKNOWN
    percent = 100 * part
    if 99.5 <= percent < 100:
        return f"{percent:.1f} %" if percent < 99.95 else "over 99.9 %"
    return f"{percent:.0f} %" if percent >= 9.5 or percent == 0 else f"{percent:.2g} %"


def quantity(count: float, noun: str) -> str:
    """A number with its noun, in the plural where it takes one.

    >>> quantity(1, "function"), quantity(1200, "batch"), quantity(0, "anomaly")
    ('1 function', '1,200 batches', 'no anomalies')
    """
    told = number(count) if count else "no"
    return f"{told} {noun if count == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith(("ch", "sh", "s", "x")):
        return noun + "es"
    ends_in_y = noun.endswith("y") and noun[-2] not in "aeiou"
    return noun[:-1] + "ies" if ends_in_y else noun + "s"


def money(value: float | None, currency: str = "USD") -> str:
    """Cents below 100, three digits above.

    >>> [money(value) for value in (None, 0.004, 12.5, 1234.5)]
    ['not known', 'under 0.01 USD', '12.50 USD', '1,230 USD']
    """
    if value is None:
        return UNKNOWN
    if 0 < abs(value) < 0.01:
        return f"under 0.01 {currency}"
    return f"{value:,.2f} {currency}" if abs(value) < 100 else f"{number(value)} {currency}"


def moment(at: datetime | None) -> str:
    """`2026-01-12 14:05 UTC`."""
    return UNKNOWN if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def window(span: Window) -> str:
    """From when to when, and how long."""
    if span.start is None or span.end is None:
        return "an empty window"
    return f"{moment(span.start)} to {moment(span.end)} ({length(span.end - span.start)})"


def length(span: timedelta) -> str:
    """The largest unit of which there are two or more.

    >>> [length(timedelta(seconds=seconds)) for seconds in (1, 90, 5400, 86400, 200000)]
    ['1 second', '90 seconds', '90 minutes', '24 hours', '2.3 days']
    """
    seconds = span.total_seconds()
    size, unit = next(((s, u) for s, u in _SPANS if seconds >= 2 * s), (1, "seconds"))
    shown = f"{seconds / size:.2g}" if seconds / size < 10 else f"{seconds / size:.0f}"
    return "1 second" if shown == "1" and unit == "seconds" else f"{shown} {unit}"


def interval(value: Interval | None) -> str:
    """`1.9 to 2.1`, empty where there is none."""
    return "" if value is None else f"{number(value[0])} to {number(value[1])}"


def short(arn: str | None) -> str:
    """What people call it: the name within an ARN; an unknown source by its kind and account.

    >>> short("arn:aws:lambda:us-east-1:111122223333:function:router")
    'router'
    >>> short("unknown:s3:111122223333:us-east-1")
    'unknown s3 source in 111122223333'
    >>> short("unknown:cloudwatch_logs::")
    'unknown cloudwatch logs source'
    """
    if not arn:
        return UNKNOWN
    if arn.startswith("unknown:"):
        kind, account, *_ = [*arn.split(":")[1:], "", ""]
        place = f" in {account}" if account else ""
        return f"unknown {kind.replace('_', ' ')} source{place}"
    if not arn.startswith("arn:") or arn.count(":") < 5:
        return arn
    name = arn.split(":", 5)[5]
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def actor(arn: str | None) -> str:
    """Who: the session and its role, or the user's name.

    >>> actor("arn:aws:sts::111122223333:assumed-role/Admin/alice")
    'alice (role Admin)'
    >>> actor("arn:aws:iam::111122223333:user/bob")
    'user bob'
    """
    if not arn:
        return UNKNOWN
    parts = arn.split(":", 5)[-1].split("/")
    if parts[0] == "assumed-role" and len(parts) >= 3:
        return f"{parts[-1]} (role {parts[1]})"
    return f"{parts[0]} {parts[-1]}" if parts[0] in {"user", "role"} else parts[-1]


def component(name: str) -> str:
    """A part of the cost in words.

    >>> component("cloudtrail_data"), component("logs_ingest")
    ('CloudTrail data', 'CloudWatch Logs ingest')
    """
    first, *rest = name.split("_")
    return " ".join([_SERVICES.get(first, first[:1].upper() + first[1:]), *rest])


def action(name: str) -> str:
    """A recommendation's action in words."""
    return _ACTIONS.get(name, name.replace("_", " ").capitalize())
