"""A picture of a metric over the variants of a study, and over backends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare
from neurosim.errors import InputError, nearest
from neurosim.plots import style
from neurosim.plots.bands import band_of
from neurosim.program.schedule import Array
from neurosim.results.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METRICS = {
    "accuracy": "accuracy after the last task",
    "average_accuracy": "mean accuracy of the tasks after the last",
    "average_incremental_accuracy": "average incremental accuracy",
    "forgetting": "forgetting",
    "backward_transfer": "backward transfer",
    "samples_per_s": "samples a second",
    "seconds": "seconds of a run",
}
"""Figures of a result that a study can be drawn over, in words."""

Labelled = Mapping[str, Sequence[Result]]
"""Runs by the name of their variant."""


def values_of(results: Sequence[Result], metric: str) -> Array:
    """Return a metric of runs, without those that do not define it; of shape (runs,).

    Raises
    ------
    InputError
        For a metric that there is not.
    """
    if metric not in METRICS:
        raise InputError(f"metric = {metric!r}; {nearest(str(metric), METRICS)}")
    return np.array([v for v in (getattr(r, metric) for r in results) if v is not None], np.float64)


def by_backend(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Return runs by what ran them, ``NAME:MODE``."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(f"{result.backend}:{result.mode}", []).append(result)
    return found


def study_metric(groups: Labelled, metric: str = "accuracy", *, band: str = "t", ax: Axes | None = None) -> Axes:
    """Draw the mean of a metric for each variant and backend, with an interval over runs and a small dot for each run.

    Parameters
    ----------
    groups
        Runs by the name of their variant.
    metric
        One of accuracy, average_accuracy, average_incremental_accuracy, forgetting, backward_transfer, samples_per_s
        and seconds.
    band
        The interval over runs: ``t`` or ``bootstrap``.

    Raises
    ------
    InputError
        If there are no groups, or for a metric or a band that there is not.
    """
    if not groups:
        raise InputError("no variants; expected at least one")
    values_of([], metric)
    ax = axes(ax, 0.9 + 0.45 * len(groups))
    backends = list(dict.fromkeys(b for results in groups.values() for b in by_backend(results)))
    for k, backend in enumerate(backends):
        shift = (k - (len(backends) - 1) / 2) * 0.6 / len(backends)
        for i, results in enumerate(groups.values()):
            values = values_of(by_backend(results).get(backend, []), metric)
            if len(values):
                _dot(ax, values, i + shift, k, band)
        ax.plot([], [], linestyle="", marker=style.mark(k), color=style.colour(k), label=backend)
    ax.set_yticks(range(len(groups)), list(groups))
    ax.set(ylim=(len(groups) - 0.5, -0.5), xlabel=METRICS[metric])
    bare(ax)
    ax.tick_params(axis="y", length=0)
    ax.legend(frameon=False, fontsize="small", loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
    return ax


def _dot(ax: Axes, values: Array, y: float, k: int, method: str) -> None:
    shade, around = style.colour(k), band_of(values[:, None], method)
    ax.plot(values, np.full(len(values), y), linestyle="", marker=".", color=shade, alpha=0.4, markersize=4)
    ax.plot([around.low[0], around.high[0]], [y, y], color=shade, linewidth=1.6, solid_capstyle="round")
    ax.plot([values.mean()], [y], linestyle="", marker=style.mark(k), color=shade, markersize=6)
