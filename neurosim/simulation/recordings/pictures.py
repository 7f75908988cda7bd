"""Pictures of a recording, drawn by matplotlib into axes that are given, or new ones."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from neurosim.edges.optional_packages import PLOT, needed
from neurosim.edges.values import shown
from neurosim.errors import InputError
from neurosim.program.schedule import Array
from neurosim.simulation.recordings.recording import SampledTrace, SpikeTrain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurosim.simulation.recordings.recording import Recording

FORMATS = ("svg", "png", "pdf")
"""Of files."""

MOST_LINES = 12
"""Lines of a trace, unless units are named."""

WIDTH = 7.0
"""In inches."""

GAP = 0.03
"""Between two populations of a raster, as a part of all neurons."""


RASTERIZED = 20_000
"""Spikes that are drawn as an image where the picture is of lines, for it would not open else."""


def check() -> None:
    """Refuse to draw where matplotlib is missing.

    Raises
    ------
    BackendUnavailable
        Naming the command that brings it.
    """
    with needed(PLOT, "pictures"):
        import matplotlib.figure  # noqa: F401


def of_spikes(recording: Recording, form: str) -> bytes:
    """Return a file with a dot for each spike.

    Parameters
    ----------
    form
        One of `FORMATS`.

    Raises
    ------
    BackendUnavailable
        Where matplotlib is missing.
    """
    with needed(PLOT, "pictures"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(WIDTH, _height(len(recording.spikes()))), layout="constrained")
    recording.raster(ax=figure.subplots())
    file = io.BytesIO()
    figure.savefig(file, format=form, dpi=150)
    return file.getvalue()


def raster(trains: Mapping[str, SpikeTrain], duration: float, ax: Axes | None = None) -> Axes:
    """Draw a dot for each spike; populations lie above each other, the first at the top.

    Parameters
    ----------
    trains
        By the name of the recording.
    duration
        Of the recording, in ms.
    """
    ax = _axes(ax, height=_height(len(trains)))
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
    ax.set(xlabel="time in ms", xlim=(0, duration), ylim=(-gap, bottom))
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
    ax = _axes(ax, height=2.5)
    chosen = found.units[:MOST_LINES].tolist() if units is None else units
    for unit in chosen:
        ax.plot(found.times, found[unit], linewidth=0.8, label=str(unit))
    ax.set(xlabel="time in ms", ylabel=name, xlim=(0, found.times[-1] if len(found) else 1))
    ax.spines[["top", "right"]].set_visible(False)
    if 1 < len(chosen) <= MOST_LINES:
        ax.legend(title="unit", frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def weights(name: str, values: Array, ax: Axes | None = None) -> Axes:
    """Draw a matrix of weights, or how many synapses have which weight.

    Parameters
    ----------
    values
        Of shape (pre, post), (synapses,) or (units,).
    """
    ax = _axes(ax, height=3.0)
    if values.ndim == 1:
        ax.hist(values, bins=50)
        ax.set(xlabel=name, ylabel="synapses")
        ax.spines[["top", "right"]].set_visible(False)
        return ax
    most = float(abs(values).max(initial=0.0)) or 1.0
    image = ax.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label=name)
    ax.set(xlabel="target", ylabel="source")
    return ax


def _height(populations: int) -> float:
    """Of a raster, in inches."""
    return 1.5 + 0.8 * populations


def _axes(ax: Axes | None, height: float) -> Axes:
    if ax is not None:
        if not hasattr(ax, "scatter"):
            raise InputError(f"ax = {shown(ax)}; expected axes of matplotlib")
        return ax
    with needed(PLOT, "pictures"):
        from matplotlib import pyplot as plt
    _, fresh = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    return fresh  # type: ignore[no-any-return]
