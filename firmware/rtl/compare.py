"""The circuit against the reference, spike for spike: digits that a layer of 64-10 classifies, in fixed point.

``python compare.py FOLDER`` builds the circuit in a folder with verilator, and ends with 1 where a spike differs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import neurosim as ns
from neurosim.model.randomness import stream
from neurosim.program.program import Program
from neurosim.scenario import datasets

DIGITS, STEPS, SOURCES, NEURONS = 360, 40, 64, 10
HERE = Path(__file__).parent
STATE, FACTOR = 18, 12
"""Fractional bits of states and of factors."""
TOP = 2**23
"""The largest current; a membrane ends below it."""

Spikes = NDArray[np.bool_]
Whole = NDArray[np.int64]


def built(folder: Path) -> Path:
    """The circuit as a program of this computer, in `folder`."""
    sizes = [f"-GSOURCES={SOURCES}", f"-GNEURONS={NEURONS}", "-CFLAGS", f"-O2 -DSOURCES={SOURCES} -DNEURONS={NEURONS}"]
    sources = [str(HERE / name) for name in ("layer.v", "dense.v", "cuba_lif.v", "bench.cpp")]
    command = ["verilator", "--cc", "--exe", "--build", "-O3", "-Wall", "--Mdir", str(folder), "-o", "layer", *sizes]
    subprocess.run([*command, "--top-module", "layer", *sources], check=True, stdout=subprocess.DEVNULL)
    return folder / "layer"


def network() -> tuple[Program, dict[str, NDArray[np.float64]], Spikes, NDArray[np.int64]]:
    """A program, its weights and biases, what it is shown, and the labels: weights are those of a linear regression."""
    data = datasets.load("digits", test=DIGITS, validation=0, split_seed=0)
    inputs, wanted = data.inputs[data.train], np.eye(NEURONS)[data.labels[data.train]]
    design = np.c_[inputs, np.ones(len(inputs))]
    solved = np.linalg.solve(design.T @ design + 0.1 * np.eye(SOURCES + 1), design.T @ wanted)
    cells = ns.CubaLIF(du=0.5, dv=0.1, theta=1.0)
    net = ns.Network(
        [ns.Population("pixels", SOURCES, ns.SpikeInput), ns.Population("classes", NEURONS, cells)],
        [ns.Projection("w", "pixels", "classes")],
    )
    schedule = ns.Schedule([ns.Phase("shown", STEPS)], [ns.Probe("classes.spike", "step")], {"pixels.x": "events"})
    precision = ns.FixedPoint.loihi2().fitted({"w": solved[:SOURCES]})
    program = ns.lower(net, schedule, precision=precision)
    learned, _ = ns.quantise({"w.w": solved[:SOURCES], "classes.bias": 0.25 * solved[SOURCES]}, program)
    shown = data.inputs[data.test[:DIGITS]]
    spikes = stream(0, "spikes").random((DIGITS, STEPS, SOURCES)) < 0.5 * shown[:, None, :]
    return program, learned, spikes, data.labels[data.test[:DIGITS]]


def by_reference(program: Program, learned: dict[str, NDArray[np.float64]], shown: Spikes) -> Spikes:
    """Spikes of each step, by the reference."""
    reference, _ = ns.load("reference")
    with reference.compile(program) as session:
        session.write(learned)
        records = session.run(ns.Trials({"pixels.x": shown.astype(float)}))
    return np.asarray(records["classes.spike@step"].dense().astype(bool))


@dataclass(frozen=True)
class Layer:
    """What the circuit is given, as whole numbers."""

    keep_u: int
    keep_v: int
    theta: int
    shift: int
    weights: Whole
    biases: Whole

    @classmethod
    def of(cls, program: Program, learned: dict[str, NDArray[np.float64]]) -> Layer:
        """The layer of a program."""
        exponent, constants = program.matrix("w").format.exponent, program.constants
        keep = [round((1 - constants[f"classes.{name}"]) * 2**FACTOR) for name in ("du", "dv")]
        weights = np.rint(learned["w.w"] * 2.0**-exponent).astype(np.int64)
        biases = np.rint(learned["classes.bias"] * 2.0**STATE).astype(np.int64)
        return cls(*keep, round(constants["classes.theta"] * 2**STATE), STATE + exponent, weights, biases)

    @classmethod
    def that_wraps(cls) -> Layer:
        """One whose currents leave their register, and meet its last value, 2^23."""
        draw = stream(0, "weights")
        weights = draw.integers(-3, 4, (SOURCES, NEURONS)) * 2**12
        return cls(2**11, 3000, 2**22, 11, weights, draw.integers(-(2**20), 2**20, NEURONS))


def by_circuit(binary: Path, layer: Layer, shown: Spikes) -> tuple[Spikes, int]:
    """Spikes of each step, by the circuit; and the cycles that it was busy."""
    head = [layer.keep_u, layer.keep_v, layer.theta, layer.shift, *layer.weights.ravel(), *layer.biases]
    events = [word for step in shown.reshape(-1, SOURCES) for word in (step.sum(), *np.flatnonzero(step))]
    words = np.array([*head, *shown.shape[:2], *events], "<i4")
    answered = subprocess.run([binary], input=words.tobytes(), stdout=subprocess.PIPE, check=True).stdout
    read = np.frombuffer(answered, "<u4")
    bits = read[:-2, None] >> np.arange(NEURONS, dtype="<u4") & 1
    return bits.reshape(*shown.shape[:2], NEURONS).astype(bool), int(read[-2]) | int(read[-1]) << 32


def by_formula(layer: Layer, shown: Spikes) -> tuple[Spikes, int]:
    """Spikes of each step, in whole numbers of Python's; and how often a current was 2^23."""
    spikes, at_top = np.zeros((*shown.shape[:2], NEURONS), bool), 0
    for k, trial in enumerate(shown):
        u, v = np.zeros(NEURONS, np.int64), np.zeros(NEURONS, np.int64)
        for t, step in enumerate(trial):
            arrived = (step @ layer.weights) << layer.shift
            u = TOP - (TOP - toward_zero(u * layer.keep_u) - arrived) % (2 * TOP)
            v = np.clip(toward_zero(v * layer.keep_v) + u + layer.biases, 1 - TOP, TOP - 1)
            at_top += int((u == TOP).sum())
            spikes[k, t] = v > layer.theta
            v[spikes[k, t]] = 0
    return spikes, at_top


