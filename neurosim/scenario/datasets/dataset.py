"""What a scenario is given: inputs, labels, and the three parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import SpecError
from neurosim.program.schedule import Array, Events

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with their labels, and three parts of them that share no sample.

    Parameters
    ----------
    inputs
        Numbers in [0, 1], shape (samples, units), or spikes: `Events` with a trial for each sample.
    labels
        The class of each sample, from 0; shape (samples,).
    train, validation, test
        Indices of samples, ascending, shape (samples of the part,).
    groups
        Who or what a sample comes from (the speaker, in spoken digits), from 0; shape (samples,). None if not known.
    """

    name: str
    inputs: Array | Events
    labels: Indices
    train: Indices
    validation: Indices
    test: Indices
    groups: Indices | None = None

    @property
    def classes(self) -> int:
        """How many classes there are: the largest label and one."""
        return int(self.labels.max()) + 1

    @property
    def units(self) -> int:
        """How many values a sample has, or how many units may spike."""
        return self.inputs.units if isinstance(self.inputs, Events) else self.inputs.shape[1]

    @property
    def sample_bits(self) -> int:
        """The bits of a sample: one for each step and unit of spikes, else those of its numbers as they are held."""
        if isinstance(self.inputs, Events):
            return self.inputs.steps * self.inputs.units
        return 8 * self.inputs.itemsize * self.units

    @property
    def array(self) -> Array:
        """The inputs, shape (samples, units).

        Raises
        ------
        SpecError
            If they are spikes.
        """
        if isinstance(self.inputs, Events):
            raise SpecError(f"data set {self.name} has spikes in time, expected an array of numbers for each sample")
        return self.inputs
