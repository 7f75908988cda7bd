"""Fixed point: formats of weights and biases, the ledger, and the equations of a program."""

from __future__ import annotations

import json

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import EquationError, InputError, ModelError
from neurosim.model.equations.expressions import bounds, fold, parse, text_of
from neurosim.program.precision import (
    BiasFormat,
    FixedPoint,
    Float32,
    Grid,
    LedgerEntry,
    WeightFormat,
    changes,
    check_format,
    quantise,
)
from neurosim.program.precision.delivered import delivered_ledger
from neurosim.program.precision.saturation import saturations
from neurosim.program.program import Program
from neurosim.program.run import bind

RUN = ns.Schedule([ns.Phase("run", 6)], [], {"input.x": "events"})
SHOWN = ns.Schedule([ns.Phase("run", 6)], [], {"input.s": "constant"})


def spiking(model: ns.NeuronModel, synapse: ns.SynapseModel = ns.Dense, **more: object) -> ns.Network:
    return ns.Network(
        [ns.Population("input", 3, ns.SpikeInput), ns.Population("unit", 2, model, **more)],
        [ns.Projection("p", "input", "unit", synapse)],
    )


def rates(rules: tuple = (), biases: tuple = ()) -> ns.Network:
    return ns.Network(
        [ns.Population("input", 3, ns.Clamp), ns.Population("unit", 2, ns.RateUnit, biases)],
        [ns.Projection("p", "input", "unit", learning=rules), ns.Projection("lateral", "unit", "unit")],
    )


def update_of(program: Program, name: str = "unit") -> dict[str, str]:
    return dict(program.group(name).update)


# formats


@pytest.mark.parametrize(
    ("bits", "sign", "mantissas"),
    [
        (8, "mixed", np.arange(-256, 255, 2)),
        (8, "excitatory", np.arange(256)),
        (8, "inhibitory", np.arange(-255, 1)),
        (4, "mixed", np.arange(-256, 225, 32)),
        (2, "mixed", np.array([-256, -128, 0, 128])),
        (1, "excitatory", np.array([0, 128])),
    ],
)
def test_a_weight_format_has_the_mantissas_of_a_chip(bits: int, sign: str, mantissas: np.ndarray) -> None:
    form = WeightFormat(bits, -9, sign)
    fine = np.arange(-300, 300, 0.25)
    np.testing.assert_array_equal(np.unique(form.mantissas(form.rounded(fine * 2.0**-9))), mantissas)
    assert (form.low, form.high) == (mantissas[0] * 2.0**-9, mantissas[-1] * 2.0**-9)
    assert mantissas[1] - mantissas[0] == form.step


def test_a_bias_format_has_13_bits() -> None:
    form = BiasFormat(3, 18)
    assert (form.low, form.high) == (-4096 * 2.0**-15, 4095 * 2.0**-15)
    np.testing.assert_array_equal(form.rounded(np.array([1.0, 2.0**-16, -1.0])), [form.high, 2.0**-15, form.low])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([-0.4, 0.3], WeightFormat(8, -9, "mixed")),
        ([-0.5, 0.3], WeightFormat(8, -9, "mixed")),
        ([-0.3, 0.5], WeightFormat(8, -8, "mixed")),
        ([0.0, 0.3], WeightFormat(8, -9, "excitatory")),
        ([-2.5, -0.1], WeightFormat(8, -6, "inhibitory")),
    ],
)
def test_fitted_takes_the_smallest_exponent_that_holds_all(values: list[float], expected: WeightFormat) -> None:
    form = FixedPoint().fitted({"p": np.array(values)}).weight_format("p")
    assert form == expected
    assert form.low <= min(values)
    assert max(values) <= form.high
    finer = WeightFormat(8, form.exponent - 1, form.sign)
    assert not (finer.low <= min(values) and max(values) <= finer.high)


