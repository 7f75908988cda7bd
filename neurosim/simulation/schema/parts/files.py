"""Arrays and recordings that lie in files beside that of the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from neurosim.edges import array_files
from neurosim.edges.toml.beside import Beside
from neurosim.errors import InputError, ModelError
from neurosim.model.connectivity import rules
from neurosim.model.connectivity.rules.matrix import MatrixWiring
from neurosim.program.schedule import Events
from neurosim.simulation import sources
from neurosim.simulation.recordings import Recording, SampledTrace, SpikeTrain
from neurosim.simulation.schema.call_table import CallTable

RECORDING = ".h5"
"""Ends the name of a recording."""


def array(path: str, array: str | None = None) -> NDArray[Any]:
    """Return the numbers in a file, in the units inside.

    Raises
    ------
    InputError
        As of `neurosim.edges.array_files.read`.
    """
    return array_files.read(Path(path), array)


def matrix(path: str, array: str | None = None) -> MatrixWiring:
    """Return the wiring and the weights of a matrix in a file: a row a source, a column a target."""
    return rules.from_matrix(array_files.read(Path(path), array))


def spikes(path: str, array: str | None = None) -> sources.Source:
    """Return spikes of a recording, played again; or those of a table with a row a step, where it is not 0."""
    if Path(path).suffix == RECORDING:
        found = _recorded(path, array)
        if not isinstance(found, SpikeTrain):
            raise ModelError(f"{path}: '{array}' has samples; expected spikes")
        return sources.playback(found.events)
    return sources.playback(Events.from_dense(_table(path, array)[np.newaxis]))


def values(path: str, array: str | None = None) -> sources.Source:
    """Return samples of every step of a recording, played again; or a table with a row a step."""
    if Path(path).suffix != RECORDING:
        return sources.playback(_table(path, array))
    found = _recorded(path, array)
    if not isinstance(found, SampledTrace):
        raise ModelError(f"{path}: '{array}' has spikes; expected samples")
    return sources.playback(found.values)


def _recorded(path: str, name: str | None) -> SpikeTrain | SampledTrace:
    recording = Recording.load(path)
    if name is None:
        raise InputError(f"{path}: expected array = 'NAME', one of {', '.join(recording)}")
    return recording[name]


def _table(path: str, name: str | None) -> NDArray[Any]:
    found = array_files.read(Path(path), name)
    if found.ndim != 2:
        raise ModelError(
            f"{path}: an array of shape {found.shape}; expected a row for each step, a column for each neuron"
        )
    return found


class ArrayTable(CallTable):
    """Numbers in a file, in the units inside."""

    function: ClassVar[Any] = array
    kind: Literal["file"]
    path: Beside
    array: str | None = None


class MatrixTable(CallTable):
    """Pairs with their weights, as a matrix in a file."""

    function: ClassVar[Any] = matrix
    kind: Literal["from_matrix"]
    path: Beside
    array: str | None = None


class PlayedSpikesTable(CallTable):
    """Spikes of a file, shown again."""

    function: ClassVar[Any] = spikes
    kind: Literal["playback"]
    path: Beside
    array: str | None = None


class PlayedValuesTable(CallTable):
    """Values of a file, shown again."""

    function: ClassVar[Any] = values
    kind: Literal["playback"]
    path: Beside
    array: str | None = None
