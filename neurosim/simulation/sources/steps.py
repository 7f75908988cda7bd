"""Times as steps: step k lasts from k*dt to (k + 1)*dt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import shown
from neurosim.errors import ModelError
from neurosim.model.display.described import shortest
from neurosim.model.units import MILLISECONDS, inside

NEARLY = 1e-3
"""The part of a step by which a time may be before it and still belong to it, as in Brian2: 0.3/0.1 is less than 3."""

LAST = 2**53
"""Later steps are as if they never came."""

LONGEST = 2**31
"""Steps for which a value is held, at most."""

EVEN = 1e-6
"""The part of a step by which a time may differ from a whole number of steps."""


def step_length(dt: object) -> float:
    """Return the length of a step in ms.

    Raises
    ------
    ModelError
        For what is no time above 0.
    """
    return duration(dt, "dt =")


def duration(given: object, what: str) -> float:
    """Return a time above 0 in ms.

    Raises
    ------
    ModelError
        Beginning with `what`.
    """
    found = inside(given, MILLISECONDS, what)
    if not found > 0:
        raise ModelError(f"{what} {shown(given)}; expected a time above 0")
    return found


def steps_at(times: NDArray[np.float64], dt: float) -> NDArray[np.int64]:
    """Return the step that each time is in: floor(t/dt), times in ms."""
    return np.floor(times / dt + NEARLY).astype(np.int64)


def step_from(time: float, dt: float) -> int:
    """Return the first step that does not begin before a time: ceil(t/dt)."""
    return int(np.ceil(min(time / dt, LAST) - NEARLY))


def whole_steps(time: float, dt: float, what: str) -> int:
    """Return a time as a number of steps.

    Raises
    ------
    ModelError
        Beginning with `what`, for a time that is no whole number of steps, or more than `LONGEST`.
    """
    ratio = time / dt
    if ratio > LONGEST:
        raise ModelError(f"{what} = {shortest(time)} ms in steps of {shortest(dt)} ms; expected at most 2**31 steps")
    steps = round(ratio)
    if steps < 1 or abs(ratio - steps) > EVEN:
        near = " or ".join(shortest(round(k * dt, 12)) for k in sorted({max(int(ratio), 1), int(ratio) + 1}))
        raise ModelError(
            f"{what} = {shortest(time)} ms is no whole number of steps of {shortest(dt)} ms; nearest: {near} ms"
        )
    return steps
