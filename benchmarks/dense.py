"""Brian2 on dense projections over C written by hand: the ratio of their speeds, each shape in turns with its limit.

The limit, ``limit/ep.c``, is compiled for this machine with every freedom a compiler has; it learns the same weights to
1e-12, which is checked. Sleep has no such limit, and is compared with the reference. All are single threads, so seconds
of processor time are compared, those of the programs that are started included: what else the machine does is not in
them. A call of `Session.run` is measured whole.
"""

from __future__ import annotations

import ctypes
import resource
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

import neurosim as ns
from neurosim.scenario.randomness import stream
from neurosim.scenario.training import one_sided

Array = NDArray[np.float64]
RUNS = 7
SHAPES = {"64-100-10": 3 * 1437, "784-500-10": 2000, "784-1200-1200-10": 200}
"""Samples of each shape: so many that starting a program counts little, so few that rounding is not yet amplified."""
SLEEP = (784, 256, 10)
SLEEP_STEPS = 2000
FREE, NUDGED, EPS, BETA, LR = 20, 4, 0.5, 0.5, 0.003
TOLERANCE = 1e-12


class Dynamics(ctypes.Structure):
    _fields_ = (
        ("steps_free", ctypes.c_int),
        ("steps_nudged", ctypes.c_int),
        ("eps", ctypes.c_double),
        ("beta", ctypes.c_double),
    )


