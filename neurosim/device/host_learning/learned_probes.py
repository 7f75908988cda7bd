"""What probes record of learned arrays where the host has them: at the moments at which a session would."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurosim.program.program import Program, ProgramProbe
from neurosim.program.schedule import Array


class LearnedProbes:
    """The recordings of learned arrays of some trials.

    Parameters
    ----------
    program
        With the probes.
    """

    def __init__(self, program: Program):
        self.program = program
        self.probes = [q for q in program.probes if program.is_learned(q)]
        self._rows: dict[str, list[Array]] = {q.name: [] for q in self.probes}
        self._step = 0

    def start(self) -> None:
        """A trial starts, or goes on: steps count from here."""
        self._step = 0

    def steps(self, count: int, learned: Mapping[str, Array]) -> None:
        """So many steps left the arrays as they are."""
        for q in self.probes:
            if q.when == "step":
                due = -(-(self._step + count) // q.every) - -(-self._step // q.every)
                self._rows[q.name] += [self._recorded(q, learned)] * due if due else []
        self._step += count

    def end(self, phase: int, learned: Mapping[str, Array]) -> None:
        """A phase ends."""
        for q in self.probes:
            if q.when == "end" and q.phase == phase:
                self._rows[q.name].append(self._recorded(q, learned))

    def recordings(self, trials: int, steps: int) -> dict[str, Array]:
        """Return what was recorded in so many trials of so many steps, by the name of the probe."""
        found = {}
        for q in self.probes:
            shape = self.program.recorded_shape(q)
            rows = np.array(self._rows[q.name]).reshape(-1, *shape)
            found[q.name] = rows.reshape(trials, q.rows(steps), *shape) if q.when == "step" else rows
        return found

    def _recorded(self, probe: ProgramProbe, learned: Mapping[str, Array]) -> Array:
        values = learned[f"{probe.group}.{probe.variable}"]
        return values.copy() if probe.selection is None else values.ravel()[probe.selection.units]
