"""Pictures of a recording, drawn by matplotlib into axes that are given, or new ones."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from neurosim.edges.optional_packages import PLOT, needed
from neurosim.program.schedule import Array
from neurosim.simulation.recordings.recording import SampledTrace, SpikeTrain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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


def file(draw: Callable[[Axes], object], height: float, form: str) -> bytes:
    """Return a file with a picture.

    Parameters
    ----------
    draw
        Draws into axes.
    height
        In inches.
    form
        One of `FORMATS`.

    Raises
    ------
    BackendUnavailable
        Where matplotlib is missing.
    """
    with needed(PLOT, "pictures"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    draw(figure.subplots())
    content = io.BytesIO()
    figure.savefig(content, format=form, dpi=150)
    return content.getvalue()


def raster(trains: Mapping[str, SpikeTrain], span: tuple[float, float], ax: Axes | None = None) -> Axes:
    """Draw a dot for each spike; populations lie above each other, the first at the top.

    Parameters
    ----------
    trains
        By the name of the recording.
    span
        When the recording begins and ends, in ms.
    """
    ax = axes(ax, height=height(len(trains)))
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
    ax = axes(ax, height=2.5)
    chosen = found.units[:MOST_LINES].tolist() if units is None else units
    for unit in chosen:
        ax.plot(found.times, found[unit], linewidth=0.8, label=str(unit))
    ax.set(xlabel="time in ms", ylabel=name, xlim=(found.times[0], found.times[-1]) if len(found) > 1 else (0, 1))
    bare(ax)
    if 1 < len(chosen) <= MOST_LINES:
        legend(ax, "unit")
    return ax


def weights(name: str, values: Array, ax: Axes | None = None) -> Axes:
    """Draw a matrix of weights, or how many synapses have which weight.

    Parameters
    ----------
    values
        Of shape (pre, post), (synapses,) or (units,).
    """
    ax = axes(ax, height=3.0)
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


def bare(ax: Axes) -> None:
    """Leave the lines of axes out that measure nothing."""
    ax.spines[["top", "right"]].set_visible(False)


def legend(ax: Axes, title: str | None = None) -> None:
    """Name what is drawn, beside it."""
    ax.legend(title=title, frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))


def height(populations: int) -> float:
    """Return that of a raster, in inches."""
    return 1.5 + 0.8 * populations


def axes(ax: Axes | None, height: float) -> Axes:
    """Return where to draw: what is given, or new axes of so many inches.

    Raises
    ------
    BackendUnavailable
        Where matplotlib is missing.
    """
    if ax is not None:
        return ax
    with needed(PLOT, "pictures"):
        from matplotlib import pyplot as plt
    _, fresh = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    return fresh  # type: ignore[no-any-return]
