"""Money: a usage and a price book in, cost by component, function, account and order out.

Usage becomes lines (a quantity of one price); each price is worked out once over a month's
whole quantity, so its tiers hold, and shared among its lines in proportion: every way to split
the cost adds up to the same sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from analytics.findings import Cost
from analytics.prices import PriceBook, with_overrides
from analytics.usage import (
    GB,
    MONTH_SECONDS,
    ORIGINAL,
    SECOND,
    Assumptions,
    BucketUse,
    EntryGroup,
    FunctionUse,
    Line,
    LogGroupUse,
    Usage,
)

DATA_PRICES = {"Data": "cloudtrail.data_event", "NetworkActivity": "cloudtrail.network_activity"}
_NO_ACCOUNT = "unknown"


def cost(
    usage: Usage, book: PriceBook, assumptions: Assumptions, steady: Usage | None = None
) -> Cost:
    """What the window cost and a month will, with every assumption listed.

    The month is `steady`'s rate (the last part of the window, say) where given, else `usage`'s.
    `by_*` are monthly. `by_function` is what each function's runs and entries account for: a
    part of the total, not in addition to it.
    """
    book = _with_siem(book, assumptions)
    basis = steady or usage
    month = _priced(basis, book, assumptions, basis.per_month)
    is_month = basis is usage and basis.per_month == 1.0
    window = month if is_month else _priced(usage, book, assumptions, 1.0)
    by_order = by(month, lambda line: line.order)
    return Cost(
        currency=book.currency,
        price_book=book.label,
        window_usd=_total(window),
        monthly_usd=_total(month),
        second_order_monthly_usd=by_order.get(SECOND, 0.0),
        by_component=by(month, lambda line: line.component),
        by_function=_by_function(month),
        by_account=by(month, lambda line: line.account),
        by_order=by_order,
        assumptions=_assumption_lines(basis, book, assumptions, month),
    )


def scaled(found: Cost, factor: float) -> Cost:
    """The cost with all its money times `factor`."""

    def times(usd: float | None) -> float | None:
        return None if usd is None else usd * factor

    def each(sums: Mapping[str, float]) -> Mapping[str, float]:
        return {name: usd * factor for name, usd in sums.items()}

    return replace(
        found,
        window_usd=times(found.window_usd),
        monthly_usd=times(found.monthly_usd),
        second_order_monthly_usd=times(found.second_order_monthly_usd),
        by_component=each(found.by_component),
        by_function=each(found.by_function),
        by_account=each(found.by_account),
        by_order=each(found.by_order),
    )


def monthly_usd(usage: Usage, book: PriceBook, assumptions: Assumptions) -> float:
    """Only the month's total, for comparing plans."""
    book = _with_siem(book, assumptions)
    return _total(_priced(usage, book, assumptions, usage.per_month))


@dataclass(frozen=True)
class _Priced:
    """A line and its USD."""

    line: Line
    usd: float


def by(priced: Iterable[_Priced], key: Callable[[Line], str]) -> Mapping[str, float]:
    """USD of counted lines that cost something, summed by a key, largest first."""
    sums: defaultdict[str, float] = defaultdict(float)
    for item in priced:
        if item.line.counted and item.usd:
            sums[key(item.line)] += item.usd
    return _largest_first(sums)


def lines(usage: Usage, assumptions: Assumptions) -> Iterator[Line]:
    """Every quantity of the usage: counted lines, and the functions' shares of them."""
    size = usage.bytes_per_entry or assumptions.bytes_per_entry
    for group in usage.groups:
        yield from _entry_lines(group)
    yield from _insight_lines(usage, assumptions)
    for log_group in usage.log_groups:
        yield from _log_group_lines(log_group, size, assumptions)
    for bucket in usage.buckets:
        yield from _bucket_lines(bucket, size, assumptions)
    for function in usage.functions:
        yield from _run_lines(function, assumptions)
        yield from _share_lines(function, size, assumptions)
    for use in usage.metered:
        component = use.price.split(".")[0]
        yield Line(component, use.price, use.quantity, use.account, use.order, use.function)
    yield from _siem_lines(usage, size)


def _with_siem(book: PriceBook, assumptions: Assumptions) -> PriceBook:
    """The SIEM's price is an assumption where the price book's user has not set it."""
    if "siem.ingest" in book.overrides or not assumptions.siem_usd_per_gb:
        return book
    return with_overrides(book, {"siem.ingest": assumptions.siem_usd_per_gb})


def _priced(
    usage: Usage, book: PriceBook, assumptions: Assumptions, factor: float
) -> tuple[_Priced, ...]:
    found = tuple(lines(usage, assumptions))
    totals: defaultdict[str, float] = defaultdict(float)
    for line in found:
        totals[line.price] += line.quantity * factor if line.counted else 0.0
    rates = {name: _rate(book, name, quantity) for name, quantity in totals.items()}
    return tuple(_Priced(line, line.quantity * factor * rates[line.price]) for line in found)


def _rate(book: PriceBook, name: str, quantity: float) -> float:
    """USD a unit, over all tiers that `quantity` reaches."""
    return book.usd(name, quantity) / quantity if quantity > 0 else book.usd(name, 1.0)


