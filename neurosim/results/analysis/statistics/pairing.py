"""Pairs of runs with the same seed: the same data order, first weights and input spikes, so that much cancels out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SeedPairs:
    """The values of a metric of two rows, seed by seed.

    Attributes
    ----------
    seeds
        Those that both have, in ascending order; whatever tells runs of a row apart.
    first, second
        The values, in the order of the seeds.
    only_first, only_second
        Seeds without a partner, which are left out.
    """

    seeds: tuple[Hashable, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    only_first: tuple[Hashable, ...]
    only_second: tuple[Hashable, ...]

    @property
    def differences(self) -> tuple[float, ...]:
        """The first less the second, seed by seed."""
        return tuple(a - b for a, b in zip(self.first, self.second, strict=True))


def paired_by_seed(first: Mapping[Hashable, float], second: Mapping[Hashable, float]) -> SeedPairs:
    """Pair values by their seeds.

    Parameters
    ----------
    first, second
        A metric of two rows, by seed.
    """
    both = tuple(sorted((s for s in first if s in second), key=_in_order))
    only = [tuple(sorted((s for s in a if s not in b), key=_in_order)) for a, b in ((first, second), (second, first))]
    return SeedPairs(both, tuple(first[s] for s in both), tuple(second[s] for s in both), *only)


def _in_order(seed: Hashable) -> tuple[bool, int, str]:
    """Numbers by their size, before anything else by its text."""
    return not isinstance(seed, int), seed if isinstance(seed, int) else 0, str(seed)
