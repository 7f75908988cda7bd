"""Where the printed function of a run writes what probes record."""

from __future__ import annotations

import math
import mmap
import tempfile
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.program.program import Program, ProgramProbe, Selection
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events, Recording
from neurosim.program.source.operations import OPERATIONS
from neurosim.program.trial.state import start_state

Fired = NDArray[np.integer]
"""Indices of the neurons that fired in a step, of shape (spikes,)."""


STATE = "state"
"""Among the arrays of a `Recorder` those of the state; no probe has its name."""

LARGE = 2**26
"""Bytes of a recording that is kept in a file, and that are written to it before they leave the memory."""


class Recorder:
    """The arrays into which the printed function of a run writes.

    Attributes
    ----------
    rooms
        By the name of a probe: float64 of shape (trials, rows, ...), or (trials, ...) for an end of a phase; what is
        recorded at once has the shape of `Program.recorded_shape`. For spikes a list with the indices for each step.
    arrays
        The same as statements take them: they are given a whole variable, also where some of it is recorded. By
        `OPERATIONS`: the count of effective synaptic operations, int64 of shape (1,). By `STATE`, of a run of one
        trial: the arrays of the state, that of its start and then that of its end.
    """

    def __init__(self, run: Run):
        self.run = run
        self.rooms: dict[str, Any] = {q.name: self._room(q) for q in run.program.probes}
        self.arrays: dict[str, Any] = {q.name: taken(run.program, q, self.rooms[q.name]) for q in run.program.probes}
        self.arrays[OPERATIONS] = np.zeros(1, np.int64)
        if run.count == 1:
            self.arrays[STATE] = start_state(run.program) | {n: a.copy() for n, a in (run.state or {}).items()}

    def _room(self, probe: ProgramProbe) -> Any:
        if probe.variable == "spike":
            return []
        shape = self.run.program.recorded_shape(probe)
        if probe.when == "step":
            return room((self.run.count, probe.rows(self.run.steps), *shape))
        ends = self.run.ends_phase(probe.phase)
        return room((self.run.count if ends else 0, *shape))

    @property
    def operations(self) -> int:
        """Number of effective synaptic operations."""
        return int(self.arrays[OPERATIONS][0])

    @property
    def state(self) -> dict[str, Array] | None:
        """The state that a run of one trial leaves; None for several."""
        return self.arrays.get(STATE)

    def probes(self) -> dict[str, Recording]:
        """Return by the name of the probe an array, of the shape of its room, or `Events`."""
        sizes = {q.name: self.run.program.group(q.group).size for q in self.run.program.probes if q.variable == "spike"}
        rooms = self.rooms.items()
        return {n: Events.from_lists(a, self.run.steps, sizes[n]) if n in sizes else np.asarray(a) for n, a in rooms}


def room(shape: tuple[int, ...]) -> Array:
    """Return a new array of a shape; a large one is a file without a name, which takes no memory once it is written."""
    if 8 * math.prod(shape) <= LARGE:
        return np.empty(shape)
    with tempfile.TemporaryFile(prefix="neurosim-") as file:
        return np.memmap(file, np.float64, "w+", shape=shape)


class Filed:
    """A file as an array that is written from its beginning to its end; what is written leaves the memory.

    Parameters
    ----------
    array
        As of `room`.
    """

    def __init__(self, array: np.memmap[Any, np.dtype[np.float64]]):
        self._array, self._written = array, 0

    def __setitem__(self, where: Any, values: Array) -> None:
        self._array[where] = values
        self._written += values.nbytes
        if self._written > LARGE:
            self._array._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]
            self._written = 0


def filed(array: Array) -> Array | Filed:
    """Return an array, or the file that it is, as what is written into."""
    return Filed(array) if isinstance(array, np.memmap) and hasattr(mmap, "MADV_DONTNEED") else array


class ChosenUnits:
    """An array that is given whole variables, and keeps the units that are selected.

    Parameters
    ----------
    array
        Of shape (..., units).
    flat
        Whether a variable is an array that is selected from as it lies, row by row; else its last axis is of neurons.
    """

    def __init__(self, array: Array | Filed, selection: Selection, flat: bool):
        self._array, self._units, self._flat = array, selection.units, flat

    def __setitem__(self, where: Any, values: Array) -> None:
        self._array[where] = (values.ravel() if self._flat else values)[..., self._units]


class ChosenSpikes:
    """A list that is given the spikes of a step, and keeps those of the neurons that are selected.

    Parameters
    ----------
    spikes
        A list, or what takes spikes like one.
    """

    def __init__(self, spikes: Any, selection: Selection, size: int):
        self._spikes, self._selected = spikes, np.zeros(size, dtype=bool)
        self._selected[selection.units] = True

    def append(self, fired: Fired) -> None:
        """Keep those of a step."""
        self._spikes.append(fired[self._selected[fired]])

    def __iadd__(self, steps: Iterable[Fired]) -> ChosenSpikes:
        """Keep those of several steps."""
        for fired in steps:
            self.append(fired)
        return self


def taken(program: Program, probe: ProgramProbe, room: Any) -> Any:
    """Return what statements write into, for an array or a list that is recorded in."""
    room = room if isinstance(room, list) else filed(room)
    if probe.selection is None:
        return room
    if probe.variable == "spike":
        return ChosenSpikes(room, probe.selection, program.group(probe.group).size)
    return ChosenUnits(room, probe.selection, flat=program.is_learned(probe))