def test_fitted_leaves_what_is_zero_and_fits_biases() -> None:
    found = FixedPoint().fitted({"p": np.zeros(3), "unit.bias": np.array([0.01, -0.05])})
    assert found.weight_format("p") == FixedPoint().weight_format("p")
    assert found.bias_format("unit.bias").exponent == 2
    assert found.bias_format("other.bias").exponent == 7


def test_what_no_chip_has_is_refused() -> None:
    with pytest.raises(ModelError, match="1 to 8"):
        FixedPoint(weight_bits=9)
    with pytest.raises(ModelError, match="1 to 16"):
        FixedPoint(output_bits=17)
    with pytest.raises(ModelError, match="expected 0 to 7"):
        FixedPoint().with_exponents({"unit.bias": 8})
    with pytest.raises(ModelError, match=r"expected 2\*\*0"):
        WeightFormat(8, 3)
    with pytest.raises(ModelError, match=r"projection 'q'; .*known: p"):
        ns.lower(spiking(ns.LIF), RUN, precision=FixedPoint().with_exponents({"q": -8}))
    with pytest.raises(ModelError, match=r"learned parameter 'unit.bia'; did you mean 'unit.bias'"):
        ns.lower(spiking(ns.LIF), RUN, precision=FixedPoint().with_exponents({"unit.bia": 1}))


# the ledger


def test_the_ledger_says_what_was_changed_and_what_was_beyond_the_ends() -> None:
    program = ns.lower(spiking(ns.LIF), RUN, precision=FixedPoint(largest_loss=0.5))
    given = {"p.w": np.array([[0.5, 2.5], [0.501, -3.0], [0.0, 1.0]]), "unit.bias": np.array([0.25, 0.25])}
    rounded, ledger = quantise(given, program)
    np.testing.assert_array_equal(rounded["p.w"], [[0.5, 254 / 128], [0.5, -2.0], [0.0, 1.0]])
    error = np.sqrt(np.sum((rounded["p.w"] - given["p.w"]) ** 2) / np.sum(given["p.w"] ** 2))
    assert ledger == [LedgerEntry("p.w", 3, 6, 1.0, 2, pytest.approx(error))]
    rows = changes(given, program)
    assert [tuple(r) for r in rows["p.w"]] == [
        (1, 2.5, 254 / 128, 254 / 128 - 2.5, True), (2, 0.501, 0.5, 0.5 - 0.501, False), (3, -3.0, -2.0, 1.0, True),
    ]  # fmt: skip
    assert len(rows["unit.bias"]) == 0


def test_a_loss_above_the_largest_is_refused_with_what_to_do() -> None:
    program = ns.lower(spiking(ns.LIF), RUN, precision=FixedPoint())
    with pytest.raises(
        InputError, match=r"p.w: rounded to mixed weights of 8 bits with exponent -7 .*FixedPoint.fitted"
    ):
        quantise({"p.w": np.full((3, 2), 0.004)}, program)


def test_a_session_refuses_what_its_format_does_not_have() -> None:
    program = ns.lower(spiking(ns.LIF), RUN, precision=FixedPoint())
    backend, _ = ns.load("reference")
    with backend.compile(program) as session:
        for name, values in (("p.w", np.full((3, 2), 2.0)), ("unit.bias", np.full(2, 0.1))):
            with pytest.raises(InputError, match="quantise"):
                session.write({name: values})
        session.write({"p.w": np.full((3, 2), -2.0)})
    with pytest.raises(InputError, match="single precision"):
        check_format(
            "p.w", np.array([0.1]), next(iter(ns.lower(rates(), SHOWN, precision=Float32()).formats().values()))
        )


