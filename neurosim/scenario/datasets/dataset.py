"""What a scenario is given: inputs, labels, and the three parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import SpecError
from neurosim.program.schedule import Array, Stimulus
from neurosim.program.trial.stimuli import Events, Rows

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with their labels, and three parts of them that share no sample.

    Parameters
    ----------
    inputs
        Numbers in [0, 1], shape (samples, units), or spikes: `Events` with a trial for each sample; or `Rows` of
        either, as of pixels that are kept as bytes.
    labels
        The class of each sample, from 0; shape (samples,).
    train, validation, test
        Indices of samples, ascending, shape (samples of the part,).
    groups
        Who or what a sample comes from (the speaker, in spoken digits), from 0; shape (samples,). None if not known.
    shape
        Of a sample, whose values lie in it row by row: (rows, columns), or (channels, rows, columns). None if it is
        not known.
    class_names
        A name for each class, in the order of the labels; None if they have none.
    source
        The path of the user's own file or folder that gave the samples, and the SHA-256 of its contents; None if none
        did.
    notes
        A line for each thing about the samples that a user should know.
    """

    name: str
    inputs: Stimulus
    labels: Indices
    train: Indices
    validation: Indices
    test: Indices
    groups: Indices | None = None
    shape: tuple[int, ...] | None = None
    class_names: tuple[str, ...] | None = None
    source: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """How many classes there are: the largest label and one."""
        return int(self.labels.max()) + 1

    @cached_property
    def rows(self) -> Rows:
        """The inputs as they are stored, a row for each sample."""
        return self.inputs if isinstance(self.inputs, Rows) else Rows(self.inputs, what=f"data set {self.name}: inputs")

    @property
    def units(self) -> int:
        """How many values a sample has, or how many units may spike."""
        return self.rows.shape[-1]

    @property
    def sample_bits(self) -> int:
        """The bits of a sample: one for each step and unit of spikes, else 64 for each of its numbers."""
        return math.prod(self.rows.shape[1:]) * (1 if self.rows.is_events else 64)

    @property
    def array(self) -> Array:
        """The inputs as float64, shape (samples, units); made anew from what is stored otherwise.

        Raises
        ------
        SpecError
            If they are spikes.
        """
        shown = self.rows.gathered()
        if isinstance(shown, Events):
            raise SpecError(f"data set {self.name} has spikes in time, expected an array of numbers for each sample")
        return shown
