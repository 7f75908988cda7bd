"""What two recordings of one simulation have around a place: spikes of neurons nearby, and samples of one neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.axes import axes, bare
from neurosim.simulation.description.recordable import SPIKES
from neurosim.simulation.recordings.differences import Difference
from neurosim.simulation.recordings.pictures import labelled
from neurosim.simulation.recordings.recording import Recording, SampledTrace, SpikeTrain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NEARBY = 10
"""Neurons that are drawn on either side of one."""

SPAN, STEPS = 15.0, 50
"""Of time on either side, in ms, and the steps that it has at least."""

HEIGHT = 4.5
"""In inches."""

BELOW = 4.5
"""From axes down to their legend, in heights of its letters."""

WIDE = 4.0
"""Axes of more inches have names in two columns."""

SAME, ONE, OTHER = "0.6", "C0", "C3"
"""Colours of what both have, and of what one of both has."""


def draw(one: Recording, other: Recording, place: Difference, ax: Axes | None = None) -> Axes:
    """Draw the spikes of both around a place, and below them the samples of its neuron, as far as they are recorded.

    Parameters
    ----------
    one, other
        With the same names in them, and `place` among these.
    ax
        Where to draw; samples below spikes take a part of it.

    Returns
    -------
    matplotlib.axes.Axes
        The upper one of both.
    """
    ax = axes(ax, HEIGHT)
    first, last = _span(place, one)
    sampled = _sampled(one, place)
    has_spikes = isinstance(one.recorded.get(_spikes_of(place)), SpikeTrain)
    below = _below(ax) if has_spikes and sampled else ax
    if has_spikes:
        _draw_spikes(one, other, place, (first, last), ax)
    if sampled:
        _draw_samples(one, other, sampled, place, below)
    for drawn in {ax, below}:
        drawn.axvline(place.time, color=OTHER, linewidth=0.8, linestyle=":")
        drawn.set_xlim(first, last)
    below.set_xlabel("time in ms")
    _legend([ax, below] if below is not ax else [ax])
    ax.set_title(str(place), loc="left", fontsize="medium")
    return ax


def _legend(drawn: Sequence[Axes]) -> None:
    """Name all marks and lines under the lowest axes, where they leave pictures side by side their width."""
    found = [pair for ax in drawn for pair in zip(*ax.get_legend_handles_labels(), strict=True)]
    drawn[-1].legend(
        [handle for handle, _ in found],
        [label for _, label in found],
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        borderaxespad=BELOW,
        ncols=2 if _width(drawn[-1]) > WIDE else 1,
        frameon=False,
        fontsize="small",
    )


def _width(ax: Axes) -> float:
    """In inches, about."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return float(ax.get_position().width * figure.get_figwidth())


def _part(name: str) -> str:
    """The population or projection of a variable."""
    return name.partition(".")[0]


def _spikes_of(place: Difference) -> str:
    return f"{_part(place.name)}.{SPIKES}"


def _span(place: Difference, recording: Recording) -> tuple[float, float]:
    half = max(SPAN, STEPS * recording.dt)
    return max(place.time - half, 0.0), min(place.time + half, recording.duration)


def _sampled(recording: Recording, place: Difference) -> str | None:
    """The variable that is drawn: the one that differs, else v, else the first of which the neuron is recorded."""
    traces = recording.traces()
    of_part = [n for n, t in traces.items() if _part(n) == _part(place.name) and place.unit in t.units]
    wanted = (place.name, f"{_part(place.name)}.v")
    return next((n for n in (*wanted, *of_part) if n in of_part), None)


def _draw_spikes(one: Recording, other: Recording, place: Difference, span: tuple[float, float], ax: Axes) -> None:
    trains = [recording[_spikes_of(place)] for recording in (one, other)]
    a, b = (_nearby(t, place.unit, span) for t in trains if isinstance(t, SpikeTrain))
    both, only_a, only_b = (list(zip(*sorted(pairs), strict=True)) or [(), ()] for pairs in (a & b, a - b, b - a))
    marks: Mapping[str, tuple[list[tuple[float, ...]], str, str]] = {
        "both": (both, ".", SAME),
        f"only {one.backend}": (only_a, "o", ONE),
        f"only {other.backend}": (only_b, "x", OTHER),
    }
    for label, ((times, neurons), marker, color) in marks.items():
        faces = {"facecolors": "none"} if marker == "o" else {}
        edges = {"color": color} if marker != "o" else {"edgecolors": color}
        ax.scatter(times, neurons, s=28, marker=marker, linewidths=1.2, label=label, **faces, **edges)  # type: ignore[arg-type]
    low, high = max(place.unit - NEARBY, 0), place.unit + NEARBY
    ax.set(ylabel=f"neuron of {_part(place.name)}", ylim=(low - 0.5, high + 0.5))
    ax.locator_params(axis="y", integer=True)
    bare(ax)


def _nearby(train: SpikeTrain, neuron: int, span: tuple[float, float]) -> set[tuple[float, float]]:
    """Times and neurons of the spikes nearby."""
    near = (abs(train.indices - neuron) <= NEARBY) & (train.times >= span[0]) & (train.times <= span[1])
    return set(zip(train.times[near].tolist(), train.indices[near].tolist(), strict=True))


def _draw_samples(one: Recording, other: Recording, name: str, place: Difference, ax: Axes) -> None:
    for recording, style in ((one, {"color": ONE, "linewidth": 2.4}), (other, {"color": OTHER, "linewidth": 0.9})):
        found = recording[name]
        assert isinstance(found, SampledTrace)
        apart = f", at first {_apart(one[name], found, place):.2g} apart" if recording is other else ""
        ax.plot(found.times, found[place.unit], label=recording.backend + apart, **style)  # type: ignore[arg-type]
    found = one[name]
    assert isinstance(found, SampledTrace)
    ax.set_ylabel(labelled(f"{name}[{place.unit}]", found))
    bare(ax)


def _apart(a: object, b: object, place: Difference) -> float:
    """How far both are apart where they first differ, for a last bit is not seen in a picture."""
    assert isinstance(a, SampledTrace)
    assert isinstance(b, SampledTrace)
    apart: NDArray[np.float64] = np.abs(a[place.unit] - b[place.unit])
    differ = np.flatnonzero(apart)
    return float(apart[differ[0]]) if len(differ) else 0.0


def _below(ax: Axes) -> Axes:
    """Axes that take the lower part of others, with the same time."""
    ax.tick_params(labelbottom=False)
    figure, spec = ax.get_figure(), ax.get_subplotspec()
    assert figure is not None
    if spec is None:  # axes at a place of their own in the figure
        box = ax.get_position()
        ax.set_position((box.x0, box.y0 + 0.45 * box.height, box.width, 0.55 * box.height))
        return figure.add_axes((box.x0, box.y0, box.width, 0.4 * box.height), sharex=ax)
    grid = spec.subgridspec(2, 1, height_ratios=(3, 2))
    ax.set_subplotspec(grid[0])
    return figure.add_subplot(grid[1], sharex=ax)