def test_weights_that_are_computed_have_a_ledger_of_their_own() -> None:
    program = ns.lower(spiking(ns.LIF, ns.Binary(scale=0.2)), RUN, precision=FixedPoint())
    [entry] = delivered_ledger(program, {"p.h": np.ones((3, 2))})
    assert entry == LedgerEntry("p", 6, 6, pytest.approx(13 / 64 - 0.2), 0, pytest.approx(13 / 64 / 0.2 - 1))
    exact = ns.lower(spiking(ns.LIF, ns.Binary(scale=0.25)), RUN, precision=FixedPoint())
    assert delivered_ledger(exact, {"p.h": np.ones((3, 2))}) == []
    assert delivered_ledger(ns.lower(spiking(ns.LIF, ns.Binary), RUN, precision=Grid()), {}) == []


# equations


def test_the_neuron_of_loihi_has_its_operations() -> None:
    update = update_of(ns.lower(spiking(ns.CubaLIF), RUN, precision=FixedPoint()))
    current = "wrap(truncate_to_grid(u * on_grid(1.0 - du, 12.0), 18.0) + drive, 32.0)"
    limit = 32 - 2.0**-18
    assert update["u"] == current
    assert (
        update["v"]
        == f"clip(truncate_to_grid(v * on_grid(1.0 - dv, 12.0), 18.0) + {current} + bias, {-limit}, {limit})"
    )


@pytest.mark.parametrize(
    ("model", "wraps"),
    [
        (ns.CubaLIF, {"u"}), (ns.CurrentLIF, {"i"}), (ns.SubtractiveCurrentLIF, {"i"}), (ns.LeakyReadout, {"f"}),
        (ns.LIF, set()), (ns.SurrogateLIF, set()), (ns.RefractoryLIF, set()),
    ],
)  # fmt: skip
def test_currents_wrap_and_nothing_else(model: ns.NeuronModel, wraps: set[str]) -> None:
    probes = [ns.Probe(f"unit.{v}", "end:run") for v in model.state]
    program = ns.lower(spiking(model), ns.Schedule(RUN.phases, probes, RUN.stimuli), precision=FixedPoint())
    assert {v for v, t in update_of(program).items() if t.startswith("wrap")} == wraps


def test_constants_keep_their_names_and_are_rounded_where_they_are_put_in() -> None:
    program = ns.lower(spiking(ns.LIF(theta=0.3)), RUN, precision=FixedPoint())
    spike = program.group("unit").spike
    assert spike is not None
    assert "theta" in spike
    threshold = fold(parse(spike), {"theta": 0.3})
    assert text_of(threshold) == f"v >= {round(0.3 * 4096) / 4096}"
    most = (2**17 - 1) / 4096
    assert text_of(fold(parse(spike), {"theta": 100.0})) == f"v >= {most}"


def test_sums_are_cut_only_where_they_have_finer_parts_and_each_projection_by_itself() -> None:
    assert "floor_to_grid" not in update_of(ns.lower(spiking(ns.LIF), RUN, precision=FixedPoint()))["v"]
    fine = FixedPoint().with_exponents({"p": -14})
    assert "floor_to_grid(drive, 12.0)" in update_of(ns.lower(spiking(ns.LIF), RUN, precision=fine))["v"]
    both = ns.lower(rates(), SHOWN, precision=FixedPoint())
    assert both.group("unit").ports == ("drive_p", "drive_lateral")
    assert {(e.matrix, e.port) for e in both.edges} == {("p", "drive_p"), ("lateral", "drive_lateral")}
    assert "floor_to_grid(drive_p, 12.0) + floor_to_grid(drive_lateral, 12.0)" in update_of(both)["s"]


def test_a_state_is_delivered_as_a_graded_spike_and_keeps_its_own_bits() -> None:
    unit = ns.lower(rates(), SHOWN, precision=FixedPoint()).group("unit")
    assert (unit.output, unit.present) == ("output", (("output", "on_grid(s, 10.0)"),))
    assert unit.bound == 1.0


