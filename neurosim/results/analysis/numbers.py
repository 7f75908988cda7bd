"""All numbers of a run by name: metrics, times, memory, counts and energies."""

from __future__ import annotations

from collections.abc import Iterator

from neurosim.results.costs import energy
from neurosim.results.result import Result
from neurosim.results.store.tables import SIZES

ATTRIBUTES = (*SIZES, "samples_per_s", "seconds", "peak_memory")
"""Those that are attributes of a `Result` beside its metrics, by its names."""

Number = float | int | None
"""None where the run has none: a single task forgets nothing."""


def numbers_of(result: Result) -> dict[str, Number]:
    """All numbers of a run.

    Counts are called ``counts.KIND.NAME`` and energies in joules ``energy.TABLE.KIND``, for the kinds of stages that
    the run has: ``counts.slept.spikes``, ``energy.loihi.trained``.
    """
    attributes = {n: getattr(result, n) for n in ATTRIBUTES}
    return {**result.metrics, **attributes, **dict(_counts(result)), **dict(_energies(result))}


def _counts(result: Result) -> Iterator[tuple[str, Number]]:
    for kind, counts in result.counts.items():
        yield from ((f"counts.{kind}.{name}", count) for name, count in counts.items())


def _energies(result: Result) -> Iterator[tuple[str, Number]]:
    for table in energy.TABLES:
        yield from ((f"energy.{table.name}.{kind}", table.energy(counts)) for kind, counts in result.counts.items())
