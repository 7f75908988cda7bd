"""Runs a network for some time on one backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from neurosim.backend.contract import Backend, Progress
from neurosim.edges.files import path_of
from neurosim.edges.values import whole_number
from neurosim.errors import ModelError
from neurosim.program.precision import Precision
from neurosim.simulation import kept
from neurosim.simulation.description.builder import NetworkBuilder
from neurosim.simulation.description.recordable import Recordable, whole_steps
from neurosim.simulation.description.setup import Setup
from neurosim.simulation.recordings.recording import Recording
from neurosim.simulation.running.chosen import by_name
from neurosim.simulation.running.experiment import Experiment
from neurosim.simulation.running.progress import told


def simulate(
    network: NetworkBuilder | Setup,
    duration: str | float,
    record: Sequence[Recordable] | None = None,
    *,
    backend: str | Backend = "reference",
    precision: Precision | None = None,
    learn: bool = True,
    progress: Progress | Literal["bar"] | None = None,
    folder: str | Path | None = None,
) -> Recording:
    """Run a network from its start.

    Parameters
    ----------
    network
        What a builder describes, or has built.
    duration
        A time, ``"1 s"``, or a number of ms.
    record
        ``[e.spikes, e.v[:10]]``; None for the spikes of all populations.
    backend
        ``NAME`` or ``NAME:MODE``, or a backend itself, such as a device.
    precision
        Of all numbers; None for `Float64`.
    learn
        Whether rules fire.
    progress
        Is told how many steps are done, and of how many, every two seconds or so; ``"bar"`` draws it in terminals and
        notebooks, with the time left.
    folder
        Where the simulation is kept block by block, so that the same call goes on where this one was interrupted, or
        only reads what is there. None where nothing is kept.

    Returns
    -------
    Recording
        What was asked for, by name, and what was learned.

    Raises
    ------
    ModelError
        For a duration that is no whole number of steps, and what cannot be recorded.
    InputError
        For a folder that has another simulation, or cannot be written.
    NeurosimError
        Whatever the backend raises.
    """
    path = None if folder is None else path_of(folder, "simulate: folder")
    [name], own = by_name([backend], "simulate: backend")
    experiment = Experiment(network, duration, record, precision, learn, own)
    with told(progress) as tell:
        if path is None:
            return experiment.on(name, tell)
        return kept.recorded_in(path, experiment, name, tell)


def simulate_in_blocks(
    network: NetworkBuilder | Setup,
    duration: str | float,
    record: Sequence[Recordable] | None = None,
    *,
    folder: str | Path,
    block: str | float | None = None,
    backend: str | Backend = "reference",
    precision: Precision | None = None,
    learn: bool = True,
    progress: Progress | Literal["bar"] | None = None,
) -> Iterator[Recording]:
    """Run a network from its start, and yield what it recorded block by block, so that memory holds one at a time.

    Times count from the start of the simulation; `Recording.start` is that of a block. What is learned is in the last
    one.

    Parameters
    ----------
    network, duration, record, folder, backend, precision, learn, progress
        As of `simulate`.
    block
        A time: how long a block is. None for what a slow simulator does in a minute.

    Raises
    ------
    ModelError
        For a duration that is no whole number of steps, a block that is none, or between whose ends a sample falls, and
        what cannot be recorded.
    NeurosimError
        Whatever the backend raises, and for a folder that has another simulation.
    """
    path = path_of(folder, "simulate: folder")
    [name], own = by_name([backend], "simulate: backend")
    experiment = Experiment(network, duration, record, precision, learn, own)
    steps = None if block is None else _steps_of_block(block, experiment)
    with told(progress) as tell:
        kept.keep_in(path, experiment, name, tell, steps)
    return kept.blocks(path)


def _steps_of_block(block: str | float, experiment: Experiment) -> int:
    dt, align = experiment.setup.dt, experiment.samples_align
    steps = whole_number(whole_steps(block, dt, "simulate: block ="), "simulate: block =", least=1, error=ModelError)
    if steps % align:
        raise ModelError(
            f"simulate: block = {block}: samples are taken every {align * dt:g} ms; expected a multiple of that"
        )
    return steps