def toward_zero(products: Whole) -> Whole:
    """Products of a state and a factor, cut to the last bit of a state."""
    return np.sign(products) * (np.abs(products) >> FACTOR)


def main(folder: Path) -> int:
    """Exit status: 0, also where verilator is not installed, as is said; 1 where a spike differs."""
    if shutil.which("verilator") is None:
        print("left out: the circuit needs verilator; install Debian's package verilator")
        return 0
    binary = built(folder)
    return max(classify(binary), wrap(binary))


def classify(binary: Path) -> int:
    """Whether a spike differs from the reference's, for digits."""
    program, learned, shown, labels = network()
    expected = by_reference(program, learned, shown)
    begun = time.perf_counter()
    spikes, cycles = by_circuit(binary, Layer.of(program, learned), shown)
    seconds = time.perf_counter() - begun
    differ, steps = int((spikes != expected).sum()), DIGITS * STEPS
    right = float((expected.sum(1).argmax(1) == labels).mean())
    print(f"{DIGITS} digits, {steps:,} steps: {int(expected.sum()):,} spikes, {differ} differ from the reference's")
    print(f"accuracy {right:.3f}; {cycles / steps:.0f} cycles a step; {seconds:.1f} s of simulation")
    return int(differ > 0)


def wrap(binary: Path) -> int:
    """Whether a spike differs from the formulas', where currents wrap."""
    layer, shown = Layer.that_wraps(), stream(0, "events").random((50, STEPS, SOURCES)) < 0.1
    expected, at_top = by_formula(layer, shown)
    differ = int((by_circuit(binary, layer, shown)[0] != expected).sum())
    print(f"currents that wrap, {at_top:,} times to 2^23: {int(expected.sum()):,} spikes, {differ} differ")
    return int(differ > 0 or at_top == 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
