"""A picture of what sleep does to weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare
from neurosim.errors import InputError, nearest
from neurosim.plots import style
from neurosim.program.schedule import Array
from neurosim.results.result import Result, StageKind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 60
HEADROOM = 12.0
"""What the axis of counts goes beyond the highest bar by, for the legend."""


@dataclass(frozen=True, eq=False)
class WeightChange:
    """What a sleep did to a learned array.

    Attributes
    ----------
    edges
        Of bins, of shape (bins + 1,).
    before, after
        How many values a bin has, of shape (bins,).
    share_changed
        Of all values, those that are not as before.
    mean_change
        mean(after - before), in the unit of the values.
    """

    edges: Array
    before: Array
    after: Array
    share_changed: float
    mean_change: float


def matrices(result: Result) -> list[str]:
    """Return the names of the learned arrays of weights, which have two axes."""
    if not result.stages:
        return []
    return [name for name, values in result.stages[-1].learned.items() if values.ndim == 2]


def weight_change(result: Result, name: str, sleep: int = -1, bins: int = BINS) -> WeightChange:
    """Return what a sleep did to a learned array.

    Parameters
    ----------
    name
        Of the array: ``"input_hidden.w"``.
    sleep
        Which of the sleeps, counted from 0; -1 is the last.
    bins
        In which the values are counted.

    Raises
    ------
    InputError
        If there is no such array or sleep, or if nothing came before it.
    """
    pairs = [p for p in zip(result.stages, result.stages[1:], strict=False) if p[1].kind == StageKind.SLEPT]
    if not -len(pairs) <= sleep < len(pairs):
        raise InputError(f"sleep {sleep} of {len(pairs)} in {result.scenario}; sleeps are counted from 0")
    old, new = (stage.learned for stage in pairs[sleep])
    if name not in new:
        raise InputError(f"no learned array '{name}'; {nearest(name, new)}")
    a, b = old[name].ravel(), new[name].ravel()
    edges = np.histogram_bin_edges(np.concatenate([a, b]), bins)
    before, after = (np.histogram(x, edges)[0] for x in (a, b))
    return WeightChange(edges, before, after, float(np.mean(a != b)), float(np.mean(b - a)))


def weights_before_after(result: Result, name: str, *, sleep: int = -1, ax: Axes | None = None) -> Axes:
    """Draw how many weights have which value: before a sleep as an outline, after it filled; counts are logarithmic.

    Parameters
    ----------
    name
        Of the array: ``"input_hidden.w"``.
    sleep
        Which of the sleeps, counted from 0; -1 is the last.

    Raises
    ------
    InputError
        If there is no such array or sleep, or if nothing came before it.
    """
    change = weight_change(result, name, sleep)
    ax = axes(ax, 2.6)
    ax.stairs(change.after, change.edges, fill=True, color=style.colour(0), alpha=0.35, label="after sleep")
    ax.stairs(change.before, change.edges, color=style.colour(1), linewidth=1.0, label="before sleep")
    ax.set_yscale("log")
    style.plain_ticks(ax.yaxis, lambda count, _: f"{count:,.0f}")
    ax.set(
        xlabel=name,
        ylabel="synapses",
        ylim=(0.7, HEADROOM * max(change.before.max(), change.after.max())),
        xlim=(change.edges[0], change.edges[-1]),
    )
    said = f"{change.share_changed:.1%} changed, on average by {change.mean_change:+.2g}"
    ax.set_title(said, fontsize="small", loc="left")
    ax.locator_params(axis="x", nbins=5)
    bare(ax)
    ax.legend(frameon=False, fontsize="small", loc="upper right")
    return ax
