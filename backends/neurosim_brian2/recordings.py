"""What Brian2's monitors hold, as the recordings of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurosim.program.program import ProgramProbe
from neurosim.program.run import Run
from neurosim.program.schedule import Events, Recording
from neurosim_brian2.layout import of_neuron


def recorded(probe: ProgramProbe) -> list[str]:
    """Names of the monitor's variables, in the order that `recording` takes."""
    return ["t", "i"] if probe.variable == "spike" else [of_neuron(probe.variable)]


def kinds(probe: ProgramProbe) -> list[type[np.generic]]:
    """Their number formats in Brian2."""
    return [np.float64, np.int32] if probe.variable == "spike" else [np.float64]


def recording(probe: ProgramProbe, run: Run, values: Sequence[NDArray[np.generic]]) -> Recording:
    """The recording of a probe from its monitor's variables; a row of a StateMonitor is a step or a trial."""
    size = run.program.group(probe.group).size
    if probe.variable == "spike":
        times, units = values
        offsets = np.searchsorted(times, np.arange(run.count * run.steps + 1))
        return Events(offsets.astype(np.int64), units.astype(np.int32), run.steps, size)
    rows = np.asarray(values[0], dtype=np.float64)
    return rows.reshape(run.count, run.steps, size) if probe.when == "step" else rows.reshape(-1, size)
