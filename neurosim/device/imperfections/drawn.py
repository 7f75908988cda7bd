"""What a chip draws for each trial: noise of each step, the fate of each spike, drift.

It follows from the chip, the part of a run, the number of the trial within that, and the step: neither from the number
of calls, nor from how a run is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from neurosim.device.imperfections import names
from neurosim.device.imperfections.fabrication import Fabricated
from neurosim.model.randomness import stream
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials
from neurosim.program.variables import VariableKey

BLOCK = 1000
"""Steps that are drawn from one stream."""


def stimuli(program: Program, chip: Fabricated, trials: Trials, steps: int) -> Mapping[str, Array]:
    """Return the stimuli that silicon adds to those of some trials.

    Parameters
    ----------
    program
        As the chip runs it.
    steps
        How many of each trial are run.
    """
    found: dict[str, Array] = {}
    for group in program.groups:
        own = {VariableKey.from_text(v).variable for v, _ in program.stimuli if v.startswith(f"{group.name}.")}
        size = group.size
        if names.DRIFT in own:
            numbers = trials.first + np.arange(trials.count)
            found[f"{group.name}.{names.DRIFT}"] = numbers[:, np.newaxis] * chip.drift(group.name, size)
        if names.NOISE in own:
            drawn = _drawn(_normal, "step_noise", group.name, size, chip, trials, steps)
            found[f"{group.name}.{names.NOISE}"] = chip.silicon.step_noise * drawn
        if names.COPIES in own:
            fate = _drawn(_uniform, "spikes", group.name, size, chip, trials, steps)
            dropped, doubled = chip.silicon.dropped, chip.silicon.dropped + chip.silicon.doubled
            found[f"{group.name}.{names.COPIES}"] = np.where(fate < dropped, 0.0, np.where(fate < doubled, 2.0, 1.0))
            late = (fate >= doubled) & (fate < doubled + chip.silicon.late)
            found[f"{group.name}.{names.LATE}"] = late.astype(np.float64)
    return found


Draw = Callable[[np.random.Generator, tuple[int, int]], Array]
"""Draws an array of a shape, row by row."""


def _normal(random: np.random.Generator, shape: tuple[int, int]) -> Array:
    return random.standard_normal(shape)


def _uniform(random: np.random.Generator, shape: tuple[int, int]) -> Array:
    return random.random(shape)


def _drawn(draw: Draw, what: str, group: str, size: int, chip: Fabricated, trials: Trials, steps: int) -> Array:
    """Draw for each step of each trial; shape (trials, steps, size)."""
    first, stop = trials.step, trials.step + steps
    found = np.empty((trials.count, steps, size))
    for k in range(trials.count):
        for block in range(first // BLOCK, -(-stop // BLOCK)):
            start, end = block * BLOCK, min((block + 1) * BLOCK, stop)
            random = stream(chip.seed, "device", what, group, trials.phase, trials.first + k, block)
            rows = draw(random, (end - start, size))[max(first - start, 0) :]
            found[k, max(start - first, 0) : end - first] = rows
    return found
