"""Pairs of runs with the same seed: the same data order, first weights and input spikes, so that much cancels out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SeedPairs:
    """The values of a metric of two rows, seed by seed.

    Attributes
    ----------
    seeds
        Those that both have, in ascending order.
    first, second
        The values, in the order of the seeds.
    only_first, only_second
        Seeds without a partner, which are left out.
    """

    seeds: tuple[int, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]

    @property
    def differences(self) -> tuple[float, ...]:
        """The first less the second, seed by seed."""
        return tuple(a - b for a, b in zip(self.first, self.second, strict=True))


def paired_by_seed(first: Mapping[int, float], second: Mapping[int, float]) -> SeedPairs:
    """Pair values by their seeds.

    Parameters
    ----------
    first, second
        A metric of two rows, by seed.
    """
    both = sorted(first.keys() & second.keys())
    alone = (tuple(sorted(a.keys() - b.keys())) for a, b in ((first, second), (second, first)))
    return SeedPairs(tuple(both), tuple(first[s] for s in both), tuple(second[s] for s in both), *alone)
