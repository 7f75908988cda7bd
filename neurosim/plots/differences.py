"""A picture of where two runs of one scenario first differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare
from neurosim.errors import InputError
from neurosim.plots import style
from neurosim.results.agreement.differences import largest_difference, spikes_that_differ
from neurosim.results.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MOST_TITLES = 16
"""Stages that are named below the axis."""


@dataclass(frozen=True)
class StageDifference:
    """How far two runs are apart after a stage.

    Attributes
    ----------
    title
        ``1 trained``: the task, from 1, and what was done.
    weights
        max |a - b| over all learned arrays.
    spikes
        How many only one of the two has recorded.
    """

    title: str
    weights: float
    spikes: int

    @property
    def is_none(self) -> bool:
        """Whether all arrays and spikes are equal."""
        return self.weights == 0 and not self.spikes


def differences(reference: Result, other: Result) -> list[StageDifference]:
    """Return how far two runs are apart after each stage.

    Raises
    ------
    InputError
        If they have other stages.
    """
    if [(s.task, s.kind) for s in reference.stages] != [(s.task, s.kind) for s in other.stages]:
        raise InputError(f"runs of {reference.scenario} and {other.scenario} with other stages; expected the same ones")
    return [
        StageDifference(
            f"{a.task + 1} {a.kind}",
            largest_difference(a.learned, b.learned),
            sum(spikes_that_differ(a.spikes[n], b.spikes[n]) for n in a.spikes),
        )
        for a, b in zip(reference.stages, other.stages, strict=True)
    ]


def first_difference(reference: Result, other: Result, ax: Axes | None = None) -> Axes:
    """Draw max |dw| and the number of spikes that differ, after each stage; a line marks the first stage that differs.

    Parameters
    ----------
    reference, other
        Runs of one scenario with one seed.

    Raises
    ------
    InputError
        If they have other stages.
    """
    found = differences(reference, other)
    ax = axes(ax, 2.6)
    _draw(ax, found, [k for k, stage in enumerate(reference.stages) if stage.spikes])
    first = next((k for k, d in enumerate(found) if not d.is_none), None)
    verdict = "all weights and spikes are equal" if first is None else f"first difference: {found[first].title}"
    if first is not None:
        ax.axvline(first, color=style.GREY, linewidth=0.8, linestyle=":")
    ax.set_title(f"{_name(other)} beside {_name(reference)}:\n{verdict}", fontsize="small", loc="left")
    shown = range(0, len(found), 1 + len(found) // MOST_TITLES)
    ax.set_xticks(shown, [found[k].title for k in shown], rotation=45, ha="right", fontsize="small")
    bare(ax)
    ax.legend(frameon=False, fontsize="small", loc="upper left")
    return ax


def _draw(ax: Axes, found: list[StageDifference], spiking: list[int]) -> None:
    """Both differences on one axis, which has room for zero; spikes of stages that recorded some."""
    weights = [d.weights if np.isfinite(d.weights) else np.nan for d in found]
    spikes = [found[k].spikes for k in spiking]
    ax.plot(weights, "o-", color=style.colour(0), label="largest difference of a weight", **style.LINE)  # type: ignore[arg-type]
    ax.plot(spiking, spikes, "s", color=style.colour(1), markersize=4, label="spikes that differ")
    ax.set_yscale("symlog", linthresh=1e-12)
    ax.set_yticks([0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0, 1e3, 1e6])
    style.plain_ticks(ax.yaxis, lambda value, _: f"{value:g}")
    ax.set(ylim=(-1e-13, 2 * np.nanmax([1.0, *weights, *spikes])), ylabel="difference")


def _name(result: Result) -> str:
    return f"{result.backend}:{result.mode}"
