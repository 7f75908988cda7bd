"""Values that are drawn anew again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.edges.values import shown
from neurosim.errors import ModelError
from neurosim.model.fixed import FixedArray
from neurosim.model.units import Dimension
from neurosim.program.schedule import Array
from neurosim.simulation.sources.levels import Given, levels, size_from
from neurosim.simulation.sources.source import BLOCK, Source
from neurosim.simulation.sources.steps import duration, whole_steps


@dataclass(frozen=True)
class NoisyCurrent(Source):
    """I_i(t) = mean_i + sd_i*xi_i, with another xi_i for each span of time; see `noisy_current`.

    Attributes
    ----------
    mean, sd
        In the units inside, shape (size,), or (1,) where all neurons have the same.
    every
        How long a value is held, in ms; None for one step.
    dimension
        What the values are of; None where none had a unit.
    """

    mean: FixedArray
    sd: FixedArray
    every: float | None = None
    dimension: Dimension | None = None

    is_spikes: ClassVar[bool] = False

    @property
    def measured_in(self) -> Dimension | None:
        """The dimension of its values; None where none had a unit."""
        return self.dimension

    def block_steps(self, dt: float) -> int:
        """Return the number of steps that are drawn together: no value is held across their end."""
        held = self._held(dt)
        return -(-BLOCK // held) * held

    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Array:
        """Return the values of steps first to stop - 1, shape (steps, size), the first of them a new one.

        Raises
        ------
        ModelError
            If a value is not held for a whole number of steps.
        """
        held = self._held(dt)
        values = random.standard_normal((-(-(stop - first) // held), self.neurons))
        with np.errstate(over="ignore", invalid="ignore"):  # a run refuses what is infinite
            values *= self.sd.values
            values += self.mean.values
        if len(values) == 1:
            return np.broadcast_to(values, (stop - first, self.neurons))
        return values if held == 1 else np.repeat(values, held, axis=0)[: stop - first]

    def _held(self, dt: float) -> int:
        return 1 if self.every is None else whole_steps(self.every, dt, "noisy_current: every")


def noisy_current(
    mean: Given, sd: Given, *, every: float | str | None = None, unit: str | None = None, size: int | None = None
) -> NoisyCurrent:
    """I_i(t) = mean_i + sd_i*xi_i, xi_i ~ N(0, 1), independent for each neuron and each span of `every`.

    What such a current does to a neuron that integrates it depends on how long a value is held: its variance over a
    long time T is sd**2*every/T. Without `every` that is dt, so another dt is another noise.

    Parameters
    ----------
    mean, sd
        Numbers in the unit inside, nA for a current, or texts with a unit, for all neurons; arrays of shape (size,) for
        each. `sd` is 0 or above.
    every
        How long a value is held, a whole number of steps; one step if it is not given.
    unit
        Of numbers that are not in the unit inside: ``"pA"``.
    size
        Number of neurons; None for as many as there are, or as an array has values.

    Raises
    ------
    ModelError
        For what is no finite number, an array of another shape, units that differ in dimension, and a negative `sd`.
        When it is drawn: if a value is not held for a whole number of steps.

    Examples
    --------
    >>> import neurosim as ns
    >>> from neurosim.model.randomness import stream
    >>> noise = ns.noisy_current("0.2 nA", "50 pA", every="1 ms")
    >>> noise.draw(stream(1, "s"), steps=100, dt="0.1 ms", size=3).shape
    (100, 3)
    """
    neurons = size_from(size, "noisy_current")
    centre = levels(mean, neurons, "noisy_current: mean", unit=unit)
    spread = levels(sd, neurons, "noisy_current: sd", unit=unit)
    if None not in (centre.dimension, spread.dimension) and centre.dimension != spread.dimension:
        raise ModelError(
            f"noisy_current: sd = {shown(sd)}: a unit of {spread.dimension}; "
            f"expected one of {centre.dimension}, as mean = {shown(mean)} has"
        )
    if spread.values.values.min() < 0:
        raise ModelError(f"noisy_current: sd = {shown(sd)} has negative values; expected 0 or more")
    held = None if every is None else duration(every, "noisy_current: every =")
    return NoisyCurrent(
        size_from(neurons, "noisy_current", centre, spread),
        FixedArray(centre.values.values[0]),
        FixedArray(spread.values.values[0]),
        held,
        centre.dimension or spread.dimension,
    )