def test_rules_write_into_the_format_and_are_no_outer_products() -> None:
    rules, biases = (ns.EquilibriumPropagation,), (ns.BiasPropagation,)
    schedule = ns.Schedule(
        [ns.Phase("free", 2, assign={"s_free": "s"}), ns.Phase("nudged", 2)], [], {"input.s": "constant"}
    )
    program = ns.lower(rates(rules, biases), schedule, precision=FixedPoint().with_exponents({"p": -9}))
    weights, bias = (next(r for r in program.rules if r.owner == n) for n in ("p", "unit"))
    assert weights.update[0][1].startswith("clip(on_grid(")
    assert weights.update[0][1].endswith(", 8.0), -0.5, 0.49609375)")
    assert weights.outer == (None,)
    assert bias.update[0][1].endswith(f", 11.0), -2.0, {4095 / 2048})")


def test_hidden_weights_stay_fine_and_their_signs_are_delivered_exactly() -> None:
    rule = ns.LearningRule("up", "step", {"h": "h + lr*arrived*post.v"}, {"lr": 0.01})
    network = ns.Network(
        [ns.Population("input", 3, ns.SpikeInput), ns.Population("unit", 2, ns.LIF)],
        [ns.Projection("p", "input", "unit", ns.Binary, learning=[rule])],
    )
    program = ns.lower(network, RUN, precision=FixedPoint(weight_bits=2, weight_exponent=-7))
    assert program.rules[0].update[0][1].startswith("on_grid(")
    assert program.rules[0].update[0][1].endswith(", 24.0)")
    assert program.grid == (10, 0)
    assert delivered_ledger(program, {"p.h": np.array([[1.0, -1.0]] * 3)}) == []


def test_loihi_1_refuses_values_and_says_what_could_stand_there() -> None:
    with pytest.raises(ModelError, match=r"population input: .* use SpikeInput, or format loihi2"):
        ns.lower(rates(), SHOWN, precision=FixedPoint.loihi1())
    graded = ns.Network(
        [ns.Population("input", 3, ns.SpikeInput), ns.Population("unit", 2, ns.RateUnit)],
        [ns.Projection("p", "input", "unit"), ns.Projection("lateral", "unit", "unit")],
    )
    with pytest.raises(ModelError, match=r"population unit: .*'s'.* use a model that spikes"):
        ns.lower(graded, RUN, precision=FixedPoint.loihi1())


def test_loihi_1_takes_spikes_and_outputs_of_0_and_1() -> None:
    step = ns.NeuronModel("Step", state={"b": 0.0}, update={"b": "where(drive > 0.5, 1, 0)"}, output="b")
    network = ns.Network(
        [ns.Population("input", 3, ns.Clamp), ns.Population("unit", 2, step), ns.Population("last", 1, ns.RateUnit)],
        [ns.Projection("p", "input", "unit"), ns.Projection("q", "unit", "last")],
    )
    program = ns.lower(
        network, ns.Schedule([ns.Phase("run", 2)], [], {"input.s": "events"}), precision=FixedPoint.loihi1()
    )
    assert program.group("unit").present == ()
    with pytest.raises(ModelError, match="population input"):
        ns.lower(network, ns.Schedule([ns.Phase("run", 2)], [], {"input.s": "steps"}), precision=FixedPoint.loihi1())


def test_a_stimulus_that_no_graded_spike_carries_is_refused() -> None:
    program = ns.lower(rates(), SHOWN, precision=FixedPoint())
    bind(program, ns.Trials({"input.s": np.full((1, 3), 8191.0)}))
    with pytest.raises(InputError, match="beyond 8192"):
        bind(program, ns.Trials({"input.s": np.full((1, 3), 8192.0)}))


def test_a_program_comes_back_from_json_and_its_digest_knows_the_format() -> None:
    program = ns.lower(rates(), SHOWN, precision=FixedPoint())
    assert Program.from_json(program.to_json()) == program
    other = ns.lower(rates(), SHOWN, precision=FixedPoint(weight_exponent=-8))
    assert (
        len(
            {p.digest() for p in (program, other, ns.lower(rates(), SHOWN), ns.lower(rates(), SHOWN, precision=Grid()))}
        )
        == 4
    )