def compiled(source: Path, folder: Path) -> ctypes.CDLL:
    library = folder / f"{source.stem}.so"
    flags = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
    subprocess.run(["gcc", *flags, str(source), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def names(sizes: tuple[int, ...]) -> list[str]:
    return ["input", *(f"hidden{k}" for k in range(1, len(sizes) - 1)), "output"]


def rates(sizes: tuple[int, ...]) -> list[float]:
    """Half as fast with each layer."""
    return [LR / 2**k for k in range(len(sizes) - 1)]


def ep_network(sizes: tuple[int, ...]) -> ns.Network:
    layers = names(sizes)
    populations = [ns.Population("input", sizes[0], ns.Clamp)]
    projections = []
    for k, lr in enumerate(rates(sizes), start=1):
        bias = ns.BiasPropagation(lr=lr, beta=BETA)
        rule = ns.EquilibriumPropagation(lr=lr, beta=BETA)
        populations.append(ns.Population(layers[k], sizes[k], ns.RateUnit(eps=EPS), [bias]))
        name = f"{layers[k - 1]}_{layers[k]}"
        projections.append(ns.Projection(name, layers[k - 1], layers[k], learning=[rule], reciprocal=k > 1))
    return ns.Network(populations, projections)


def initial(network: ns.Network, scale: float) -> dict[str, Array]:
    found = {}
    for name, variable in network.learned().items():
        width = scale * np.sqrt(6 / sum(variable.shape)) if len(variable.shape) == 2 else 0.0
        found[name] = stream(0, "dense", name).uniform(-1, 1, variable.shape) * width
    return found


def patterns(sizes: tuple[int, ...], samples: int) -> tuple[Array, Array]:
    """Digits where they fit; else a fifth of the inputs, at random."""
    if sizes[0] == 64:
        digits = load_digits()
        again = np.arange(samples) % 1437
        return digits.data[again] / 16.0, np.eye(10)[digits.target[again]]
    random = stream(0, "dense", "patterns")
    inputs = random.random((samples, sizes[0])) * (random.random((samples, sizes[0])) < 0.2)
    return inputs, np.eye(sizes[-1])[random.integers(0, sizes[-1], samples)]


class Limit:
    """Training in C, on copies of the learned arrays; calling it gives the new ones."""

    def __init__(self, library: ctypes.CDLL, sizes: tuple[int, ...], learned: Mapping[str, Array]):
        self.train, self.sizes, self.learned = library.train, sizes, learned
        layers = names(sizes)
        self.weights = [f"{a}_{b}.w" for a, b in pairwise(layers)]
        self.biases = [f"{layer}.bias" for layer in layers[1:]]

    def __call__(self, inputs: Array, targets: Array) -> dict[str, Array]:
        new = {n: a.copy() for n, a in self.learned.items()}
        rate = np.array([lr / BETA for lr in rates(self.sizes)])
        self.train(
            len(inputs),
            len(self.sizes) - 1,
            (ctypes.c_int * len(self.sizes))(*self.sizes),
            Dynamics(FREE, NUDGED, EPS, BETA),
            *map(_pointer, (rate, inputs, targets)),
            *(_pointers([new[n] for n in part]) for part in (self.weights, self.biases)),
        )
        return new


def _pointer(array: Array) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def _pointers(arrays: list[Array]) -> Any:
    return (ctypes.POINTER(ctypes.c_double) * len(arrays))(*map(_pointer, arrays))


def against_limit(library: ctypes.CDLL, shape: str, samples: int) -> dict[str, Any]:
    """Training by equilibrium propagation."""
    sizes = tuple(int(n) for n in shape.split("-"))
    network = ep_network(sizes)
    program = ns.lower(network, one_sided("input", "output", FREE, NUDGED, BETA))
    learned = initial(network, 0.5)
    inputs, targets = patterns(sizes, samples)
    trials = ns.Trials({"input.s": inputs, "output.target": targets})
    limit = Limit(library, sizes, learned)
    backend, mode = ns.load("brian2:standalone")
    with backend.compile(program, mode=mode) as session:

        def run() -> None:
            session.write(learned)
            session.run(trials)

        row = alternating(f"ep-train-{shape}", "c-limit", run, lambda: limit(inputs, targets))
        expected, found = limit(inputs, targets), session.read()
    worst = max(float(np.abs(found[n] - expected[n]).max()) for n in expected)
    if not worst <= TOLERANCE:
        raise AssertionError(f"{shape}: the limit learned other weights, by {worst:.1e}")
    return row | {"max_dw": worst}


def sleep_network(sizes: tuple[int, int, int]) -> ns.Network:
    rule = [ns.SleepPlasticity(inc=2.0**-9, dec=2.0**-11)]
    unit = ns.Heaviside(decay=0.9, theta=0.5)
    return ns.Network(
        [
            ns.Population("input", sizes[0], ns.SpikeInput),
            ns.Population("hidden", sizes[1], unit),
            ns.Population("output", sizes[2], unit),
        ],
        [
            ns.Projection("input_hidden", "input", "hidden", learning=rule),
            ns.Projection("hidden_output", "hidden", "output", learning=rule),
        ],
    )


def sleep() -> dict[str, Any]:
    """One long trial of spikes with sleep plasticity, over the reference."""
    network = sleep_network(SLEEP)
    probes = [ns.Probe("hidden.spike", "step"), ns.Probe("output.spike", "step")]
    schedule = ns.Schedule([ns.Phase("sleep", SLEEP_STEPS)], probes, {"input.x": "events"})
    program = ns.lower(network, schedule, precision=ns.Grid())
    random = stream(0, "dense", "spikes")
    spikes = ns.Events.from_dense(random.random((1, SLEEP_STEPS, SLEEP[0])) < 0.1 * random.random(SLEEP[0]))
    learned, _ = ns.quantise({n: a + 0.05 for n, a in initial(network, 1.0).items()}, program)
    trials = ns.Trials({"input.x": spikes})
    sessions = [
        ns.load(name)[0].compile(program, mode=name.partition(":")[2])
        for name in ("brian2:standalone", "reference:numpy")
    ]

    def run(session: Any) -> Callable[[], None]:
        def once() -> None:
            session.write(learned)
            session.run(trials)

        return once

    return alternating(f"sleep-{'-'.join(map(str, SLEEP))}", "reference", *map(run, sessions))


def alternating(work: str, against: str, ours: Callable[[], object], other: Callable[[], object]) -> dict[str, Any]:
    """Both in turn, `RUNS` times after one that is not counted."""
    pairs = [(seconds(ours), seconds(other)) for _ in range(RUNS + 1)][1:]
    ratio = statistics.median(b / a for a, b in pairs)
    median = statistics.median(a for a, _ in pairs)
    row = {"work": work, "backend": "brian2", "mode": "standalone", "against": against}
    return row | {"ratio": ratio, "median_s": median, "runs": RUNS}


def seconds(work: Callable[[], object]) -> float:
    """Processor time of some work in this process and in those that it starts."""
    start = used()
    work()
    return used() - start


def used() -> float:
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(p.ru_utime + p.ru_stime for p in parts)


def measure() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(__file__).parent / "limit" / "ep.c", Path(folder))
        return [*(against_limit(library, shape, samples) for shape, samples in SHAPES.items()), sleep()]


if __name__ == "__main__":
    for row in measure():
        print(row)
