"""A picture in a file, as an option of a command asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.cli.options import check_target
from neurosim.edges import atomic, axes
from neurosim.errors import SpecError
from neurosim.simulation.recordings import around, pictures

if TYPE_CHECKING:
    from neurosim.cli.plain_networks.simulations import ReadySimulation
    from neurosim.simulation.compare import SimulationComparison
    from neurosim.simulation.recordings.recording import Recording


def check(path: Path, ready: ReadySimulation) -> None:
    """Refuse a picture that could not be made, before anything is computed for it.

    Raises
    ------
    SpecError
        For a name with another ending, a simulation without spikes, and a place that cannot be written.
    BackendUnavailable
        Where matplotlib is missing.
    """
    if path.suffix not in (f".{f}" for f in axes.FORMATS):
        endings = ", ".join(f".{f}" for f in axes.FORMATS)
        raise SpecError(f"--plot {path}: expected a name that ends in one of {endings}")
    if not any(r.is_of_spikes for r in ready.experiment.wanted):
        raise SpecError(f"--plot {path}: no spikes are recorded; record some, such as 'e.spikes'")
    axes.check()
    check_target(path)


def write_spikes(path: Path, recording: Recording) -> None:
    """Write a dot for each spike."""
    _write(path, lambda ax: recording.raster(ax=ax), pictures.height(len(recording.spikes())))


def write_comparison(path: Path, comparison: SimulationComparison) -> None:
    """Write what lies around the first difference; the spikes of all where nothing that was recorded differs."""
    if any(v.first is not None for v in comparison.verdicts):
        _write(path, lambda ax: comparison.draw(ax=ax), around.HEIGHT)
    else:
        write_spikes(path, comparison.verdicts[0].recording)


def _write(path: Path, draw: Callable[[Any], object], height: float) -> None:
    atomic.write(path, axes.file(draw, height, path.suffix[1:]))
