"""What all sources are: spikes or values of neurons, drawn in blocks of steps that have streams of their own.

A block is drawn as a whole, from a stream that its number is in. So a simulation that goes on gets what one that was
never interrupted gets, in whatever parts it asks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import whole_number
from neurosim.errors import ModelError
from neurosim.model.randomness import stream
from neurosim.model.units import Dimension
from neurosim.program.schedule import Array, Events
from neurosim.simulation.sources.steps import step_length

BLOCK = 1000
"""Steps that are drawn together, for most sources."""

MOST = np.iinfo(np.int32).max
"""Neurons of a source."""

Shown = Events | Array
"""Spikes of one trial, or values of shape (steps, size)."""


@dataclass(frozen=True)
class Source(ABC):
    """Spikes or values of neurons that nothing acts upon.

    Attributes
    ----------
    size
        Number of neurons; None where values are for as many as there are.
    is_spikes
        Whether they spike; others have a value in each step.
    """

    size: int | None

    is_spikes: ClassVar[bool]

    @property
    def measured_in(self) -> Dimension | None:
        """The dimension of its values; None where none had a unit, and of spikes."""
        return None

    @abstractmethod
    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Shown:
        """Return what is shown in steps first to stop - 1, drawn from a generator of these steps alone."""

    def check(self, steps: int, dt: float) -> None:  # noqa: B027  # most can have any steps
        """Refuse steps that the source cannot have.

        Parameters
        ----------
        steps
            Those from the beginning of the simulation to its end.
        dt
            Length of a step in ms.

        Raises
        ------
        ModelError
            Naming the source.
        """

    def block_steps(self, dt: float) -> int:
        """Return the number of steps that are drawn together, dt in ms."""
        return BLOCK

    @property
    def neurons(self) -> int:
        """The number of neurons.

        Raises
        ------
        ModelError
            If it is not known.
        """
        if self.size is None:
            raise ModelError(f"{type(self).__name__}: values for as many neurons as there are; expected size=")
        return self.size

    def of_size(self, size: int | None) -> Source:
        """Return the source for a number of neurons; itself for None.

        Raises
        ------
        ModelError
            For a source of another size.
        """
        if size is None or size == self.size:
            return self
        if self.size is not None:
            raise ModelError(f"{type(self).__name__}: of {self.size} neurons; expected {size}, as the population has")
        return replace(self, size=size_of(size, type(self).__name__))

    def draw(self, random: np.random.Generator, steps: int, dt: float | str, size: int | None = None) -> Shown:
        """Draw one trial, all of it from one generator.

        Parameters
        ----------
        steps
            Steps of the trial, at least 1.
        dt
            Length of a step: a number in ms, or a text with a unit.
        size
            Number of neurons, where the source has none of its own.

        Returns
        -------
        Events or ndarray
            Spikes of one trial, or values in the units inside, float64 of shape (steps, size).

        Raises
        ------
        ModelError
            For steps that the source cannot have, and for another size.
        """
        count, length = whole_number(steps, "source: steps", least=1, error=ModelError), step_length(dt)
        sized = self.of_size(size)
        sized.check(count, length)
        return sized.shown(random, 0, count, length)

    def drawn(self, seed: int, name: str, steps: int, dt: float | str, size: int | None = None) -> Shown:
        """Return all steps from 0 on, joined from `blocks`, whose arguments and errors these are."""
        return self.between(seed, name, 0, steps, dt, size)

    def between(
        self, seed: int, name: str, first_step: int, stop_step: int, dt: float | str, size: int | None = None
    ) -> Shown:
        """Return what `blocks` yields as one.

        Raises
        ------
        ModelError
            As of `blocks`, and for no steps.
        """
        whole_number(stop_step, f"source {name}: stop step", least=first_step + 1, error=ModelError)
        return joined(self.blocks(seed, name, first_step, stop_step, dt, size))

    def blocks(
        self, seed: int, name: str, first_step: int, stop_step: int, dt: float | str, size: int | None = None
    ) -> Iterator[Shown]:
        """Yield what is shown in steps first_step to stop_step - 1, a block at a time.

        Block k is drawn from the stream ``source/NAME/k``. So the parts in which a simulation asks for its steps change
        nothing; a part that ends within a block costs as much as one that ends with it.

        Parameters
        ----------
        seed
            Of the simulation.
        name
            Of what is driven: sources of other names are independent.
        first_step, stop_step
            Counted from the beginning of the simulation.
        dt
            Length of a step: a number in ms, or a text with a unit.
        size
            Number of neurons, where the source has none of its own.

        Yields
        ------
        Events or ndarray
            As `draw` returns it, of the steps of a block.

        Raises
        ------
        ModelError
            For steps that the source cannot have, and for another size.
        """
        first = whole_number(first_step, f"source {name}: first step", least=0, error=ModelError)
        stop = whole_number(stop_step, f"source {name}: stop step", least=first, error=ModelError)
        sized, length = self.of_size(size), step_length(dt)
        sized.check(stop, length)
        block = sized.block_steps(length)
        for index in range(first // block, -(-stop // block) if stop > first else 0):
            start = index * block
            whole = sized.shown(stream(seed, "source", name, index), start, start + block, length)
            yield _cut(whole, max(first - start, 0), min(stop - start, block))


def joined(parts: Iterable[Shown]) -> Shown:
    """Return what is shown in steps that follow each other, all of one kind, as one."""
    found = list(parts)
    spikes = [part for part in found if isinstance(part, Events)]
    if not spikes:
        return np.concatenate([part for part in found if not isinstance(part, Events)])
    return Events.one_trial(spikes)


def spikes_at(places: NDArray[np.int64], steps: int, size: int) -> Events:
    """Return events of one trial from step*size + neuron of each spike, ascending."""
    at = places // size
    offsets = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=steps))])
    return Events(offsets, (places - at * size).astype(np.int32), steps, size)


def size_of(given: object, what: str) -> int:
    """Return a number of neurons.

    Raises
    ------
    ModelError
        For what is no whole number of at least 1.
    """
    return whole_number(given, f"{what}: size", least=1, most=MOST, error=ModelError)


def _cut(part: Shown, first: int, stop: int) -> Shown:
    if isinstance(part, Events):
        return part if (first, stop) == (0, part.steps) else part.between(first, stop)
    return part[first:stop]
