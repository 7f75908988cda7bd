"""What a host reads of states.

y = floor(clip(x + bias + noise, low, high)*2**bits/(high - low) + 0.5)*(high - low)/2**bits

Without bits, y = x + bias + noise. A reading follows from the chip, the part of the run, the number of the trial, the
variable and the moment; so one that is repeated is the same, and two probes of one moment have one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from neurosim.backend.contract import Records
from neurosim.device.host_learning.reads import SPIKE
from neurosim.device.silicon import Readout
from neurosim.errors import UnsupportedFeature
from neurosim.model.equations.expressions import parse
from neurosim.model.randomness import stream
from neurosim.program.program import Program, ProgramProbe
from neurosim.program.schedule import Array, Events, Trials
from neurosim.program.variables import VariableKey

Moment = str | int
"""The phase at whose end a state is read, or the step of the trial."""

Where = tuple[str, int]
"""The part of a run, and the number of the trial within it."""

Units = NDArray[np.int32] | None
"""Indices of the neurons that are read; None for all."""

PhasesOfRun = Sequence[tuple[int, bool]]
"""Of each step that is run, the index of its phase, and whether it ends it."""


class Readings:
    """The readout of one chip.

    Parameters
    ----------
    program
        Its assignments say which states are those of an earlier moment.
    seed
        Of the chip.
    """

    def __init__(self, program: Program, readout: Readout, seed: int):
        self.program, self.readout, self.seed = program, readout, seed
        self._bias_of = lru_cache(maxsize=None)(self._bias)

    def at_end(self, values: Array, key: VariableKey, phase: int, where: Where, units: Units = None) -> Array:
        """Read a state at the end of a phase.

        One that keeps another one from the end of an earlier phase was read there.

        Parameters
        ----------
        values
            Of shape (units,).
        units
            The neurons that they are of; None for all.
        """
        origin, at = self._origin(key, phase)
        name = self.program.phases[at].name
        return self._read(values, origin, name, name, where, units)

    def in_step(
        self, values: Array, key: VariableKey, phase: int, step: int, where: Where, units: Units = None
    ) -> Array:
        """Read a state after a step of the trial that does not end its phase."""
        return self._read(values, key, self.program.phases[phase].name, step, where, units)

    def of(self, program: Program, records: Records, trials: Trials, step: int, phases: PhasesOfRun) -> Records:
        """Read what was recorded of states.

        Parameters
        ----------
        program
            That of the device.
        trials
            What was run, with the number of the first.
        step
            The number of the first step within the trial.
        phases
            Of each step that was run.
        """
        if self.readout.is_exact:
            return records
        read = {
            q.name: self._of_probe(q, recorded, trials, step, phases)
            for q in program.probes
            if is_state(program, q) and not isinstance(recorded := records[q.name], Events)
        }
        return replace(records, probes={**records.probes, **read})

    def _of_probe(self, probe: ProgramProbe, recorded: Array, trials: Trials, step: int, phases: PhasesOfRun) -> Array:
        key = VariableKey(probe.group, probe.variable)
        units = None if probe.selection is None else probe.selection.units
        read = np.array(recorded)
        for k, rows in enumerate(read):
            where = trials.phase, trials.first + k
            if probe.when == "end":
                rows[...] = self.at_end(rows, key, probe.phase, where, units)
                continue
            for row, at in zip(rows, range(0, len(phases), probe.every), strict=True):
                phase, ends = phases[at]
                if ends:
                    row[...] = self.at_end(row, key, phase, where, units)
                else:
                    row[...] = self.in_step(row, key, phase, step + at, where, units)
        return read

    def _read(self, values: Array, key: VariableKey, phase: str, moment: Moment, where: Where, units: Units) -> Array:
        r, size = self.readout, self.program.group(key.owner).size
        chosen = slice(None) if units is None else units
        y = values + self._bias_of(key.owner, phase, size)[chosen] if r.bias or r.common_bias else values
        if r.noise:
            random = stream(self.seed, "device", "readout", "noise", str(key), *where, moment)
            y = y + (r.noise * random.standard_normal(size))[chosen]
        if r.bits is None:
            return y
        steps = 2**r.bits / (r.high - r.low)
        return np.asarray(np.floor(np.clip(y, r.low, r.high) * steps + 0.5) / steps, dtype=np.float64)

    def _bias(self, group: str, phase: str, size: int) -> Array:
        common = stream(self.seed, "device", "readout", "common_bias", group).standard_normal(size)
        own = stream(self.seed, "device", "readout", "bias", group, phase).standard_normal(size)
        return np.asarray(self.readout.common_bias * common + self.readout.bias * own, dtype=np.float64)

    def _origin(self, key: VariableKey, phase: int) -> tuple[VariableKey, int]:
        """The state that a variable keeps, and the phase at whose end it was that one."""
        group = self.program.group(key.owner)
        if key.variable in {v for v, _ in (*group.update, *group.reset)}:
            return key, phase
        for index in range(phase - 1, -1, -1):
            for owner, variable, text in self.program.phases[index].assign:
                tree = parse(text)
                if (owner, variable) == (key.owner, key.variable):
                    if isinstance(tree, ast.Name) and tree.id in dict(group.state):
                        return self._origin(VariableKey(owner, tree.id), index)
                    return key, phase
        return key, phase


def refuse_unreadable(program: Program, readout: Readout, states: list[VariableKey], backend: str) -> None:
    """Refuse what reads states of a chip of which spikes alone can be read.

    Parameters
    ----------
    program
        With the probes of the user.
    states
        Those that rules read.

    Raises
    ------
    UnsupportedFeature
        Naming the state.
    """
    if readout.spikes_only:
        for what in _read(program, states):
            raise UnsupportedFeature(what, f"{backend}, of which spikes alone can be read", ["a readout of states"])


def _read(program: Program, states: list[VariableKey]) -> Iterator[str]:
    yield from (f"a rule that reads {key}" for key in states if key.variable != SPIKE)
    yield from (f"the probe {q.name}" for q in program.probes if q.variable != SPIKE and not program.is_learned(q))


def is_state(program: Program, probe: ProgramProbe) -> bool:
    """Return whether a probe records what goes through a readout."""
    return probe.variable != SPIKE and not program.is_learned(probe)
