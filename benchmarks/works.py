"""What is measured: networks of four shapes that train, infer and sleep, and one each of binary synapses and of spikes.

A work is a program, the learned arrays that it starts from, and its trials; where models are written by hand for it,
what these are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from hand_written import Relaxation, Sleep

import neurosim as ns
from neurosim.model.randomness import stream
from neurosim.program.lowering.lower import with_roundings
from neurosim.program.program import Program
from neurosim.scenario import datasets
from neurosim.scenario.methods import ep_schedules, sleep_replay

Array = Any
Learned = Mapping[str, Array]
Sizes = tuple[int, ...]

RELAXATION = {"free": 20, "nudged": 4, "eps": 0.5, "beta": 0.5}
LR = 0.003
"""So small that what a sum's order changes is not amplified over thousands of samples."""
SLEEP = {"decay": 0.999, "theta": 2.0, "inc": 2.0**-9, "dec": 2.0**-11}
"""One hidden neuron in some hundred fires in a step, and ever fewer do, as in the scenarios."""
BUSY = {"decay": 0.9, "theta": 0.5, "inc": 2.0**-9, "dec": 2.0**-11}
"""With weights that are positive on the whole: nearly all fire in each step, at first."""


@dataclass(frozen=True)
class Work:
    """What each backend does, named as in the table.

    Attributes
    ----------
    by_hand
        Of a module of `hand_written`, what does the same work and gives the learned arrays; None where none does.
    exact
        Whether all learn the same bit for bit, and not to 1e-12.
    """

    name: str
    program: Program
    learned: Learned
    trials: ns.Trials
    constants: Mapping[str, float]
    learn: bool
    exact: bool = True
    by_hand: Callable[..., Callable[[], Learned]] | None = None

    @property
    def count(self) -> int:
        """Of trials."""
        return self.trials.count

    @property
    def steps(self) -> int:
        """Of a trial."""
        constants = {**self.program.constants, **self.constants}
        return sum(int(constants[f"steps.{p.name}"]) for p in self.program.phases)


def sizes_of(shape: str) -> Sizes:
    """The sizes of layers, of "784-256-10"."""
    return tuple(int(n) for n in shape.split("-"))


def layers_of(sizes: Sizes) -> list[str]:
    return ["input", *(f"hidden{k}" for k in range(1, len(sizes) - 1)), "output"]


def rates(sizes: Sizes) -> tuple[float, ...]:
    """Half as fast with each layer."""
    return tuple(LR / 2**k for k in range(len(sizes) - 1))


def ep_network(sizes: Sizes) -> ns.Network:
    names, r = layers_of(sizes), RELAXATION
    populations, projections = [ns.Population("input", sizes[0], ns.Clamp)], []
    for k, lr in enumerate(rates(sizes), start=1):
        bias = ns.BiasPropagation(lr=lr, beta=r["beta"])
        rule = ns.EquilibriumPropagation(lr=lr, beta=r["beta"])
        populations.append(ns.Population(names[k], sizes[k], ns.RateUnit(eps=r["eps"]), [bias]))
        name = f"{names[k - 1]}_{names[k]}"
        projections.append(ns.Projection(name, names[k - 1], names[k], learning=[rule], reciprocal=k > 1))
    return ns.Network(populations, projections)


def ep_schedule(batch: int = 1) -> ns.Schedule:
    r = RELAXATION
    alone = ep_schedules.one_sided("input", "output", int(r["free"]), int(r["nudged"]), r["beta"])
    return replace(alone, batch=batch)


def glorot(network: ns.Network, scale: float) -> dict[str, Array]:
    """Uniform weights after Glorot, biases of zero."""
    found = {}
    for name, variable in network.learned().items():
        width = scale * np.sqrt(6 / sum(variable.shape)) if len(variable.shape) == 2 else 0.0
        found[name] = stream(0, "benchmark", name).uniform(-1, 1, variable.shape) * width
    return found


def patterns(sizes: Sizes, samples: int) -> tuple[Array, Array]:
    """Digits where they fit; else a fifth of the inputs, at random."""
    if sizes[0] == 64:
        digits = datasets.load("digits", test=0)
        again = np.arange(samples) % 1437
        return digits.array[again], np.eye(sizes[-1])[digits.labels[again]]
    random = stream(0, "benchmark", "patterns")
    inputs = random.random((samples, sizes[0])) * (random.random((samples, sizes[0])) < 0.2)
    return inputs, np.eye(sizes[-1])[random.integers(0, sizes[-1], samples)]


def ep_training(shape: str, samples: int, batch: int = 1) -> Work:
    """Equilibrium propagation, one sample after another, or one batch."""
    sizes = sizes_of(shape)
    network = ep_network(sizes)
    inputs, targets = patterns(sizes, samples)
    learned = glorot(network, 0.5)

    def by_hand(model: ModuleType, **how: Any) -> Callable[[], Learned]:
        relaxation = Relaxation(**RELAXATION, rates=rates(sizes))  # type: ignore[arg-type]
        train = model.ep_trainer(*arrays_of(learned, sizes), relaxation, **how)
        return lambda: named(train(inputs, targets), sizes)

    return Work(
        f"ep-train-{shape}" if batch == 1 else f"ep-batch{batch}-{shape}",
        ns.lower(network, ep_schedule(batch)),
        learned,
        ns.Trials({"input.s": inputs, "output.target": targets}),
        constants={},
        learn=True,
        exact=False,
        by_hand=by_hand,
    )


def on_grid(work: Work) -> Work:
    """The same on the grid, from weights that are on it."""
    assert work.program.exact is not None
    program = with_roundings(work.program.exact[0], ns.Grid())
    learned, _ = ns.quantise(work.learned, program)
    return replace(work, program=program, learned=learned)


