"""What a run did, in counts that do not depend on the machine: trials, steps, synaptic operations, spikes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neurosim.results.result import Stage

Counts = Mapping[str, int]


def by_kind(stages: Iterable[Stage]) -> dict[str, dict[str, int]]:
    """The sums of the counts, trials and steps of all stages of a kind, by kind and name.

    A kind has only those counts that all its stages have. A stage that was trained on the host has none, for nothing
    ran on the backend.
    """
    counts_of: dict[str, list[Counts]] = {}
    for stage in stages:
        ran = {"trials": stage.trials, "steps": stage.steps} if stage.counts else {}
        counts_of.setdefault(stage.kind.value, []).append({**ran, **stage.counts})
    return {kind: _sum(counts) for kind, counts in counts_of.items()}


def _sum(counts: list[Counts]) -> dict[str, int]:
    names = [n for n in counts[0] if all(n in c for c in counts)]
    return {n: sum(c[n] for c in counts) for n in names}
