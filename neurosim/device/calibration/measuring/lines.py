"""What is measured with: lines that reach each neuron of one population, and nothing else in the network.

A population on a chip is its name, so it is measured in a network of its own: no recurrent weight, no layer before it
and no other error is in the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neurosim.backend.contract import Session
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, NeuronModel, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Precision, quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials

OpenSession = Callable[[Program], Session]

RUN = "free"
"""The one phase of a measurement."""


@dataclass(frozen=True)
class Bench:
    """Where a population is measured.

    Attributes
    ----------
    opened
        Opens a session of the device.
    precision
        The number format there; None for float64.
    """

    opened: OpenSession
    precision: Precision | None = None


def spike_counts(bench: Bench, population: Population, weights: Array, steps: int, part: str) -> Array:
    """Return how often each neuron spikes in some steps, in each of which one line does, alone.

    Parameters
    ----------
    weights
        Of the lines, to all neurons or to each: shape (lines,) or (lines, size).
    part
        Names the programming.

    Returns
    -------
    ndarray
        Shape (lines, size).
    """
    lines = len(weights)
    program = _program(population, SpikeInput, lines, steps, "spike", bench.precision)
    offsets, indices = np.arange(lines * steps + 1), np.repeat(np.arange(lines), steps)
    shown = Events(offsets, indices, steps, lines)
    recorded = _run(bench, program, population, weights, Trials({f"{_line(population)}.x": shown}, phase=part))
    assert isinstance(recorded, Events)
    step_of = np.repeat(np.arange(lines * steps), np.diff(recorded.offsets))
    place = step_of // steps * population.size + recorded.indices
    counts = np.bincount(place, minlength=lines * population.size).astype(np.float64)
    return counts.reshape(lines, population.size)


def rates(
    bench: Bench, population: Population, output: str, weight: float, shown: Array, steps: int, part: str
) -> Array:
    """Return the output of each neuron after some steps in which lines of one weight are held at levels.

    Parameters
    ----------
    shown
        The level of each line in each trial, shape (trials, lines).
    part
        Names the programming.

    Returns
    -------
    ndarray
        Shape (trials, size).
    """
    lines = shown.shape[1]
    program = _program(population, Clamp, lines, steps, output, bench.precision)
    trials = Trials({f"{_line(population)}.s": shown}, phase=part)
    return np.asarray(_run(bench, program, population, np.full(lines, weight), trials))


def _line(population: Population) -> str:
    return f"{population.name}_lines"


def _program(
    population: Population, model: NeuronModel, lines: int, steps: int, read: str, precision: Precision | None
) -> Program:
    name = _line(population)
    network = Network([Population(name, lines, model), population], [Projection(f"{name}_in", name, population.name)])
    moment = "step" if read == "spike" else f"end:{RUN}"
    stimulus = {f"{name}.x": "events"} if read == "spike" else {f"{name}.s": "constant"}
    probe = Probe(f"{population.name}.{read}", moment, label="read")
    return lower(network, Schedule([Phase(RUN, steps)], [probe], stimulus), precision=precision)


def _run(bench: Bench, program: Program, population: Population, weights: Array, trials: Trials) -> Array | Events:
    by_line = weights if weights.ndim == 2 else np.repeat(weights[:, np.newaxis], population.size, axis=1)
    with bench.opened(program) as session:
        session.write(quantise({f"{_line(population)}_in.w": by_line}, program)[0])
        return session.run(trials, learn=False)["read"]
