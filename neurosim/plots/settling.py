"""Pictures of a network that settles: its states, and its energy, over the steps of a sample's phases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare
from neurosim.errors import InputError
from neurosim.plots import style
from neurosim.program.schedule import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = 12
"""Units of a population that are drawn: those that move most."""


def settling(states: Mapping[str, Array], phases: Mapping[str, int], ax: Axes | None = None) -> Axes:
    """Draw states over steps, a line a unit, a colour a population; lines mark where a phase begins.

    Parameters
    ----------
    states
        By population, of shape (steps, units), as `settled` gives them.
    phases
        Steps of each phase, in their order, by name.

    Raises
    ------
    InputError
        If there are no states, or not as many steps as the phases have.
    """
    if not states:
        raise InputError("no states; expected those of at least one population")
    ax = axes(ax, 2.8)
    for k, (name, values) in enumerate(states.items()):
        x = _steps(len(values), phases)
        for place, unit in enumerate(moving(values)):
            label = f"{name}: {len(moving(values))} of {values.shape[1]}"
            ax.plot(
                x, values[:, unit], color=style.colour(k), linewidth=0.9, alpha=0.75, label="_" * (place > 0) + label
            )
    ax.set(xlabel="step", ylabel="state")
    _phases(ax, phases)
    ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def moving(values: Array) -> Array:
    """Return the units that move most, ascending; of shape (units,) or (MOST_LINES,).

    Parameters
    ----------
    values
        Of shape (steps, units).
    """
    return np.sort(np.argsort(-np.ptp(values, axis=0), kind="stable")[:MOST_LINES])


def network_energy(values: Array, phases: Mapping[str, int], ax: Axes | None = None) -> Axes:
    """Draw the energy of a network over steps; free, it falls where steps are small enough.

    Parameters
    ----------
    values
        After each step, of shape (steps,), as `settled` gives them where an energy is defined.
    phases
        Steps of each phase, in their order, by name.

    Raises
    ------
    InputError
        If there are not as many steps as the phases have.
    """
    ax = axes(ax, 2.2)
    ax.plot(_steps(len(values), phases), values, color=style.colour(0), **style.LINE)  # type: ignore[arg-type]
    ax.set(xlabel="step", ylabel="energy")
    _phases(ax, phases)
    return ax


def _steps(found: int, phases: Mapping[str, int]) -> Array:
    if found != sum(phases.values()):
        raise InputError(f"states after {found} steps; expected {sum(phases.values())}, those of {', '.join(phases)}")
    return np.arange(1, found + 1, dtype=np.float64)


def _phases(ax: Axes, phases: Mapping[str, int]) -> None:
    start = 0
    for name, steps in phases.items():
        ax.annotate(
            name, (start + 0.5 + steps / 2, 1.0), xytext=(0, 3), xycoords=("data", "axes fraction"), ha="center",
            textcoords="offset points", fontsize="small",
        )  # fmt: skip
        if start:
            ax.axvline(start + 0.5, color=style.GREY, linewidth=0.8)
        start += steps
    ax.set_xlim(0.5, start + 0.5)
    bare(ax)
