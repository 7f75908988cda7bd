"""What probes record: by the cursor in C++ into files of a run's folder, or by Brian2's monitors in this process."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.program.program import Program, ProgramProbe
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events, Recording
from neurosim_brian2 import layout
from neurosim_brian2.layout import NameOfArray

LARGE = 2**24
"""Bytes of a file that is not read into memory at once."""


def opened(program: Program) -> list[str]:
    """Lines of C++ that open the files of all recordings, and read which units are recorded."""
    lines = []
    for i, q in enumerate(program.probes):
        lines.append(f'cursor::Recording probe_{i}("probe_{i}");')
        if q.variable == "spike":
            lines.append(f'cursor::Recording spikes_{i}("spikes_{i}");')
        if q.selection is not None:
            lines += [f"std::vector<int32_t> chosen_{i};", f'cursor::read("chosen_{i}", chosen_{i});']
        if q.selection is not None and q.variable == "spike":
            size = program.group(q.group).size
            lines.append(f"const auto selected_{i} = cursor::among(chosen_{i}, {size});")
    return lines


def recorded(program: Program, array: NameOfArray) -> list[str]:
    """Lines of C++ that record what is due in a step."""
    return [_due(q, _record(program, i, q, array)) for i, q in enumerate(program.probes)]


def _due(probe: ProgramProbe, line: str) -> str:
    if probe.when == "end":
        return f"if (ended == {probe.phase}) {line}"
    return line if probe.every == 1 else f"if (step % {probe.every} == 0) {line}"


def _record(program: Program, index: int, probe: ProgramProbe, array: NameOfArray) -> str:
    if probe.variable == "spike":
        spikes, size = array(probe.group, "_spikespace"), program.group(probe.group).size
        selected = "" if probe.selection is None else f", selected_{index}"
        return f"cursor::record_spikes(probe_{index}, spikes_{index}, {spikes}, {spikes}[{size}]{selected});"
    values = array(*layout.recorded(program, probe))
    if layout.of_synapses(program, probe):
        first, count = f"{values}.data()", f"{values}.size()"
    else:
        first, count = values, str(_size(program, probe))
    return f"probe_{index}.write({first}, {count if probe.selection is None else f'chosen_{index}'});"


def _size(program: Program, probe: ProgramProbe) -> int:
    """How many neurons, or weights that synapses share, have what a probe records."""
    kernel = next((m.kernel for m in program.matrices if m.name == probe.group), None)
    return program.group(probe.group).size if kernel is None else math.prod(kernel)


def write_selections(folder: Path, program: Program) -> None:
    """Write which units are recorded to where the cursor reads it."""
    for i, q in enumerate(program.probes):
        if q.selection is not None:
            q.selection.units.tofile(folder / f"chosen_{i}")


def of_files(folder: Path, index: int, probe: ProgramProbe, run: Run) -> Recording:
    """Return what the cursor recorded; of large files what is looked at comes into memory, also when they are gone."""
    if probe.variable != "spike":
        return _rows(_content(folder / f"probe_{index}", np.float64), probe, run)
    counts = np.fromfile(folder / f"probe_{index}", np.int32)
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    units = _content(folder / f"spikes_{index}", np.int32)
    return Events(offsets, units, run.steps, run.program.group(probe.group).size)


def _content(path: Path, kind: type[np.generic]) -> NDArray[Any]:
    return np.memmap(path, kind, "c") if path.stat().st_size > LARGE else np.fromfile(path, kind)


def of_monitor(probe: ProgramProbe, run: Run, monitor: Any) -> Recording:
    """Return what a monitor of Brian2 holds; a row of a StateMonitor is a step or a trial."""
    if probe.variable != "spike":
        _, name = layout.recorded(run.program, probe)
        return _rows(np.array(monitor.variables[name].get_value(), dtype=np.float64), probe, run)
    times, units = (np.array(monitor.variables[v].get_value()) for v in ("t", "i"))
    if probe.selection is not None:
        selected = np.isin(units, probe.selection.units)
        times, units = times[selected], units[selected]
    offsets = np.searchsorted(times, np.arange(run.count * run.steps + 1))
    size = run.program.group(probe.group).size
    return Events(offsets.astype(np.int64), units.astype(np.int32), run.steps, size)


def _rows(values: Array, probe: ProgramProbe, run: Run) -> Array:
    rows = (run.count, probe.rows(run.steps)) if probe.when == "step" else (-1,)
    return values.reshape(*rows, *run.program.recorded_shape(probe))
