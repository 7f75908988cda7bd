"""What a simulation recorded: spikes and samples by name, with times in ms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.files import path_of
from neurosim.edges.values import several, whole_number
from neurosim.errors import InputError, ModelError, nearest
from neurosim.model.display.notebook import table_html
from neurosim.program.schedule import Array, Events
from neurosim.simulation.description.recordable import whole_steps

if TYPE_CHECKING:
    import neo
    import pandas
    import xarray
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class SpikeTrain:
    """The spikes of a population, in the order of time, then of neurons.

    Parameters
    ----------
    events
        Of one trial.
    dt
        Of a step, in ms.
    first
        The step of the simulation with which they begin.
    """

    events: Events
    dt: float
    first: int = 0

    @cached_property
    def _pairs(self) -> NDArray[np.int64]:
        return self.events.pairs()

    @cached_property
    def times(self) -> Array:
        """In ms, of the beginning of the step; float64 of shape (spikes,)."""
        return (self.first + self._pairs[:, 0]) * np.float64(self.dt)

    @property
    def indices(self) -> NDArray[np.int64]:
        """The neurons, of shape (spikes,)."""
        return self._pairs[:, 1]

    @property
    def size(self) -> int:
        """Neurons of the population."""
        return self.events.units

    @property
    def duration(self) -> float:
        """Of the recording, in ms."""
        return self.events.steps * self.dt

    def __len__(self) -> int:
        return self.events.count

    def __getitem__(self, neuron: int) -> Array:
        """Return the times of one neuron.

        Raises
        ------
        InputError
            For what is no neuron of the population.
        """
        neuron = whole_number(neuron, "spikes: neuron", least=0, most=self.size - 1)
        return np.asarray(self.times[self.indices == neuron], np.float64)

    @property
    def rate(self) -> float:
        """The mean of all neurons, in Hz."""
        time = self.size * self.duration / 1000
        return len(self) / time if time else 0.0

    @property
    def counts(self) -> NDArray[np.int64]:
        """Spikes of each neuron, of shape (size,)."""
        return np.bincount(self.indices, minlength=self.size)

    def __repr__(self) -> str:
        return f"<{len(self):,} spikes of {self.size:,} neurons, {self.rate:.3g} Hz>"


@dataclass(frozen=True, eq=False, repr=False)
class SampledTrace:
    """Samples of a variable.

    Attributes
    ----------
    times
        In ms, of the end of the step; float64 of shape (samples,).
    values
        Float64 of shape (samples, units).
    units
        Indices of the neurons or synapses, of shape (units,).
    measured_in
        The unit of the values, such as ``"mV"``; empty where there is none, or it is not known.
    """

    times: Array
    values: Array
    units: NDArray[np.integer]
    measured_in: str = ""

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, unit: int) -> Array:
        """Return the samples of one neuron or synapse.

        Raises
        ------
        InputError
            For one that was not recorded.
        """
        found = np.flatnonzero(self.units == whole_number(unit, "trace: unit"))
        if not len(found):
            raise InputError(f"trace: unit {unit} was not recorded; {nearest(str(unit), map(str, self.units[:10]))}")
        return self.values[:, found[0]]

    def __repr__(self) -> str:
        return f"<{len(self):,} samples of {len(self.units):,} units>"


Recorded = SpikeTrain | SampledTrace


@dataclass(frozen=True, eq=False, repr=False)
class Recording(Mapping[str, Recorded]):
    """What one backend recorded, by name: ``recording["e.spikes"]``, ``recording["e.v"]``.

    Attributes
    ----------
    recorded
        By the names of what was recorded.
    backend
        ``NAME:MODE``.
    kind
        Whether that was the reference, a simulator, or hardware.
    dt, duration
        In ms.
    learned
        What is learned, after the simulation, by name.
    seconds
        How long the simulation took, without compiling.
    wall
        How long all of it took.
    start
        The time of the simulation with which it begins, in ms.
    """

    recorded: Mapping[str, Recorded]
    backend: str
    kind: str
    dt: float
    duration: float
    learned: Mapping[str, Array]
    seconds: float
    wall: float
    start: float = 0.0

    def __getitem__(self, name: str) -> Recorded:
        """Return what was recorded under a name.

        Raises
        ------
        InputError
            For a name that is not among them.
        """
        if name not in self:
            raise InputError(f"recording: no '{name}'; {nearest(str(name), self.recorded)}")
        return self.recorded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.recorded)

    def __len__(self) -> int:
        return len(self.recorded)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.recorded

    def spikes(self) -> dict[str, SpikeTrain]:
        """Return all spikes, by name."""
        return {n: r for n, r in self.items() if isinstance(r, SpikeTrain)}

    def traces(self) -> dict[str, SampledTrace]:
        """Return all samples, by name."""
        return {n: r for n, r in self.items() if isinstance(r, SampledTrace)}

    def raster(self, names: list[str] | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw a dot for each spike, time to the right, populations above each other.

        Parameters
        ----------
        names
            Of spikes; None for all.
        ax
            Where to draw; None for a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where it is drawn.

        Raises
        ------
        InputError
            For a name that is not among the spikes.
        BackendUnavailable
            Where matplotlib is missing.
        """
        from neurosim.simulation.recordings import pictures

        return pictures.raster(self._trains(names), self.span, ax)

    def rates(self, names: list[str] | None = None, *, every: str | float = "5 ms", ax: Axes | None = None) -> Axes:
        """Draw the firing rate over time, spikes/(neurons*time) in Hz, a line a population.

        Parameters
        ----------
        names
            Of spikes; None for all.
        every
            A time: how long a span is in which spikes are counted, of steps of the simulation.
        ax
            Where to draw; None for a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where it is drawn.

        Raises
        ------
        InputError
            For a name that is not among the spikes.
        ModelError
            For a time that is no whole number of steps, at least one.
        BackendUnavailable
            Where matplotlib is missing.
        """
        from neurosim.simulation.recordings import pictures

        what = "rates: every ="
        steps = whole_number(whole_steps(every, self.dt, what), what, least=1, error=ModelError)
        return pictures.rates(self._trains(names), steps, self.span, ax)

    def trace(self, name: str, units: list[int] | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the samples of a variable over time, a line a unit.

        Parameters
        ----------
        name
            Of the variable: ``"e.v"``.
        units
            Which of the recorded ones; None for all, or the first where there are many.
        ax
            Where to draw; None for a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where it is drawn.

        Raises
        ------
        InputError
            For a name or a unit that was not recorded.
        BackendUnavailable
            Where matplotlib is missing.
        """
        from neurosim.simulation.recordings import pictures

        found = self[name]
        if not isinstance(found, SampledTrace):
            raise InputError(f"recording: '{name}' has spikes; expected a variable, or raster()")
        return pictures.trace(name, found, units, ax)

    def weights(self, name: str, *, ax: Axes | None = None) -> Axes:
        """Draw how what is learned is distributed in the end; of all pairs, as a matrix.

        Parameters
        ----------
        name
            Of what is learned: ``"feed.w"``.
        ax
            Where to draw; None for a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where it is drawn.

        Raises
        ------
        InputError
            For a name that is not among what is learned.
        BackendUnavailable
            Where matplotlib is missing.
        """
        from neurosim.simulation.recordings import pictures

        if name not in self.learned:
            raise InputError(f"recording: nothing learned is called '{name}'; {nearest(str(name), self.learned)}")
        return pictures.weights(name, self.learned[name], ax)

    def to_pandas(self) -> dict[str, pandas.DataFrame]:
        """Return a table for each name: of spikes with time and neuron, of samples with a column for each unit."""
        from neurosim.simulation.recordings import frames

        return frames.to_pandas(self)

    def to_xarray(self) -> xarray.Dataset:
        """Return the samples as arrays with their times, and the spikes as lists."""
        from neurosim.simulation.recordings import frames

        return frames.to_xarray(self)

    def to_neo(self) -> neo.Block:
        """Return a block of Neo: spike trains in ms, one for each neuron, and signals in the units of their variables.

        Raises
        ------
        BackendUnavailable
            Where Neo is missing.
        """
        from neurosim.simulation.recordings import exchange

        return exchange.to_neo(self)

    def save(self, path: str | Path) -> None:
        """Write it to a file in HDF5, with a checksum.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        from neurosim.simulation.recordings import files

        files.save(self, path_of(path, "save: path"))

    @staticmethod
    def load(path: str | Path) -> Recording:
        """Return the recording that `save` wrote, equal to the bit.

        Raises
        ------
        InputError
            If the file is missing, is of another version, or is not as it was written.
        """
        from neurosim.simulation.recordings import files

        return files.load(path_of(path, "load: path"))

    def _trains(self, names: list[str] | None) -> dict[str, SpikeTrain]:
        if names is None:
            return self.spikes()
        wanted = several(names, str, "recording: names", "names of spikes, such as 'e.spikes'")
        return {n: self._spikes(n) for n in wanted}

    def _spikes(self, name: str) -> SpikeTrain:
        found = self[name]
        if not isinstance(found, SpikeTrain):
            raise InputError(f"recording: '{name}' has samples; expected spikes, or trace('{name}')")
        return found

    @property
    def span(self) -> tuple[float, float]:
        """When it begins and ends, in ms."""
        return self.start, self.start + self.duration

    @property
    def title(self) -> str:
        """How long it is, and where it was made."""
        return f"Recording of {self.duration:g} ms on {self.backend} in {self.seconds:.2f} s"

    def __repr__(self) -> str:
        return "\n".join([self.title, *(f"{n}: {r!r}" for n, r in self.items())])

    def _repr_html_(self) -> str:
        rows = [(n, repr(r).strip("<>")) for n, r in self.items()]
        return f"<div>{table_html(self.title, ('name', 'what'), rows)}</div>"