def ep_inference(shape: str, samples: int) -> Work:
    """The free phase alone, of the program that trains."""
    trained = ep_training(shape, samples)
    constants = ep_schedules.inference(ep_schedule())
    return Work(f"ep-infer-{shape}", trained.program, trained.learned, trained.trials, constants, learn=False)


def binarised(shape: str, samples: int) -> Work:
    """Equilibrium propagation whose weights are delivered as signs; metaplastic, on a grid."""
    sizes = sizes_of(shape)
    network = ep_network(sizes)
    projections = [
        ns.Projection(
            j.name, j.pre, j.post, synapse=ns.Binary(scale=0.1), reciprocal=j.reciprocal,
            learning=[ns.BinaryPropagation(lr=lr, m=45.0, beta=RELAXATION["beta"])],
        )
        for j, lr in zip(network.projections, rates(sizes), strict=True)
    ]  # fmt: skip
    network = ns.Network(network.populations, projections)
    program = ns.lower(network, ep_schedule(), precision=ns.Grid())
    inputs, targets = patterns(sizes, samples)
    learned, _ = ns.quantise(glorot(network, 0.5), program)
    trials = ns.Trials({"input.s": inputs, "output.target": targets})
    return Work(f"binary-train-{shape}", program, learned, trials, constants={}, learn=True)


def sleep_network(sizes: Sizes, settings: Mapping[str, float]) -> ns.Network:
    names = layers_of(sizes)
    rule = [ns.SleepPlasticity(inc=settings["inc"], dec=settings["dec"])]
    unit = ns.Heaviside(decay=settings["decay"], theta=settings["theta"])
    populations = [ns.Population("input", sizes[0], ns.SpikeInput)]
    populations += [ns.Population(name, size, unit) for name, size in zip(names[1:], sizes[1:], strict=True)]
    return ns.Network(populations, [ns.Projection(f"{a}_{b}", a, b, learning=rule) for a, b in pairwise(names)])


def sleep(shape: str, steps: int) -> Work:
    """One long trial of spikes with sleep plasticity, on a grid."""
    return _asleep(f"sleep-{shape}", sizes_of(shape), steps, SLEEP, shift=0.0)


def busy_sleep(shape: str, steps: int) -> Work:
    """The same where nearly all neurons fire."""
    return _asleep(f"sleep-busy-{shape}", sizes_of(shape), steps, BUSY, shift=0.05)


def _asleep(name: str, sizes: Sizes, steps: int, settings: Mapping[str, float], shift: float) -> Work:
    network, grid = sleep_network(sizes, settings), ns.Grid()
    probes = [ns.Probe(f"{name}.spike", "step") for name in layers_of(sizes)[1:]]
    schedule = ns.Schedule([ns.Phase("sleep", steps)], probes, {"input.x": "events"})
    program = ns.lower(network, schedule, precision=grid)
    random = stream(0, "benchmark", "spikes")
    spikes = sleep_replay.spikes(random.random(sizes[0]), 0.1, steps, random)
    learned, _ = ns.quantise({n: a + shift for n, a in glorot(network, 1.0).items()}, program)
    trials = ns.Trials({"input.x": spikes})

    def by_hand(model: ModuleType, **how: Any) -> Callable[[], Learned]:
        fired = spikes.dense()[0].astype(bool)
        run = model.sleeper(arrays_of(learned, sizes)[0], Sleep(**settings, bits=grid.weight_bits), **how)
        return lambda: named((run(fired), []), sizes)

    return Work(name, program, learned, trials, constants={}, learn=True, by_hand=by_hand)


def spiking(shape: str, samples: int, steps: int = 100) -> Work:
    """Inference by leaky integrate-and-fire neurons with synaptic currents, as before latent replay; on a grid."""
    sizes = sizes_of(shape)
    names = layers_of(sizes)
    models = [ns.SpikeInput, *[ns.CurrentLIF] * (len(sizes) - 2), ns.LeakyReadout]
    parts = zip(names, sizes, models, strict=True)
    network = ns.Network(
        [ns.Population(*part) for part in parts], [ns.Projection(f"{a}_{b}", a, b) for a, b in pairwise(names)]
    )
    probes = [ns.Probe(f"{name}.spike", "step") for name in names[1:-1]]
    schedule = ns.Schedule([ns.Phase("shown", steps)], probes, {"input.x": "events"})
    program = ns.lower(network, schedule, precision=ns.Grid())
    random = stream(0, "benchmark", "digits")
    fired = random.random((samples, steps, sizes[0])) < 0.02
    learned, _ = ns.quantise({n: a + 0.1 for n, a in glorot(network, 1.0).items()}, program)
    trials = ns.Trials({"input.x": ns.Events.from_dense(fired)})
    return Work(f"current-lif-{shape}", program, learned, trials, constants={}, learn=False)


def arrays_of(learned: Learned, sizes: Sizes) -> tuple[list[Array], list[Array]]:
    """Weights and biases, layer by layer."""
    names = layers_of(sizes)
    weights = [learned[f"{a}_{b}.w"] for a, b in pairwise(names)]
    return weights, [learned[f"{name}.bias"] for name in names[1:] if f"{name}.bias" in learned]


def named(arrays: tuple[list[Array], list[Array]], sizes: Sizes) -> Learned:
    """`arrays_of` backwards."""
    names = layers_of(sizes)
    weights = {f"{a}_{b}.w": w for (a, b), w in zip(pairwise(names), arrays[0], strict=True)}
    return weights | {f"{name}.bias": b for name, b in zip(names[1:], arrays[1], strict=False)}
