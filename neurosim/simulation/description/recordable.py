"""What can be recorded: ``e.spikes``, ``e.v[:10]``, ``feed.w``; a variable, some of its units, some of the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import whole_number
from neurosim.errors import ModelError
from neurosim.model.units import MILLISECONDS, Dimension, inside
from neurosim.program.schedule import Probe

SPIKES = "spikes"

Units = Sequence[int] | NDArray[np.integer] | None


@dataclass(frozen=True)
class Recordable:
    """A variable of a part of the network.

    Parameters
    ----------
    part, variable
        Names, such as ``"e"`` and ``"v"``; ``"spikes"`` for the spikes of a population.
    size
        Neurons, or synapses.
    units
        Indices of those that are recorded; None for all.
    interval
        A time between two samples: ``"1 ms"`` or a number of ms. None for every step.
    dimension
        What it is measured in; None if that is not known.
    """

    part: str
    variable: str
    size: int
    units: Units = None
    interval: str | float | None = None
    dimension: Dimension | None = None

    @property
    def name(self) -> str:
        """Its key in a recording: ``"e.v"``."""
        return f"{self.part}.{self.variable}"

    @property
    def is_of_spikes(self) -> bool:
        """Whether it is the spikes of a population or a source."""
        return self.variable == SPIKES

    def __getitem__(self, chosen: int | slice | Sequence[int] | NDArray[np.integer]) -> Recordable:
        """Return the same of some units, chosen as from a list: ``e.v[:10]``, ``e.v[[3, 7]]``."""
        if isinstance(chosen, slice):
            return replace(self, units=self._sliced(chosen))
        if isinstance(chosen, (int, np.integer)):
            chosen = [int(chosen)]
        found = np.asarray(chosen)
        if found.dtype == bool:
            found = found.nonzero()[0]
        if found.dtype.kind not in "iu" or found.ndim != 1 or (found >= self.size).any() or (found < -self.size).any():
            raise ModelError(f"record {self.name}[{chosen}]: expected indices of {self.size} units, such as [:10]")
        return replace(self, units=(found % self.size).tolist())

    def _sliced(self, chosen: slice) -> range:
        try:
            found = range(self.size)[chosen]
        except (TypeError, ValueError):  # no whole numbers, or a step of 0
            found = range(0)
        if not found:
            ends = ["" if n is None else str(n) for n in (chosen.start, chosen.stop, chosen.step)]
            written = ":".join(ends if ends[2] else ends[:2])
            raise ModelError(f"record {self.name}[{written}]: no units; expected some of {self.size}, such as [:10]")
        return found

    __iter__ = None  # it is no list of recordables, though units can be chosen

    def every(self, interval: str | float) -> Recordable:
        """Return the same with so much time between two samples: ``e.v.every("1 ms")``."""
        inside(interval, MILLISECONDS, f"record {self.name}: every =")
        return replace(self, interval=interval)

    def probe(self, dt: float) -> Probe:
        """Return the probe that records it.

        Parameters
        ----------
        dt
            Of a step, in ms.

        Raises
        ------
        ModelError
            For an interval that is no whole number of steps.
        """
        variable = f"{self.part}.spike" if self.variable == SPIKES else self.name
        every = 1
        if self.interval is not None:
            what = f"record {self.name}: every ="
            every = whole_steps(self.interval, dt, what)
            every = whole_number(every, f"{what} {self.interval} is, in steps,", least=1, error=ModelError)
        return Probe(variable, "step", units=self.units, every=every)


def whole_steps(time: str | float, dt: float, what: str) -> int:
    """Return how many steps of `dt` ms a time has.

    Raises
    ------
    ModelError
        For what is no time, a time below 0, and one that is no whole number of steps.
    """
    milliseconds = inside(time, MILLISECONDS, what)
    if milliseconds < 0:
        raise ModelError(f"{what} {time}; expected 0 or more")
    steps = round(milliseconds / dt)
    if abs(steps * dt - milliseconds) > 1e-6 * dt:
        near = f"{steps * dt:g} ms"
        raise ModelError(f"{what} {time}: no whole number of steps of {dt:g} ms; the nearest is {near}")
    return steps
