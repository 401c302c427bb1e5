"""The fuzz target itself, on the files that it begins with."""

from __future__ import annotations

import pytest

from tests.ingest.fuzzed import check, seeds


@pytest.mark.parametrize("place", range(len(seeds())))
def test_files_of_every_shape_come_through(place: int) -> None:
    check(seeds()[place], built=True)
