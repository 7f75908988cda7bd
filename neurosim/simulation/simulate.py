"""Runs a network for some time on one backend."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.backend.contract import Progress
from neurosim.program.precision import Precision
from neurosim.simulation.builder import NetworkBuilder
from neurosim.simulation.experiment import Experiment
from neurosim.simulation.recordable import Recordable
from neurosim.simulation.recordings.recording import Recording
from neurosim.simulation.setup import Setup


def simulate(
    network: NetworkBuilder | Setup,
    duration: str | float,
    record: Sequence[Recordable] | None = None,
    *,
    backend: str = "reference",
    precision: Precision | None = None,
    learn: bool = True,
    progress: Progress | None = None,
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
        ``NAME`` or ``NAME:MODE``.
    precision
        Of all numbers; None for `Float64`.
    learn
        Whether rules fire.
    progress
        Is told how much is done.

    Returns
    -------
    Recording
        What was asked for, by name, and what was learned.

    Raises
    ------
    ModelError
        For a duration that is no whole number of steps, and what cannot be recorded.
    NeurosimError
        Whatever the backend raises.
    """
    return Experiment(network, duration, record, precision, learn).on(backend, progress)
