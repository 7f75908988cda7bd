"""What all rules of wiring are: pairs of neurons of two populations, drawn from a generator that is handed in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import truth, whole_number
from neurosim.errors import ModelError
from neurosim.model.connectivity.pairs import Pairs
from neurosim.model.randomness.positions import Positions

Index = NDArray[np.int32]


@dataclass(frozen=True)
class Sides:
    """The two populations that are wired.

    Parameters
    ----------
    pre, post
        Neurons of the source and of the target.
    same
        Whether these are one population, so that neuron i of both is one neuron.
    where
        How an error begins, such as ``"projection e_e"``.

    Raises
    ------
    ModelError
        For sizes that are no whole numbers of at least 1, and one population of two sizes.
    """

    pre: int
    post: int
    same: bool = False
    where: str = "wiring"

    def __post_init__(self) -> None:
        for side, size in (("sources", self.pre), ("targets", self.post)):
            whole_number(size, f"{self.where}: {side}", least=1, error=ModelError)
        if self.same and self.pre != self.post:
            raise ModelError(f"{self.where}: one population of {self.pre} and of {self.post} neurons")


@dataclass(frozen=True)
class WiringRule(ABC):
    """A rule that says which pairs have a synapse, as soon as it is known what is wired."""

    @abstractmethod
    def draw(self, random: np.random.Generator, sides: Sides) -> Pairs:
        """Draw the pairs, ordered by source, then by target.

        Parameters
        ----------
        random
            All that is random comes from it: a generator in the same state gives the same pairs.
        sides
            What is wired.

        Raises
        ------
        ModelError
            For a rule that does not fit the two populations, and where no pair was drawn.
        """

    def expected(self, sides: Sides) -> int:
        """Return about how many synapses are drawn; 0 where that is not known before."""
        return 0


@dataclass(frozen=True)
class Candidates:
    """The pairs that a rule may draw, counted from 0, by source, then by target.

    Parameters
    ----------
    sides
        What is wired.
    self_connections
        Whether a neuron may be its own target; matters only in one population.
    """

    sides: Sides
    self_connections: bool

    @property
    def left_out(self) -> bool:
        """Whether there is no pair of a neuron with itself."""
        return self.sides.same and not self.self_connections

    @property
    def targets(self) -> int:
        """Number of targets that each source may have."""
        return self.sides.post - self.left_out

    @property
    def count(self) -> int:
        """Number of all pairs that may be drawn."""
        return self.sides.pre * self.targets

    def at(self, positions: Positions) -> tuple[Index, Index]:
        """Return sources and targets of the pairs at some positions."""
        sources = positions // max(self.targets, 1)
        targets = positions - sources * self.targets
        if self.left_out:
            targets += targets >= sources
        return sources.astype(np.int32), targets.astype(np.int32)


def made(parts: Iterable[tuple[Index, Index]], rule: str, where: str) -> Pairs:
    """Join parts of what was drawn.

    Raises
    ------
    ModelError
        If there is no pair among them.
    """
    drawn = list(parts)
    if not any(len(pre) for pre, _ in drawn):
        raise ModelError(f"{where}: {rule} drew no pair at all; expected a rule that gives at least one synapse")
    sides = [side[0] if len(side) == 1 else np.concatenate(side) for side in zip(*drawn, strict=True)]
    drawn.clear()
    for side in sides:
        side.flags.writeable = False  # nobody else has it, so `Pairs` need not copy it
    return Pairs(*sides)


def check_enough(n: int, there: int, multiple: bool, rule: str, of: str, where: str) -> None:
    """Refuse more different draws than there is to draw from.

    Raises
    ------
    ModelError
        Naming the rule and how many there are.
    """
    if there < 1 or (n > there and not multiple):
        several = ", or multiple=True" if there else ""
        raise ModelError(f"{where}: {rule}: n = {n}; expected at most the number of {of}, {there}{several}")


def flags(rule: str, **given: object) -> list[bool]:
    """Return arguments that say yes or no.

    Raises
    ------
    ModelError
        For anything but True and False.
    """
    return [truth(value, f"{rule}: {name} =", error=ModelError) for name, value in given.items()]
