"""Every function of the language, rules and constants: Brian2 gives the bits of the reference."""

from __future__ import annotations

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend import registry
from neurosim.program.schedule import Array

pytest.importorskip("brian2")
MODES = ["standalone", "numpy"]

ROUNDING = {
    "select": "where(x > 0, x, -2*x)",
    "other_branch": "where(abs(x) > 0.1, 1/x, 7)",
    "rounded": "floor(3*x) - floor(-x)",
    "fine": "on_grid(x/3, 5)",
    "downwards": "floor_to_grid(x/3, 5) - 4*truncate_to_grid(x/3, 4)",
    "round_the_end": "wrap(20*x, 8) + wrap(8*sign(x), 8)",
    "narrow": "single(x/3) + single(1e-3*x)",
    "limits": "clip(x, -0.5, 0.25) + minimum(x, 0.1)*maximum(x, -0.1)",
    "signs": "sign(x) + 2*step(x) + 4*sign(0*x)",
    "root": "sqrt(abs(x)) - x**2 + x**3 - (-x)**4",
    "logic": "where(not (x < 0.3 and x > -0.3) or x == 0, 1, -1)",
    "order": "leak*x + (1 - leak)*(x - 0.1*x/3)",
}
"""Expressions whose last bit IEEE arithmetic determines."""

LIBRARY = {"smooth": "sigmoid(3*x) + tanh(x)", "growth": "exp(x) - log(2 + x) + abs(x)**leak"}
"""Expressions whose last bit is the C library's or NumPy's own."""


def run(backend: str, network: ns.Network, schedule: ns.Schedule, trials: ns.Trials, learned: dict[str, Array]):
    loaded, mode = registry.load(backend)
    program = ns.lower(network, schedule)
    with loaded.compile(program, mode=mode) as session:
        session.write(learned)
        records = session.run(trials)
        return session.read(), records


@pytest.mark.parametrize("mode", MODES)
def test_functions(mode: str) -> None:
    equations = {**ROUNDING, **LIBRARY}
    model = ns.NeuronModel(
        "Functions",
        state={"x": 0.0} | dict.fromkeys(equations, 0.0),
        params={"leak": 0.3},
        update={"x": "drive"} | equations,
        output="x",
    )
    x = np.concatenate([np.linspace(-1, 1, 19), [0.0, -0.0, 1e-300]])
    network = ns.Network(
        [ns.Population("input", len(x), ns.Clamp), ns.Population("unit", len(x), model)],
        [ns.Projection("wire", "input", "unit")],
    )
    probes = [ns.Probe(f"unit.{v}", "end:run") for v in ("x", *equations)]
    schedule = ns.Schedule([ns.Phase("run", 2)], probes, {"input.s": "constant"})
    learned = {"wire.w": np.eye(len(x))}
    (_, expected), (_, found) = (
        run(b, network, schedule, ns.Trials({"input.s": x[None, :]}), learned) for b in ("reference", f"brian2:{mode}")
    )
    for v in ("x", *ROUNDING):
        np.testing.assert_array_equal(found[f"unit.{v}@end:run"], expected[f"unit.{v}@end:run"], err_msg=v)
    for v in LIBRARY:
        np.testing.assert_allclose(found[f"unit.{v}@end:run"], expected[f"unit.{v}@end:run"], rtol=1e-15, err_msg=v)


@pytest.mark.parametrize("mode", MODES)
def test_two_rules_at_spikes_act_at_once_and_rules_read_constants_of_both_sides(mode: str) -> None:
    """`trace` reads `w` as it was before `potentiate` wrote it, whichever is listed first."""
    synapse = ns.SynapseModel("Traced", {"w": 0.0, "trace": 0.0, "slow": 0.0}, "w")
    potentiate = ns.LearningRule("potentiate", "post.spike", {"w": "w + lr*arrived - w/64"}, {"lr": 2.0**-6})
    trace = ns.LearningRule("trace", "post.spike", {"trace": "trace/2 + w*post.decay"})
    at_end = ns.LearningRule("at_end", "end:late", {"slow": "slow + pre.theta*post.theta*(trace - w)"})
    spiking = ns.Heaviside(theta=0.5, decay=0.75)
    network = ns.Network(
        [ns.Population("input", 6, ns.SpikeInput), ns.Population("a", 8, spiking), ns.Population("b", 5, spiking)],
        [
            ns.Projection("first", "input", "a", synapse, learning=[potentiate, trace]),
            ns.Projection("second", "a", "b", synapse, learning=[at_end, trace, potentiate]),
        ],
    )
    schedule = ns.Schedule(
        [ns.Phase("early", 30), ns.Phase("late", 20, {"a.theta": 0.25})],
        [ns.Probe("a.spike", "step"), ns.Probe("b.spike", "step")],
        {"input.x": "events"},
    )
    r = np.random.default_rng(3)
    trials = ns.Trials({"input.x": ns.Events.from_dense(r.random((4, 50, 6)) < 0.3)})
    shapes = {"first.w": (6, 8), "second.w": (8, 5)}
    learned = {name: np.round(r.uniform(0, 0.5, shape) * 64) / 64 for name, shape in shapes.items()}
    (weights, expected), (found_weights, found) = (
        run(b, network, schedule, trials, learned) for b in ("reference", f"brian2:{mode}")
    )
    assert expected["b.spike@step"].count > 20  # type: ignore[union-attr]
    for probe in ("a.spike@step", "b.spike@step"):
        np.testing.assert_array_equal(found[probe].pairs(), expected[probe].pairs())  # type: ignore[union-attr]
    for name, values in weights.items():
        np.testing.assert_array_equal(found_weights[name], values, err_msg=name)
