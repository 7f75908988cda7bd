"""Fixed parameters and initial values: what is taken, what is structure and what data, what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend
from neurosim.chip.limits import LOIHI2
from neurosim.chip.rules import on_chip
from neurosim.errors import EquationError, InputError, ModelError, UnsupportedFeature
from neurosim.model.fixed import FixedArray, digest_of
from neurosim.program.features import Feature
from neurosim.program.memory.footprint import check_program
from neurosim.program.precision import WeightFormat
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.scenario.methods.subnetwork import downstream_of

SCALED = ns.SynapseModel("Scaled", {"w": 0.0}, "u*w", {"u": 1.0, "top": 2.0}, ("u < top",))
TAU = [5.0, 10.0, 20.0]
RUN = ns.Schedule([ns.Phase("run", 4)], [ns.Probe("e.v", "step")], {"i.x": "events"})
SPIKES = ns.Trials({"i.x": ns.Events.from_dense(np.ones((1, 4, 2), bool))})


def spiking(
    tau: Any = TAU, u: Any = 0.5, initial: Any = None, model: ns.NeuronModel = ns.LIF, **given: Any
) -> ns.Network:
    """Two inputs and three neurons; `given` is of the projection."""
    own = {} if tau is None else {"tau_mem": tau}
    return ns.Network(
        [ns.Population("i", 2, ns.SpikeInput), ns.Population("e", 3, model, (), own, initial or {})],
        [ns.Projection("p", "i", "e", SCALED, parameters={"u": u}, **given)],
    )


def ran(network: ns.Network, **constants: float) -> np.ndarray:
    """The recording of e.v, with weights of 0.25."""
    program = ns.lower(network, RUN)
    with ReferenceBackend().compile(program) as session:
        session.write({"p.w": np.full(program.shapes()["p.w"], 0.25)})
        found = session.run(SPIKES, constants={n.replace("_", ".", 1): x for n, x in constants.items()})
    return np.asarray(found["e.v@step"])


# what is taken


def test_an_array_is_copied_and_nobody_can_write_to_it() -> None:
    given = np.array(TAU)
    [kept] = spiking(given).population("e").parameters.values()
    given[0] = 99.0
    assert isinstance(kept, FixedArray)
    assert kept.values.tolist() == TAU
    with pytest.raises(ValueError, match="read-only"):
        kept.values[0] = 1.0


def test_arrays_of_equal_numbers_are_equal_and_have_one_digest() -> None:
    ones = [FixedArray.of(x, "x") for x in ([0.0, 1.0], np.array([-0.0, 1.0], np.float32), [0.0, 2.0], [[0.0, 1.0]])]
    same = [ones[0] == other for other in ones]
    assert same == [ones[0].digest == other.digest for other in ones] == [True, True, False, False]
    assert repr(ones[0]) == "<2 values from 0 to 1>"


def test_populations_with_other_values_differ() -> None:
    assert spiking() == spiking(np.array(TAU))
    assert spiking() != spiking([5.0, 10.0, 21.0])
    assert spiking(initial={"v": [0.0, 0.1, 0.2]}) != spiking()


def test_a_number_is_put_into_the_model_of_every_mode_that_has_the_constant() -> None:
    models = {"wake": ns.RateUnit, "sleep": ns.LIF}
    given = ns.Population("e", 3, models, parameters={"tau_mem": 5.0}, initial={"v": 0.25})
    asleep = replace(ns.LIF(tau_mem=5.0), state={"v": 0.25})
    assert given == ns.Population("e", 3, {"wake": ns.RateUnit, "sleep": asleep})
    assert ns.Projection("p", "i", "e", SCALED, parameters={"u": 0.5}).synapse == SCALED(u=0.5)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"tau": TAU}, "population e: parameters: LIF has no constant 'tau'; did you mean 'tau_mem'"),
        ({"decay": TAU}, "'decay' of LIF is derived; set what it follows from: dt, tau_mem"),
        ({"bias": TAU}, "'bias' of LIF is learned; give its values to Session.write"),
        ({"v": TAU}, "LIF has no constant 'v'"),
        ({"tau_mem": [5.0, 10.0]}, r"tau_mem has shape \(2,\); expected \(3,\), a value for each neuron"),
        ({"tau_mem": [5.0, np.inf, 5.0]}, "tau_mem has values that are not finite"),
        ({"tau_mem": [5.0, 10.0, -1.0]}, r"population e: tau_mem\[2\] = -1; expected tau_mem > 0"),
        ({"theta": -1.0}, "theta = -1; expected theta >= 0"),
        ({"tau_mem": "long"}, "tau_mem = 'long'; expected a finite number"),
        ([5.0], r"parameters \[5.0\]; expected a mapping"),
    ],
)
def test_parameters_that_a_population_cannot_have_are_refused(parameters: Any, text: str) -> None:
    with pytest.raises(ModelError, match=text):
        ns.Population("e", 3, ns.LIF, parameters=parameters)


def test_a_driven_name_is_refused_with_what_sets_it() -> None:
    with pytest.raises(ModelError, match="'target' of RateUnit is driven; give them as a stimulus"):
        ns.Population("e", 3, ns.RateUnit, parameters={"target": TAU})


def test_a_value_without_a_derived_constant_is_refused_with_its_neuron() -> None:
    with pytest.raises(EquationError, match=r"population e, neuron 1: derived constant decay .* tau_mem = 0"):
        ns.Population("e", 3, ns.LIF, parameters={"tau_mem": [5.0, 0.0, 5.0]})


@pytest.mark.parametrize(
    ("initial", "text"),
    [
        ({"u": TAU}, "population e: initial: LIF has no state 'u'; known: v"),
        ({"bias": TAU}, "initial: 'bias' is learned; give its values to Session.write"),
        ({"v": [[0.0]]}, r"initial: v has shape \(1, 1\); expected \(3,\)"),
    ],
)
def test_initial_values_that_a_population_cannot_have_are_refused(initial: Any, text: str) -> None:
    with pytest.raises(ModelError, match=text):
        ns.Population("e", 3, ns.LIF, initial=initial)


@pytest.mark.parametrize(
    ("u", "wiring", "text"),
    [
        (
            TAU,
            ns.AllToAll(),
            r"projection p: parameters: u has shape \(3,\); expected \(2, 3\), a value for each synapse",
        ),
        (np.ones((2, 3)), ns.Pairs([0, 1], [0, 1]), r"u has shape \(2, 3\); expected \(2,\)"),
        ([[0, 0, 0], [0, 3, 0]], ns.AllToAll(), r"projection p: u\[1, 1\] = 3; expected u < top"),
    ],
)
def test_parameters_that_a_projection_cannot_have_are_refused(u: Any, wiring: Any, text: str) -> None:
    with pytest.raises(ModelError, match=text):
        spiking(u=u, connectivity=wiring)


def test_a_stored_weight_is_no_parameter() -> None:
    with pytest.raises(ModelError, match=r"'w' of Scaled is learned; give its values to Session\.write"):
        ns.Projection("p", "i", "e", SCALED, parameters={"w": 1.0})


def test_a_name_may_not_be_a_parameter_of_one_mode_and_a_state_of_another() -> None:
    other = ns.NeuronModel("Other", {"tau_mem": 0.0}, output="tau_mem")
    with pytest.raises(ModelError, match="'tau_mem' is a constant of one mode and a state of another"):
        ns.Population("e", 3, {"a": ns.LIF, "b": other}, (), {"tau_mem": TAU}, {"tau_mem": TAU})


def test_a_notebook_shows_of_what_there_are_values() -> None:
    assert "LIF; 3 values from 5 to 20 of tau_mem, one for each neuron" in spiking()._repr_html_()


# structure and data


def test_programs_that_differ_in_values_alone_have_one_digest() -> None:
    networks = [spiking(t, np.full((2, 3), u), {"v": v}) for t, u, v in ((TAU, 0.5, TAU), ([1, 2, 3], 0.25, [0, 0, 0]))]
    first, second = (ns.lower(n, RUN) for n in networks)
    assert first.digest() == second.digest()
    assert first != second
    assert "20.0" not in first.to_json()


def test_that_there_are_values_is_structure() -> None:
    programs = [ns.lower(n, RUN) for n in (spiking(10.0), spiking(), spiking(10.0, initial={"v": TAU}))]
    assert len({p.digest() for p in programs}) == 3
    features = {Feature.FIXED_PARAMETERS, Feature.INITIAL_VALUES}
    assert [p.features() & features for p in programs] == [
        set(), {Feature.FIXED_PARAMETERS}, {Feature.INITIAL_VALUES},
    ]  # fmt: skip


def test_a_program_says_which_names_are_fixed_and_those_that_follow_from_them() -> None:
    program = ns.lower(spiking(u=np.full((2, 3), 0.5), initial={"v": [0.0, 0.5, 0.0]}), RUN)
    e = program.group("e")
    assert (e.fixed, e.initial, program.matrix("p").fixed) == (("tau_mem", "decay"), ("v",), ("u",))
    assert (e.constants, program.matrix("p").constants) == (("dt", "theta"), ("top",))
    assert sorted(program.fixed) == ["e.tau_mem", "e.v", "p.u"]
    assert "e.tau_mem" not in program.constants


def test_a_program_comes_back_from_json_with_the_arrays() -> None:
    program = ns.lower(spiking(u=np.full((2, 3), 0.5), initial={"v": TAU}), RUN)
    assert Program.from_json(program.to_json(), fixed=program.fixed) == program
    assert Program.from_json(program.to_json()).digest() == program.digest()


def test_programs_without_them_keep_the_digest_that_they_had() -> None:
    """If this fails, everything that was compiled before is compiled again, and kept runs name other programs."""
    assert ns.lower(spiking(10.0), RUN).digest() == "24770813c1c1435eb891"


def test_the_network_names_all_arrays_and_one_digest_covers_them() -> None:
    network = spiking(u=np.full((2, 3), 0.5), initial={"v": TAU})
    assert sorted(network.fixed()) == ["e.tau_mem", "e.v", "p.u"]
    others = [spiking(), spiking(u=np.full((2, 3), 0.5)), spiking(initial={"v": [1.0, 2.0, 3.0]}), network]
    assert len({digest_of(n.fixed()) for n in others}) == 4
    assert digest_of(spiking(10.0).fixed()) == ""


def test_a_session_does_not_count_them_among_what_is_learned() -> None:
    with ReferenceBackend().compile(ns.lower(spiking(u=np.full((2, 3), 0.5)), RUN)) as session:
        assert sorted(session.read()) == ["e.bias", "p.w"]
        with pytest.raises(InputError, match=r"learned variable 'e\.tau_mem': the program has none"):
            session.write({"e.tau_mem": np.array(TAU)})


def test_a_backend_that_does_not_claim_them_refuses() -> None:
    class Older(ReferenceBackend):
        def capabilities(self) -> Any:
            able = super().capabilities()
            return replace(able, features={"numpy": able.features["numpy"] - {Feature.FIXED_PARAMETERS}})

    with pytest.raises(UnsupportedFeature, match="fixed parameters"):
        Older().compile(ns.lower(spiking(), RUN)).close()


# what a run does with them


def test_an_array_of_one_number_gives_what_the_number_gives() -> None:
    plain = ran(spiking(7.0, 0.5))
    np.testing.assert_array_equal(ran(spiking([7.0] * 3, np.full((2, 3), 0.5), {"v": [0.0] * 3})), plain)


def test_each_neuron_has_its_own_value() -> None:
    together = ran(spiking(TAU, initial={"v": [0.1, 0.2, 0.3]}))
    for k, (tau, v) in enumerate(zip(TAU, (0.1, 0.2, 0.3), strict=True)):
        np.testing.assert_array_equal(together[..., k], ran(spiking(tau, initial={"v": v}))[..., k])


def test_constants_of_a_run_change_what_follows_from_both() -> None:
    np.testing.assert_array_equal(ran(spiking([7.0] * 3), e_dt=0.5), ran(spiking(7.0), e_dt=0.5))
    run = bind(ns.lower(spiking(), RUN), SPIKES, {"e.dt": 0.5})
    assert run.fixed["e.decay"].tolist() == [np.exp(-0.5 / tau) for tau in TAU]


def test_a_number_for_a_fixed_parameter_is_refused() -> None:
    with pytest.raises(InputError, match=r"constant 'e\.tau_mem': e has an array with a value for each neuron"):
        ran(spiking(), e_tau_mem=5.0)
    with pytest.raises(
        InputError, match=r"constant 'e\.decay' is derived; set what it follows from: e\.dt, e\.tau_mem"
    ):
        ran(spiking(), e_decay=0.5)


def test_a_condition_between_a_constant_of_the_run_and_an_array_is_checked() -> None:
    with pytest.raises(InputError, match=r"constants of p: u\[0, 1\] = 0\.75; expected u < top"):
        ran(spiking(u=np.array([[0.5, 0.75, 0.5]] * 2)), p_top=0.6)


def test_a_derived_constant_that_is_not_finite_in_a_run_names_the_neuron() -> None:
    model = ns.NeuronModel(
        "M", {"v": 0.0}, {"tau_mem": 1.0, "shift": 0.0}, {"v": "k*v + drive"}, output="v",
        derived={"k": "1/(tau_mem - shift)"},
    )  # fmt: skip
    with pytest.raises(InputError, match=r"population e, neuron 1: derived constant k .* shift = 10, tau_mem = 10"):
        ran(spiking(model=model), e_shift=10.0)


@pytest.mark.parametrize("name", ["tau_mem", "dt"])
def test_a_phase_may_not_change_what_an_array_is_or_follows_from(name: str) -> None:
    schedule = ns.Schedule([ns.Phase("run", 4, {f"e.{name}": 2.0})], (), {"i.x": "events"})
    with pytest.raises(
        ModelError, match=rf"phase run: 'e\.{name}' would change '.*', which has a value for each neuron"
    ):
        ns.lower(spiking(), schedule)
    ns.lower(spiking(), ns.Schedule([ns.Phase("run", 4, {"e.theta": 2.0})], (), {"i.x": "events"}))


def test_a_late_output_begins_with_the_initial_values_of_the_output() -> None:
    rates = ns.NeuronModel("Kept", {"s": 0.0}, {}, {"s": "s + 1"}, output="s")
    shown = ns.NeuronModel("Shown", {"v": 0.0}, {}, {"v": "drive"}, output="v")
    network = ns.Network(
        [ns.Population("a", 2, rates, initial={"s": [0.25, 0.5]}), ns.Population("b", 2, shown)],
        [ns.Projection("p", "a", "b", connectivity=ns.OneToOne(), delay=2)],
    )
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 3)], [ns.Probe("b.v", "step")]))
    with ReferenceBackend().compile(program) as session:
        session.write({"p.w": np.ones(2)})
        found = session.run(ns.Trials({}, 1))["b.v@step"]
    assert np.asarray(found)[0].tolist() == [[0.25, 0.5], [0.25, 0.5], [1.25, 1.5]]


# number formats, bounds, memory, chips


def test_initial_values_that_are_delivered_are_on_the_grid_and_all_are_in_single_precision() -> None:
    rate = ns.Population("e", 1, ns.RateUnit, initial={"s": [0.1], "s_free": [0.1]}, parameters={"eps": [0.1]})
    network = ns.Network([rate, ns.Population("o", 1, ns.RateUnit)], [ns.Projection("p", "e", "o", delay=3)])
    phase = ns.Phase("run", 4, assign={"s": "s_free"})
    schedule = ns.Schedule([phase], [ns.Probe("o.s", "end:run")], {"e.target": "constant"})
    grid = ns.lower(network, schedule, precision=ns.Grid(output_bits=8)).fixed
    single = ns.lower(network, schedule, precision=ns.Float32()).fixed
    names = ("e.s", "e.past_2", "e.past_3", "e.s_free", "e.eps")
    assert [grid[n].values[0] for n in names] == [26 / 256] * 3 + [0.1, 0.1]
    assert [single[n].values[0] for n in names] == [np.float32(0.1)] * 4 + [0.1]


def test_a_number_that_all_neurons_deliver_first_is_on_the_grid_as_an_array_is() -> None:
    network = ns.Network([ns.Population("e", 1, ns.RateUnit, initial={"s": 0.1, "s_free": 0.1})])
    phase, probe = ns.Phase("run", 4, assign={"s": "s_free"}), ns.Probe("e.s", "step")
    program = ns.lower(
        network, ns.Schedule([phase], [probe], {"e.target": "constant"}), precision=ns.Grid(output_bits=8)
    )
    assert dict(program.group("e").state) == {"s": 26 / 256, "s_free": 0.1}


def test_a_bound_holds_the_initial_values_and_is_then_no_structure() -> None:
    held = ns.NeuronModel("Held", {"s": 0.0}, {}, {"s": "clip(s, 0, 1)"}, output="s")
    schedule = ns.Schedule([ns.Phase("run", 4)], [ns.Probe("a.s", "step")])
    programs = [
        ns.lower(ns.Network([ns.Population("a", 2, held, initial={"s": s})]), schedule) for s in ([0, 0.5], [-3, 2])
    ]
    assert [p.group("a").bound for p in programs] == [0.5, 3.0]
    assert programs[0].digest() == programs[1].digest()


def test_fixed_point_refuses_values_of_each_neuron() -> None:
    with pytest.raises(
        ModelError, match="fixed point: 'tau_mem' of e has a value for each neuron or synapse, and a chip"
    ):
        ns.lower(spiking(), RUN, precision=ns.FixedPoint.loihi2())


def test_the_memory_that_they_take_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        "neurosim.program.memory.footprint.check_memory", lambda parts, what: asked.append(sum(p.size for p in parts))
    )
    for network in (spiking(10.0), spiking(), spiking(10.0, np.full((2, 3), 0.5)), spiking(10.0, initial={"v": TAU})):
        check_program(ns.lower(network, RUN))
    assert [n - asked[0] for n in asked] == [0, 2 * 3 * 8, 6 * 8, 3 * 8]


def test_no_rule_of_a_chip_reads_them() -> None:
    stored = ns.SynapseModel("Stored", {"w": 0.0}, "w", {"u": 1.0})
    e = ns.Population("e", 3, ns.LIF, parameters={"tau_mem": TAU})
    for name in ("u", "post.tau_mem"):
        rule = ns.LearningRule("r", "step", {"w": f"w + 0.5*{name}*arrived"})
        p = ns.Projection("p", "i", "e", stored, [rule], parameters={"u": np.full((2, 3), 0.5)})
        program = ns.lower(ns.Network([ns.Population("i", 2, ns.SpikeInput), e], [p]), RUN)
        found = on_chip(program.rules[0], program, LOIHI2, WeightFormat())
        assert (found.legal, found.term) == (False, name)
        assert "a rule on a chip has one number for all" in found.reason


def test_what_is_cut_out_for_latent_replay_keeps_them() -> None:
    network = ns.Network(
        [ns.Population("i", 2, ns.SpikeInput), ns.Population("e", 3, ns.LIF),
         ns.Population("o", 2, ns.LIF, parameters={"tau_mem": [5.0, 10.0]}, initial={"v": [0.0, 0.5]})],
        [ns.Projection("p", "i", "e"), ns.Projection("q", "e", "o", SCALED, parameters={"u": np.full((3, 2), 0.5)})],
    )  # fmt: skip
    assert downstream_of(network, "e", "o").network.fixed() == network.fixed()