def test_fields_of_other_formats_are_no_part_of_a_digest() -> None:
    program = ns.lower(rates(), SHOWN, precision=Grid())
    assert ns.lower(rates(), SHOWN, precision=Grid()).digest() == program.digest()
    assert {"activation_bits", "single"} <= set(json.loads(program.to_json()))


# runs


def test_saturated_and_wrapped_values_are_counted_where_they_happen() -> None:
    network = spiking(ns.CubaLIF(du=0.0, dv=0.0, theta=31.0))
    program = ns.lower(network, RUN, precision=FixedPoint(weight_exponent=-3))
    spikes = np.zeros((1, 6, 3))
    spikes[0, :2, 0] = 1
    run = bind(program, ns.Trials({"input.x": spikes}))
    learned = {"p.w": np.array([[20.0, 1.0]] + [[0.0, 0.0]] * 2)}
    counts = saturations(run, learned)
    assert set(counts) == {"unit.u", "unit.v"}
    np.testing.assert_array_equal(counts["unit.u"].beyond, [[0, 1, 0, 0, 0, 0]])  # 20 + 20 > 32
    assert (counts["unit.u"].kind, counts["unit.u"].largest, counts["unit.u"].values) == ("wraps", 40.0, 12)
    assert counts["unit.v"].kind == "saturates"
    # v of the first neuron: 20, 20 - 24, then 24 less in each step.
    np.testing.assert_array_equal(counts["unit.v"].beyond, [[0, 0, 0, 1, 1, 1]])
    assert learned["p.w"][0, 0] == 20.0
    with pytest.raises(InputError, match="fixed point"):
        saturations(bind(ns.lower(network, RUN), ns.Trials({"input.x": spikes})), learned)


def test_single_precision_is_that_of_numpy() -> None:
    network = ns.Network(
        [ns.Population("input", 3, ns.Clamp), ns.Population("unit", 2, ns.TanhRateUnit(eps=0.3))],
        [ns.Projection("p", "input", "unit")],
    )
    schedule = ns.Schedule([ns.Phase("run", 3)], [ns.Probe("unit.s", "step")], {"input.s": "constant"})
    program = ns.lower(network, schedule, precision=Float32())
    random = np.random.default_rng(0)
    x, (weights, _) = random.random((1, 3)), quantise({"p.w": random.normal(size=(3, 2))}, program)
    backend, _ = ns.load("reference")
    with backend.compile(program) as session:
        session.write(weights)
        found = session.run(ns.Trials({"input.s": x}))["unit.s@step"]
    s, drive = np.zeros(2), x[0].astype(np.float32).astype(float) @ weights["p.w"]
    for k in range(3):
        s = np.clip(s + 0.3 * (-s + np.tanh(drive)), -1, 1).astype(np.float32).astype(float)
        np.testing.assert_array_equal(found[0, k], s)
    assert all((a == a.astype(np.float32)).all() for a in weights.values())


# the language


def test_bits_and_limits_are_numbers_written_out() -> None:
    for text in ("truncate_to_grid(x, k)", "floor_to_grid(x, -1)", "wrap(x, y)", "wrap(x, 0)"):
        with pytest.raises(EquationError):
            parse(text)


def test_bounds_of_roundings() -> None:
    assert bounds(parse("wrap(x, 4)"), {}) == (-4.0, 4.0)
    assert bounds(parse("truncate_to_grid(x, 3)"), {"x": (-0.5, 1.0)}) == (-1.0, 1.0)
    assert bounds(parse("single(clip(x, 0, 1))"), {}) == (0.0, 1.0)


def test_exact_functions_of_constants_are_computed_when_these_are_put_in() -> None:
    assert text_of(fold(parse("x*truncate_to_grid(k, 1)"), {"k": -1.3})) == "x * -1.0"
    assert text_of(fold(parse("x + exp(k)"), {"k": 1.0})) == "x + exp(1.0)"
