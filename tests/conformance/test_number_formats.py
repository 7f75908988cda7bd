"""What number formats cost: trained networks on all 360 digits of the test part, in float64 and in those of chips."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend import registry
from neurosim.model.randomness import stream
from neurosim.program.precision import FixedPoint, Float32, Float64, Precision, quantise
from neurosim.program.precision.delivered import delivered_ledger
from neurosim.program.schedule import Array, Trials
from neurosim.scenario import datasets, engine, schema
from neurosim.scenario.methods.ep_schedules import one_sided
from neurosim.scenario.preparation import prepare
from neurosim.scenario.preparation.plan import method_of
from neurosim.scenario.streams import SampleRefs
from neurosim.testing.agreement import assert_learned_agree, assert_probes_agree
from neurosim.testing.targets import PRECISIONS, Target, outcome

ENGRAMS = Path(__file__).parents[2] / "scenarios" / "digits_engrams.toml"
SCHEDULE = one_sided("input", "output", 20, 4, 0.5)
DELIVERED = ("input_hidden", "hidden_output")


def rates() -> ns.Network:
    """64-100-10 for equilibrium propagation."""
    rules = [ns.EquilibriumPropagation(lr=lr, beta=0.5) for lr in (0.03, 0.015)]
    biases = [ns.BiasPropagation(lr=lr, beta=0.5) for lr in (0.03, 0.015)]
    return ns.Network(
        [
            ns.Population("input", 64, ns.Clamp),
            ns.Population("hidden", 100, ns.RateUnit, [biases[0]]),
            ns.Population("output", 10, ns.RateUnit, [biases[1]]),
        ],
        [
            ns.Projection("input_hidden", "input", "hidden", learning=[rules[0]]),
            ns.Projection("hidden_output", "hidden", "output", learning=[rules[1]], reciprocal=True),
        ],
    )


@functools.cache
def digits() -> datasets.Dataset:
    return datasets.load("digits", test=360, validation=0, split_seed=0)


@functools.cache
def trained() -> dict[str, Array]:
    """Learned in float64, one epoch."""
    network, data = rates(), digits()
    targets = np.eye(10)[data.labels[data.train]]
    backend, _ = registry.load("reference")
    with backend.compile(ns.lower(network, SCHEDULE)) as session:
        shapes = {n: v.shape for n, v in network.learned().items()}
        session.write({
            n: stream(0, "test", n).uniform(-1, 1, s) * (0.5 * np.sqrt(6 / sum(s)) if len(s) == 2 else 0.0)
            for n, s in shapes.items()
        })  # fmt: skip
        session.run(Trials({"input.s": data.inputs[data.train], "output.target": targets}))
        return session.read()


def fitted(learned: dict[str, Array], **given: float) -> FixedPoint:
    """Formats of a network with stored weights."""
    weights = {n: learned[f"{n}.w"] for n in DELIVERED}
    return FixedPoint.loihi2(**given).fitted({**weights, **{n: a for n, a in learned.items() if n.endswith(".bias")}})


@functools.cache
def scores(precision: Precision, target: str = "reference") -> Array:
    """Outputs at the end of the free phase, and nothing learned."""
    data, program = digits(), ns.lower(rates(), SCHEDULE, precision=precision)
    learned, ledger = quantise(trained(), program)
    assert all(e.relative_error <= 0.02 and e.saturated == 0 for e in ledger)
    shown = Trials({"input.s": data.inputs[data.test], "output.target": np.zeros((len(data.test), 10))})
    backend, mode = registry.load(target)
    with backend.compile(program, mode=mode) as session:
        session.write(learned)
        return np.asarray(session.run(shown, constants={"steps.nudged": 0}, learn=False)["output.s@end:free"])


def accuracy(outputs: Array) -> float:
    data = digits()
    return float((outputs.argmax(axis=1) == data.labels[data.test]).mean())


def test_a_trained_network_loses_no_more_than_a_point_in_the_numbers_of_loihi_2() -> None:
    exact, chip = scores(Float64()), scores(fitted(trained()))
    assert len(exact) == 360
    assert accuracy(exact) > 0.9
    assert abs(accuracy(chip) - accuracy(exact)) <= 0.01
    assert np.abs(chip - exact).max() < 0.05


def test_a_trained_network_predicts_the_same_in_single_precision() -> None:
    exact, single = scores(Float64()), scores(Float32())
    np.testing.assert_array_equal(single.argmax(axis=1), exact.argmax(axis=1))
    assert 0 < np.abs(single - exact).max() < 1e-6


@pytest.mark.parametrize("target", ["nengo:fused", "lava:fused"])
def test_every_simulator_gives_the_same_outputs_in_the_numbers_of_loihi_2(target: str) -> None:
    np.testing.assert_array_equal(scores(fitted(trained()), target), scores(fitted(trained())))


# binary weights


@functools.cache
def engrams() -> tuple[engine.RunState, dict[str, Array]]:
    """The scenario, and what it has learned."""
    described = schema.read(ENGRAMS)
    data = described.data.build()
    result = engine.run(described, registry.load("reference")[0].compile, data=data)
    return prepare(described, data).begin(0), dict(result.stages[-1].learned)


def test_the_trained_binary_network_predicts_the_same_in_the_numbers_of_loihi_2() -> None:
    """Two values a projection: the format is fitted to them, and no sign is lost; 0.464 and 0.0157 are rounded."""
    run_state, learned = engrams()
    method = method_of(run_state.scenario)
    shown = SampleRefs.joined([t.shows(t.part("test")) for t in run_state.tasks])
    trials, constants = method.trials(run_state, shown)
    schedule = method.schedule(run_state.network, run_state.data)
    two = {n: run_state.programs["wake"].constants[f"{n}.scale"] * np.array([-1.0, 1.0]) for n in DELIVERED}
    biases = {n: a for n, a in learned.items() if n.endswith(".bias")}

    rounded: list[dict[str, tuple[float, int]]] = []

    def predicted(precision: Precision) -> Array:
        program = ns.lower(run_state.network, schedule, "wake", precision)
        arrays, _ = quantise({n: a for n, a in learned.items() if n in program.shapes()}, program)
        rounded.append({e.name: (e.relative_error, e.saturated) for e in delivered_ledger(program, arrays)})
        backend, _ = registry.load("reference")
        with backend.compile(program) as session:
            session.write(arrays)
            records = session.run(trials, constants=constants, learn=False)
        return method.scores(records)

    exact, chip = predicted(Float64()), predicted(FixedPoint.loihi2().fitted({**two, **biases}))
    assert rounded[0] == {}
    assert rounded[1] == {
        "input_hidden": (pytest.approx(238 / 512 / 0.464 - 1), 0),
        "hidden_output": (pytest.approx(1 - 128 / 8192 / 0.0157), 0),
    }
    assert len(exact) == 360
    np.testing.assert_array_equal(chip.argmax(axis=1), exact.argmax(axis=1))
    assert np.abs(chip - exact).max() < 0.01


def test_a_network_of_bits_is_exact_in_the_numbers_of_loihi_2() -> None:
    """Signs of the trained hidden weights, pixels of 0 and 1, units of -1 and 1: equal outputs, not only classes."""
    _, learned = engrams()
    data = digits()
    units = ns.Sign(scale=0.125), ns.Sign(scale=2.0**-5)
    network = ns.Network(
        [
            ns.Population("input", 64, ns.Clamp),
            ns.Population("hidden", 512, units[0]),
            ns.Population("output", 10, units[1]),
        ],
        [
            ns.Projection("input_hidden", "input", "hidden", ns.Binary),
            ns.Projection("hidden_output", "hidden", "output", ns.Binary),
        ],
    )
    schedule = ns.Schedule(
        [ns.Phase("run", 3)], [ns.Probe("output.u", "step"), ns.Probe("hidden.s", "end:run")], {"input.s": "constant"}
    )
    shown = Trials({"input.s": (data.inputs[data.test] > 0.5).astype(float)})
    runs = []
    for precision in (Float64(), FixedPoint.loihi2(weight_bits=2)):
        program = ns.lower(network, schedule, precision=precision)
        arrays, _ = quantise({f"{n}.h": learned[f"{n}.h"] for n in DELIVERED}, program)
        assert delivered_ledger(program, arrays) == []
        backend, _ = registry.load("reference")
        with backend.compile(program) as session:
            session.write(arrays)
            runs.append(session.run(shown))
    assert_probes_agree(runs[1], runs[0])
    assert np.ptp(runs[0]["output.u@step"][:, -1]) > 1


# the suite


@pytest.mark.parametrize("precision", ["loihi2", "float32"])
@pytest.mark.parametrize("case", ["cuba", "two_ports", "delays", "eligibility"])
def test_brian2_agrees_in_other_formats(case: str, precision: str) -> None:
    numbers, length = PRECISIONS[precision], 0.25
    tolerance = 0.0 if precision == "loihi2" else 1e-6
    records, learned = outcome(Target("brian2:numpy", length), case, numbers)
    expected, expected_learned = outcome(Target("reference", length), case, numbers)
    assert_learned_agree(learned, expected_learned, tolerance)
    assert_probes_agree(records, expected, tolerance)
