"""Pictures of sleep: every spike of every sleep, and how many there are in a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare
from neurosim.errors import InputError
from neurosim.plots import style
from neurosim.program.schedule import Array, Events
from neurosim.results.result import Result, Stage, StageKind
from neurosim.simulation.recordings import pictures
from neurosim.simulation.recordings.recording import SpikeTrain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 60
"""Spans of a sleep that spikes are counted in."""

WITH_TITLES = 8
"""So many sleeps are named; of more, the number alone stands above each."""


def sleeps(result: Result) -> list[Stage]:
    """Return the sleeps of a run that recorded spikes.

    Raises
    ------
    InputError
        If there are none.
    """
    found = [s for s in result.stages if s.kind == StageKind.SLEPT and s.spikes]
    if not found:
        raise InputError(f"{result.scenario} on {result.backend}:{result.mode}: no sleep of it recorded spikes")
    return found


def in_a_row(stages: Sequence[Stage]) -> dict[str, Events]:
    """Return the spikes of each population, the stages one after the other as if they were one trial."""
    return {name: _joined([s.spikes[name] for s in stages]) for name in stages[0].spikes}


def _joined(parts: Sequence[Events]) -> Events:
    counts = np.concatenate([np.diff(e.offsets) for e in parts])
    indices = np.concatenate([e.indices for e in parts])
    return Events(np.concatenate([[0], np.cumsum(counts)]), indices, len(counts), parts[0].units)


def boundaries(stages: Sequence[Stage]) -> Array:
    """Return the step with which each sleep ends, counted over all of them; of shape (sleeps,)."""
    return np.cumsum([_steps(s) for s in stages]).astype(np.float64)


def _steps(stage: Stage) -> int:
    return len(next(iter(stage.spikes.values())).offsets) - 1


def sleep_raster(result: Result, ax: Axes | None = None) -> Axes:
    """Draw a dot for each spike of each sleep, all sleeps side by side on one axis of steps.

    Raises
    ------
    InputError
        If the run has no sleep with spikes.
    """
    from cycler import cycler
    from matplotlib import rc_context

    stages = sleeps(result)
    ax = axes(ax, 3.0)
    ends, events = boundaries(stages), in_a_row(stages)
    trains = {_population(name): SpikeTrain(e, 1.0) for name, e in events.items()}
    with rc_context({"axes.prop_cycle": cycler(color=style.PALETTE)}):
        pictures.raster(trains, (0.0, float(ends[-1])), ax)
    names = [f"{name}\n{train.size} neurons" for name, train in trains.items()]
    ax.set_yticks(ax.get_yticks(), list(reversed(names)))
    for end in ends[:-1]:
        ax.axvline(end, color=style.GREY, linewidth=0.8)
    for k, (start, end) in enumerate(zip([0.0, *ends], ends, strict=False)):
        title = f"sleep {stages[k].task + 1}" if len(stages) <= WITH_TITLES else f"{stages[k].task + 1}"
        ax.annotate(
            title, ((start + end) / 2, 1.0), xytext=(0, 3), xycoords=("data", "axes fraction"), ha="center",
            textcoords="offset points", fontsize="small",
        )  # fmt: skip
    ax.set_xlabel("step, counted over all sleeps")
    return ax


def _population(probe: str) -> str:
    return probe.partition(".")[0]


def sleep_activity(results: Sequence[Result], ax: Axes | None = None) -> Axes:
    """Draw spikes a step over the steps of a sleep, the mean of all sleeps and runs, a line a population.

    A sleep that has ended counts no more, so the end of the line is of the longest sleeps. The legend names the share
    of spikes in the first quarter of a sleep.

    Raises
    ------
    InputError
        If no run has a sleep with spikes.
    """
    stages = [s for r in results for s in sleeps(r)]
    if not stages:
        raise InputError("no results; expected at least one that sleeps")
    ax = axes(ax, 2.6)
    for k, (name, (edges, rate)) in enumerate(activity(stages).items()):
        early = first_quarter(stages, name)
        label = f"{_population(name)}: {early:.0%} of spikes in the first quarter"
        ax.stairs(rate, edges, color=style.colour(k), linewidth=1.2, label=label, fill=False)
    ax.set(xlabel="step of a sleep", ylabel="spikes a step", xlim=(0, max(map(_steps, stages))), ylim=(0, None))
    bare(ax)
    ax.legend(frameon=False, fontsize="small", loc="upper right")
    return ax


def activity(stages: Sequence[Stage], bins: int = BINS) -> Mapping[str, tuple[Array, Array]]:
    """Return the edges of spans, of shape (spans + 1,), and spikes a step in each, (spans,), by population.

    Parameters
    ----------
    stages
        Sleeps with the same populations, of any length.
    bins
        Spans that spikes are counted in.
    """
    longest = max(map(_steps, stages))
    edges = np.unique(np.linspace(0, longest, bins + 1).astype(np.int64))
    sleeping = sum(np.minimum(edges[1:], _steps(s)) - np.minimum(edges[:-1], _steps(s)) for s in stages)
    counted = {
        name: sum(np.histogram(s.spikes[name].pairs()[:, 0], edges)[0] for s in stages) for name in stages[0].spikes
    }
    return {name: (edges.astype(np.float64), counts / np.maximum(sleeping, 1)) for name, counts in counted.items()}


def first_quarter(stages: Sequence[Stage], name: str) -> float:
    """Return the share of a population's spikes that fall into the first quarter of their sleep; 0 without spikes."""
    early = sum(int(s.spikes[name].offsets[_steps(s) // 4]) for s in stages)
    return early / max(sum(s.spikes[name].count for s in stages), 1)
