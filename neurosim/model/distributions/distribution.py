"""What all distributions are: values in the units inside, drawn from a generator that is handed in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import shown
from neurosim.errors import ModelError
from neurosim.model.display.described import shortest
from neurosim.model.units import NO_DIMENSION, Dimension, quantity


@dataclass(frozen=True, repr=False)
class Distribution(ABC):
    """Values of neurons or synapses that are drawn independently of each other.

    Attributes
    ----------
    dimension
        What the values are of; None where no argument had a unit, so that they are in the unit that is expected.
    """

    dimension: Dimension | None = field(default=None, kw_only=True)

    @abstractmethod
    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Draw values in the units inside, float64 of a shape."""

    @abstractmethod
    def call(self) -> str:
        """Return the call that makes it, as text."""

    def in_unit(self, value: float) -> str:
        """Return a value as an argument of that call: a number, or a text with the unit inside."""
        if self.dimension is None:
            return shortest(value)
        return f"'{shortest(value)}'" if self.dimension == NO_DIMENSION else f"'{shortest(value)} {self.dimension}'"

    def __repr__(self) -> str:
        return self.call()


def agreed(what: str, **given: object) -> tuple[list[float], Dimension | None]:
    """Return arguments as numbers in the units inside, and the dimension of those that have a unit.

    Raises
    ------
    ModelError
        For what is no quantity, and for units of two dimensions.
    """
    found = {name: quantity(value, f"{what}: {name} =") for name, value in given.items()}
    first, dimension = "", None
    for name, one in found.items():
        if dimension is None:
            first, dimension = name, one.dimension
        elif one.dimension not in (None, dimension):
            raise ModelError(
                f"{what}: {name} = {shown(given[name])}: a unit of {one.dimension}; "
                f"expected one of {dimension}, as {first} = {shown(given[first])} has"
            )
    return [one.value for one in found.values()], dimension


def check_above(what: str, least: float = 0.0, **numbers: float) -> None:
    """Refuse arguments that are not above a number.

    Raises
    ------
    ModelError
        Naming the argument.
    """
    for name, value in numbers.items():
        if not value > least:
            raise ModelError(f"{what}: {name} = {shortest(value)}; expected a number above {shortest(least)}")
