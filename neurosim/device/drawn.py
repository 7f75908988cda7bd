"""What a chip draws for each trial: noise of each step, the fate of each spike, drift.

It follows from the chip, the part of a run, the number of the trial within that, and the step: neither from the number
of calls, nor from how a run is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from neurosim.device import names
from neurosim.device.fabrication import Fabricated
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials
from neurosim.program.variables import VariableKey
from neurosim.randomness import stream


def stimuli(
    program: Program, chip: Fabricated, trials: Trials, whole: int, first: int, stop: int
) -> Mapping[str, Array]:
    """Return the stimuli that silicon adds to those of some trials.

    Parameters
    ----------
    program
        As the chip runs it.
    whole
        Steps of a trial.
    first, stop
        Those of the trial that are run: stimuli are of steps first to stop - 1.
    """
    found: dict[str, Array] = {}
    for group in program.groups:
        own = {VariableKey.from_text(v).variable for v, _ in program.stimuli if v.startswith(f"{group.name}.")}
        drawn = [_of_group(group.name, group.size, own, chip, trials.phase, k, whole) for k in _numbers(trials)]
        for variable in sorted(own):
            if variable.startswith(names.PREFIX):
                rows = [one[variable] for one in drawn]
                found[f"{group.name}.{variable}"] = _stacked(rows, group.size, first, stop, variable == names.DRIFT)
    return found


def _numbers(trials: Trials) -> Iterable[int]:
    return range(trials.first, trials.first + trials.count)


def _stacked(rows: list[Array], size: int, first: int, stop: int, is_constant: bool) -> Array:
    if is_constant:
        return np.array(rows).reshape(len(rows), size)
    return np.array([row[first:stop] for row in rows]).reshape(len(rows), stop - first, size)


def _of_group(
    group: str, size: int, variables: set[str], chip: Fabricated, phase: str, trial: int, steps: int
) -> dict[str, Array]:
    """What one trial has for a population, by the variable; of shape (steps, size), or (size,)."""
    silicon, found = chip.silicon, dict[str, Array]()
    if names.DRIFT in variables:
        found[names.DRIFT] = chip.drift(group, size) * trial
    if names.NOISE in variables:
        random = stream(chip.seed, "device", "step_noise", group, phase, trial)
        found[names.NOISE] = silicon.step_noise * random.standard_normal((steps, size))
    if names.COPIES in variables:
        fate = stream(chip.seed, "device", "spikes", group, phase, trial).random((steps, size))
        dropped, doubled = silicon.dropped, silicon.dropped + silicon.doubled
        found[names.COPIES] = np.where(fate < dropped, 0.0, np.where(fate < doubled, 2.0, 1.0))
        found[names.LATE] = ((fate >= doubled) & (fate < doubled + silicon.late)).astype(np.float64)
    return found