def _entry_lines(group: EntryGroup) -> Iterator[Line]:
    if group.category == "Management":
        extra = max(0.0, group.copies - 1) * group.entries
        price, component, quantity = "cloudtrail.management_copy", "cloudtrail_management", extra
    elif group.category in DATA_PRICES:
        quantity = group.copies * group.entries
        price, component = DATA_PRICES[group.category], "cloudtrail_data"
    else:
        return  # insight entries cost nothing themselves: what was analysed for them does
    yield Line(component, price, quantity, group.account, group.order)


def _insight_lines(usage: Usage, assumptions: Assumptions) -> Iterator[Line]:
    """Insights is on in an account that has insight entries: it analysed all management entries."""
    watched = {group.account for group in usage.groups if group.category == "Insight"}
    for group in usage.groups:
        if group.category == "Management" and group.account in watched:
            analysed = group.entries * assumptions.insight_kinds
            name = "cloudtrail.insights"
            yield Line("cloudtrail_insights", name, analysed, group.account, group.order)


def _log_group_lines(use: LogGroupUse, size: float, assumptions: Assumptions) -> Iterator[Line]:
    for order, entries in _orders(use.entries, use.second_order_entries):
        gigabytes = entries * size / GB
        stored = gigabytes * assumptions.stored_share * assumptions.logs_retention_months
        yield Line("logs_ingest", "logs.ingest", gigabytes, use.account, order)
        yield Line("logs_storage", "logs.storage", stored, use.account, order)


def _bucket_lines(use: BucketUse, size: float, assumptions: Assumptions) -> Iterator[Line]:
    for order, entries in _orders(use.entries, use.second_order_entries):
        files = use.files * entries / use.entries if use.entries else 0.0
        gigabytes = entries * size / GB * assumptions.stored_share
        stored = gigabytes * assumptions.s3_retention_months
        yield Line("s3_requests", "s3.put", files, use.account, order)
        yield Line("s3_storage", "s3.storage", stored, use.account, order)
        if use.encrypted_with_kms:
            yield Line("kms", "kms.request", files, use.account, order)


def _orders(entries: float, second: float) -> tuple[tuple[str, float], ...]:
    return ((ORIGINAL, entries - second), (SECOND, second))


def _run_lines(use: FunctionUse, assumptions: Assumptions) -> Iterator[Line]:
    """Requests and GB-seconds: a run costs with the second-order entry that records it."""
    memory = assumptions.lambda_memory_mb if use.memory_mb is None else use.memory_mb
    duration = assumptions.lambda_duration_ms if use.duration_ms is None else use.duration_ms
    price = "lambda.gb_second_arm" if use.arm else "lambda.gb_second_x86"
    seconds = use.invocations * memory / 1024 * duration / 1000
    yield Line("lambda_requests", "lambda.request", use.invocations, use.account, SECOND, use.arn)
    yield Line("lambda_duration", price, seconds, use.account, SECOND, use.arn)


def _share_lines(use: FunctionUse, size: float, assumptions: Assumptions) -> Iterator[Line]:
    """What of the counted trail and log-group lines this function's entries are."""
    gigabytes = use.logged_entries * size / GB
    stored = gigabytes * assumptions.stored_share * assumptions.logs_retention_months
    shares = (
        ("cloudtrail_data", "cloudtrail.data_event", use.data_entries * use.copies),
        ("cloudtrail_management", "cloudtrail.management_copy", _further_copies(use)),
        ("logs_ingest", "logs.ingest", gigabytes),
        ("logs_storage", "logs.storage", stored),
    )
    for component, price, quantity in shares:
        yield Line(component, price, quantity, use.account, SECOND, use.arn, counted=False)


def _further_copies(use: FunctionUse) -> float:
    return use.management_entries * max(0.0, use.management_copies - 1)


def _siem_lines(usage: Usage, size: float) -> Iterator[Line]:
    delivered = sum(group.entries for group in usage.log_groups) * size
    total = delivered if usage.siem_bytes is None else usage.siem_bytes
    account = usage.log_groups[0].account if usage.log_groups else _NO_ACCOUNT
    for order, quantity in _orders(total / GB, total / GB * usage.second_order_share):
        yield Line("siem", "siem.ingest", quantity, account, order)


def _by_function(priced: Iterable[_Priced]) -> Mapping[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for item in priced:
        if item.line.function is not None:
            sums[item.line.function] += item.usd
    return _largest_first(sums)


def _largest_first(sums: Mapping[str, float]) -> Mapping[str, float]:
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def _total(priced: Iterable[_Priced]) -> float:
    return sum(item.usd for item in priced if item.line.counted)


def _assumption_lines(
    basis: Usage, book: PriceBook, assumptions: Assumptions, priced: Iterable[_Priced]
) -> tuple[str, ...]:
    seconds = basis.monthly_seconds_basis or basis.window_seconds
    rate = f"the month goes on at the rate of {seconds:g} s ({MONTH_SECONDS / 86_400:g} days of it)"
    used = {item.line.price for item in priced if item.usd > 0}
    doubtful = sorted(
        {price.name for price in book.prices if price.name in used and not price.confirmed}
    )
    doubts = tuple(f"price {name} is not confirmed in all its tiers" for name in doubtful)
    own = tuple(
        f"price {name} = {usd:g} USD (yours)" for name, usd in sorted(book.overrides.items())
    )
    return (*assumptions.lines(basis), rate, *own, *doubts)
