"""Pictures of a recording, drawn by matplotlib into axes that are given, or new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare, legend
from neurosim.program.schedule import Array
from neurosim.simulation.recordings.recording import SampledTrace, SpikeTrain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = 12
"""Lines of a trace, unless units are named."""

GAP = 0.03
"""Between two populations of a raster, as a part of all neurons."""

RASTERIZED = 20_000
"""Spikes that are drawn as an image where the picture is of lines, for it would not open else."""


def raster(trains: Mapping[str, SpikeTrain], span: tuple[float, float], ax: Axes | None = None) -> Axes:
    """Draw a dot for each spike; populations lie above each other, the first at the top.

    Parameters
    ----------
    trains
        By the name of the recording.
    span
        When the recording begins and ends, in ms.
    """
    ax = axes(ax, height(len(trains)))
    gap = GAP * sum(t.size for t in trains.values())
    bottom, ticks = 0.0, []
    for k, (name, train) in reversed(list(enumerate(trains.items()))):
        size = max(1.5, min(9.0, 4000.0 / max(train.size, 1)))
        ax.scatter(
            train.times,
            bottom + train.indices,
            s=size,
            marker=".",
            linewidths=0,
            color=f"C{k}",
            rasterized=len(train) > RASTERIZED,
        )
        ticks.append((bottom + train.size / 2, f"{name.removesuffix('.spikes')}\n{train.rate:.3g} Hz"))
        bottom += train.size + gap
    ax.set_yticks([y for y, _ in ticks], [label for _, label in ticks])
    ax.set(xlabel="time in ms", xlim=span, ylim=(-gap, bottom))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def trace(name: str, found: SampledTrace, units: Sequence[int] | None = None, ax: Axes | None = None) -> Axes:
    """Draw the samples of some units over time; of all where there are few, else of the first.

    Parameters
    ----------
    name
        What the vertical axis is of.
    """
    ax = axes(ax, 2.5)
    chosen = found.units[:MOST_LINES].tolist() if units is None else units
    is_line = len(found) > 1
    for unit in chosen:
        ax.plot(found.times, found[unit], linewidth=0.8, marker="" if is_line else "o", label=str(unit))
    ax.set(xlabel="time in ms", ylabel=labelled(name, found))
    if is_line:
        ax.set_xlim(found.times[0], found.times[-1])
    bare(ax)
    if 1 < len(chosen) <= MOST_LINES:
        legend(ax, "unit")
    return ax


def labelled(name: str, found: SampledTrace) -> str:
    """Return a name with its unit: ``e.v in mV``."""
    return f"{name} in {found.measured_in}" if found.measured_in else name


def rates(trains: Mapping[str, SpikeTrain], steps: int, span: tuple[float, float], ax: Axes | None = None) -> Axes:
    """Draw spikes/(neurons*time) of each span of time, in Hz, a line a population.

    Parameters
    ----------
    trains
        By the name of the recording.
    steps
        Of a span, at least 1.
    span
        When the recording begins and ends, in ms.
    """
    ax = axes(ax, 2.5)
    for k, (name, train) in enumerate(trains.items()):
        ends = np.minimum(np.arange(0, train.events.steps + steps, steps), train.events.steps)
        counts = np.diff(train.events.offsets[ends])
        rate = counts / (np.diff(ends) * train.dt / 1000 * max(train.size, 1))
        ax.stairs(
            rate, (train.first + ends) * train.dt, baseline=None, color=f"C{k}", label=name.removesuffix(".spikes")
        )
    ax.set(xlabel="time in ms", ylabel="rate in Hz", xlim=span, ylim=(0, None))
    bare(ax)
    if len(trains) > 1:
        legend(ax)
    return ax


def weights(name: str, values: Array, ax: Axes | None = None) -> Axes:
    """Draw a matrix of weights, or how many synapses have which weight.

    Parameters
    ----------
    values
        Of shape (pre, post), (synapses,) or (units,).
    """
    ax = axes(ax, 3.0)
    if values.ndim == 1:
        ax.hist(values, bins=50)
        ax.set(xlabel=name, ylabel="synapses")
        bare(ax)
        return ax
    most = float(abs(values).max(initial=0.0)) or 1.0
    image = ax.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label=name)
    ax.set(xlabel="target", ylabel="source")
    return ax


def height(populations: int) -> float:
    """Return that of a raster, in inches."""
    return 1.5 + 0.8 * populations
