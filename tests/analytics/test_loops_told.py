"""How sure the cause of a loop is."""

from __future__ import annotations

from pathlib import Path

import simulation
from tests.analytics.test_inferred_feeds import found_in


def test_the_cause_of_a_loop_that_may_be_another_is_less_sure(tmp_path: Path) -> None:
    """Of an older trail nothing tells whose entries it records: an account's, or an organization's."""
    _, told = found_in(simulation.build("older_trail", 33), 33, tmp_path / "told")
    _, guessed = found_in(simulation.build("older_trail", 34), 34, tmp_path / "guessed")
    sure, doubtful = (found.loops[0].cause for found in (told, guessed))
    assert sure is not None and sure.confidence == 0.95
    assert doubtful is not None and doubtful.confidence < 0.9
