"""The scenario file with the best settings; where there were finalists, its first line says what they came to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from neurosim.scenario.search.ranges import Search
from neurosim.scenario.search.search import SearchOutcome

BEGINS = "# neurosim search: "
"""The line begins with this; a search that starts from a file with one replaces it."""


def best_file(search: Search, outcome: SearchOutcome, out: Path) -> str:
    """The text of the file, for a place.

    Raises
    ------
    SpecError
        If the scenario refuses a value.
    """
    text = search.text(outcome.settings, out)
    if not outcome.finalists:
        return text
    first, _, rest = text.partition("\n")
    return f"{BEGINS}{_said(search, outcome)}\n{rest if first.startswith(BEGINS) else text}"


def _said(search: Search, outcome: SearchOutcome) -> str:
    [best, *_] = outcome.finalists
    fresh = f"accuracy {best.final_accuracy:.3f} with fresh seeds {listed(best.final_accuracies)}"
    of_trial = f"{best.accuracy:.3f} with seeds {listed(search.table.seeds)}, by which it was one of the best"
    return f"trial {best.trial} of {outcome.trials}; {fresh}; {of_trial} {len(outcome.finalists)}; validation part"


def listed(seeds: Iterable[int]) -> str:
    """Seeds, with commas between."""
    return ", ".join(map(str, seeds))
