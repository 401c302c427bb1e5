"""Which tests go to the same process, and which begin first, where several processes run them."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

TOGETHER = {
    "tests/spark/": "spark",  # one cluster
    "tests/dashboard/test_browser.py": "browser",  # one dashboard on the storm
    "tests/dashboard/test_controls.py": "browser",
    "tests/dashboard/test_many.py": "browser",
    "tests/reports/test_browser.py": "browser",
}
"""What begins with such a path is run by one process; of others each file is."""
LONGEST = (
    "spark",
    "browser",
    "tests/analytics/test_organizations.py",
    "tests/ingest/remote/test_writers.py",
    "tests/ingest/test_durability.py",
    "tests/analytics/test_recording.py",
    "tests/analytics/test_plan_played.py",
    "tests/analytics/test_billing.py",
    "tests/dashboard/test_pages.py",
    "tests/ingest/remote/test_care.py",
    "tests/ingest/remote/test_refusals.py",
    "tests/stormtrail/test_sandbox.py",
    "tests/analytics/athena/test_calls.py",
)
"""These begin first, in this order: one that began last would keep one process waiting for the other."""


class ByPlace(LoadScopeScheduling):  # type: ignore[misc]
    """Gives out whole files, or several together.

    xdist's own groups are no help: it writes them into names that pytest 9.2 does not read any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        return place(nodeid)


def place(nodeid: str) -> str:
    """The name of what a test is run together with."""
    path = nodeid.partition("::")[0]
    found = [name for start, name in TOGETHER.items() if path.startswith(start)]
    return found[0] if found else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPlace:
    config.option.loadscopereorder = False  # not by the number of tests
    return ByPlace(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(place(item.nodeid), len(order)))
