"""Pictures of accuracies: the whole matrix, and what follows from it over the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare
from neurosim.errors import InputError
from neurosim.plots import style
from neurosim.plots.bands import Band, band_of
from neurosim.program.schedule import Array
from neurosim.results.analysis.task_titles import task_titles
from neurosim.results.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WITH_NUMBERS = 10
"""Cells of a matrix of so many tasks have room for their numbers."""

LIGHT_ON_DARK = 0.72
"""From this accuracy on, a number is white, for its cell is dark."""


def stacked(results: Sequence[Result]) -> Array:
    """Return R[run, i, j] of several runs, of shape (runs, tasks, tasks).

    Raises
    ------
    InputError
        If there are no runs, or if they have other tasks.
    """
    if not results:
        raise InputError("no results; expected at least one")
    for result in results:
        if result.classes != results[0].classes:
            raise InputError(
                f"runs of other tasks: {result.scenario} on {result.backend}:{result.mode}, seed {result.seed}, has "
                f"those of classes {result.classes}; expected {results[0].classes}"
            )
    return np.array([r.accuracy_matrix for r in results])


def accuracy_matrix(results: Sequence[Result], ax: Axes | None = None) -> Axes:
    """Draw R[i, j], the accuracy on task j after task i: the mean of all runs, and their standard deviation.

    Parameters
    ----------
    results
        Of the same tasks, such as those of several seeds.

    Raises
    ------
    InputError
        If there are no results, or if they have other tasks.
    """
    values = stacked(results)
    mean, tasks = values.mean(axis=0), values.shape[1]
    ax = axes(ax, 3.6)
    _cells(ax, mean)
    if tasks <= WITH_NUMBERS:
        _numbers(ax, mean, values.std(axis=0, ddof=1) if len(values) > 1 else None)
    titles, shown = task_titles(results[0].classes), np.unique(np.linspace(0, tasks - 1, min(tasks, 10)).round())
    names = [titles[int(k)] for k in shown]
    ax.set_xticks(shown, names)
    ax.set_yticks(shown, names)
    ax.set(xlim=(-0.5, tasks - 0.5), ylim=(tasks - 0.5, -0.5), xlabel="tested on", ylabel="after training", aspect=1)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


def _cells(ax: Axes, mean: Array) -> None:
    """A square for each value; the lower it is, the more of the page shows through."""
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    tasks = range(len(mean))
    squares = [Rectangle((j - 0.48, i - 0.48), 0.96, 0.96) for i in tasks for j in tasks]
    shades = LinearSegmentedColormap.from_list("share", [(0.04, 0.31, 0.58, a) for a in (0.05, 1.0)])
    cells = PatchCollection(squares, cmap=shades, linewidths=0)
    cells.set_array(mean.ravel())
    cells.set_clim(0, 1)
    ax.add_collection(cells)


def _numbers(ax: Axes, mean: Array, deviation: Array | None) -> None:
    from matplotlib import rcParams

    size = "small" if len(mean) <= 6 else "xx-small"
    for (i, j), value in np.ndenumerate(mean):
        text = f"{value:.2f}" + ("" if deviation is None else f"\n±{deviation[i, j]:.2f}")
        shade = "white" if value >= LIGHT_ON_DARK else rcParams["text.color"]
        ax.text(j, i, text, ha="center", va="center", fontsize=size, linespacing=1.1, color=shade)


def task_curves(results: Sequence[Result], *, band: str = "t", ax: Axes | None = None) -> Axes:
    """Draw R[i, j] over i >= j: the accuracy on each task from when it was trained, the mean of all runs.

    Parameters
    ----------
    results
        Of the same tasks, such as those of several seeds.
    band
        The interval over runs: ``t`` or ``bootstrap``.

    Raises
    ------
    InputError
        If there are no results, or if they have other tasks, or for a band that there is not.
    """
    values = stacked(results)
    ax = axes(ax, 3.0)
    titles = task_titles(results[0].classes)
    tasks = len(titles)
    ends = [_line(ax, j, range(j + 1, tasks + 1), values[:, j:, j], titles[j], band) for j in range(tasks)]
    style.share_axis(ax)
    _over_tasks(ax, tasks, band_of(values[:, :, 0], band), ends)
    return ax


def incremental_accuracy(results: Sequence[Result], *, band: str = "t", ax: Axes | None = None) -> Axes:
    """Draw 1/i sum_{j<=i} R[i, j], the mean accuracy on the tasks so far, and that of guessing among their classes.

    Parameters
    ----------
    results
        Of the same tasks, such as those of several seeds.
    band
        The interval over runs: ``t`` or ``bootstrap``.

    Raises
    ------
    InputError
        If there are no results, or if they have other tasks, or for a band that there is not.
    """
    values = stacked(results)
    tasks = values.shape[1]
    ax = axes(ax, 3.0)
    so_far = np.stack([values[:, i, : i + 1].mean(axis=1) for i in range(tasks)], axis=1)
    x = range(1, tasks + 1)
    _line(ax, 0, x, so_far, "mean of the tasks so far", band)
    ax.plot(x, chance(results[0].classes), ":", color=style.GREY, linewidth=1.2, label="guessing")
    style.share_axis(ax)
    style.task_axis(ax, tasks)
    _note(ax, band_of(so_far, band))
    bare(ax)
    ax.legend(frameon=False, fontsize="small", loc="lower left")
    return ax


def chance(tasks: Sequence[Sequence[int]]) -> list[float]:
    """Return 1/n after each task, for the n classes so far."""
    return [1 / len({c for classes in tasks[: i + 1] for c in classes}) for i in range(len(tasks))]


def forgetting(results: Sequence[Result], *, band: str = "t", ax: Axes | None = None) -> Axes:
    """Draw max_{k<i} R[k, j] - R[i, j] over i > j: what was lost of each task. The mean over tasks at the end is F.

    Parameters
    ----------
    results
        Of the same tasks, such as those of several seeds.
    band
        The interval over runs: ``t`` or ``bootstrap``.

    Raises
    ------
    InputError
        If there are no results, or if they have other tasks, or a single one, or for a band that there is not.
    """
    accuracies = stacked(results)
    tasks = accuracies.shape[1]
    if tasks < 2:
        raise InputError("forgetting of a single task; nothing is trained after it that it could be forgotten over")
    ax = axes(ax, 3.0)
    titles = task_titles(results[0].classes)
    best = np.maximum.accumulate(accuracies, axis=1)
    lost = [best[:, j:-1, j] - accuracies[:, j + 1 :, j] for j in range(tasks - 1)]
    ends = [_line(ax, j, range(j + 2, tasks + 1), values, titles[j], band) for j, values in enumerate(lost)]
    ax.axhline(0, color=style.GREY, linewidth=0.6)
    ax.set(ylabel="accuracy lost")
    _over_tasks(ax, tasks, band_of(lost[0], band), ends)
    ax.set_xlim(1.8, tasks + 0.2)
    return ax


def _line(ax: Axes, k: int, x: Sequence[int], values: Array, label: str, method: str) -> float:
    """Draw the mean of values of shape (runs, points), and its band; return where it ends."""
    shade, around, mean = style.colour(k), band_of(values, method), values.mean(axis=0)
    style.band(ax, np.asarray(x, np.float64), around.low, around.high, shade)
    ax.plot(x, mean, color=shade, marker=style.mark(k), label=label, **style.LINE)  # type: ignore[arg-type]
    return float(mean[-1])


def _over_tasks(ax: Axes, tasks: int, around: Band, ends: Sequence[float]) -> None:
    """Name the lines in the order in which they end, so that each name is near its line."""
    style.task_axis(ax, tasks)
    bare(ax)
    _note(ax, around)
    handles, _ = ax.get_legend_handles_labels()
    ordered = [handles[k] for k in np.argsort(ends)[::-1]]
    ax.legend(
        handles=ordered, title="classes", frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5)
    )


def _note(ax: Axes, around: Band) -> None:
    """Say what the band is; nothing of a single run, which has none."""
    if around.method:
        ax.set_title(f"band: {around.method}", fontsize="x-small", loc="left", pad=8)
