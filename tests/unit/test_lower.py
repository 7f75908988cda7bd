"""From a network and a schedule to a program."""

import re
from dataclasses import replace

import pytest

from neurosim.errors import ModelError, NeurosimError
from neurosim.model.learning import EquilibriumPropagation, LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, Clamp, Heaviside, NeuronModel, RateUnit, SpikeInput, driven
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Float64, Grid
from neurosim.program.program import Program
from neurosim.program.schedule import Phase, Probe, Schedule
from neurosim.testing.cases.small import BINARY, CASES

FREE = Phase("free", 5, assign={"s_free": "s"})
NUDGED = Phase("nudged", 2, {"output.beta": 0.5})
STIMULI = {"input.s": "constant", "output.target": "constant"}
EP = Schedule([FREE, NUDGED], [Probe("output.s", "end:free")], STIMULI)


def network(learning: object = (EquilibriumPropagation,), unit: NeuronModel = RateUnit, **of_input: object) -> Network:
    return Network(
        [Population("input", 3, Clamp), Population("output", 2, unit)],
        [Projection(**{"name": "p", "pre": "input", "post": "output", "learning": learning, **of_input})],  # type: ignore[arg-type]
    )


def rule(name: str, text: str, variable: str = "w", at: str = "step") -> LearningRule:
    return LearningRule(name, at, {variable: text})


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (Schedule([FREE, NUDGED], (), {"inputs": "constant"}), "stimulus 'inputs': expected POPULATION.VARIABLE"),
        (
            Schedule([FREE, NUDGED], (), {"inptu.s": "constant"}),
            "stimulus 'inptu.s': no population 'inptu'; did you mean 'input'?",
        ),
        (Schedule([FREE, NUDGED], (), {"input.x": "constant"}), "stimulus 'input.x': model Clamp has no 'x'"),
        (
            Schedule([FREE, NUDGED], (), {**STIMULI, "output.eps": "constant"}),
            "stimulus 'output.eps': not a driven parameter of RateUnit",
        ),
        (
            Schedule([FREE, NUDGED], (), {"output.target": "constant"}),
            "input population input has no stimulus in the schedule",
        ),
        (
            Schedule([FREE], (), STIMULI),
            "p, rule ep: at the end of phase 'nudged', which the schedule does not have; known: free",
        ),
        (
            Schedule([FREE, Phase("nudged", 1, {"output.bta": 1.0})], (), STIMULI),
            "model RateUnit has no 'bta'; did you mean 'beta'?",
        ),
        (
            Schedule([FREE, Phase("nudged", 1, {"output.bias": 1.0})], (), STIMULI),
            "phase nudged: 'output.bias' is not a constant of model RateUnit",
        ),
        (
            Schedule([Phase("free", 1, assign={"sfree": "s"}), NUDGED], (), STIMULI),
            "phase free: no state 'sfree' to assign; did you mean 's_free'?",
        ),
        (
            Schedule([Phase("free", 1, assign={"input.s": "1"}), NUDGED], (), STIMULI),
            "phase free: no state 'input.s' to assign",
        ),
        (
            Schedule([Phase("free", 1, assign={"s_free": "t"}), NUDGED], (), STIMULI),
            "phase free, assignment of output.s_free: unknown name 't'",
        ),
        (
            Schedule([FREE, NUDGED], [Probe("output.s", "end:fre")], STIMULI),
            "probe 'output.s@end:fre': at='end:fre'; did you mean 'end:free'?",
        ),
        (
            Schedule([FREE, NUDGED], [Probe("output.spike", "step")], STIMULI),
            "probe 'output.spike@step': output does not spike in mode wake",
        ),
        (
            Schedule([FREE, NUDGED], [Probe("output.target", "step")], STIMULI),
            "probe 'output.target@step': only states, spikes and what is learned can be recorded",
        ),
    ],
)
def test_a_schedule_that_does_not_fit_the_network_is_refused(schedule: Schedule, message: str) -> None:
    with pytest.raises(NeurosimError, match=re.escape(message)):
        lower(network(), schedule)


def test_spikes_are_recorded_at_every_step_only() -> None:
    schedule = Schedule([Phase("run", 2)], [Probe("output.spike", "end:run")], {"input.s": "constant"})
    with pytest.raises(ModelError, match="spikes are recorded at every 'step'"):
        lower(network((), LIF), schedule)


def test_a_network_with_modes_needs_one_of_them() -> None:
    both = Network([Population("a", 1, {"wake": RateUnit, "sleep": Heaviside})])
    for wrong in (None, "slep"):
        with pytest.raises(ModelError, match=r"the network needs one of its modes"):
            lower(both, Schedule([Phase("run", 1)]), wrong)
    assert lower(both, Schedule([Phase("run", 1)]), "sleep").group("a").spike == "v >= theta"


# aliases, states that nothing needs, default values


def test_an_alias_is_resolved_in_rules() -> None:
    (ep,) = lower(network(), EP).rules
    assert "pre.s_free" not in ep.update[0][1]
    assert "post.s_free" in ep.update[0][1]


def test_an_alias_is_resolved_in_stimuli() -> None:
    program = lower(network(), replace(EP, stimuli={"input.s_free": "constant", "output.target": "constant"}))
    assert ("input.s", "constant") in program.stimuli


def test_states_that_nothing_reads_are_dropped_with_their_assignments() -> None:
    program = lower(network(learning=()), EP)
    assert [v for v, _ in program.group("output").state] == ["s"]
    assert program.phases[0].assign == ()


def test_states_that_a_rule_reads_stay() -> None:
    program = lower(network(), EP)
    assert [v for v, _ in program.group("output").state] == ["s", "s_free"]
    assert program.phases[0].assign == (("output", "s_free", "s"),)


def test_states_that_a_probe_records_stay() -> None:
    program = lower(network(learning=()), replace(EP, probes=(Probe("output.s_free", "end:free"),)))
    assert [v for v, _ in program.group("output").state] == ["s", "s_free"]


def test_states_that_a_live_state_depends_on_stay() -> None:
    chain = NeuronModel("C", state={"a": 0.0, "b": 0.0, "s": 0.0, "dead": 0.0},
                        update={"a": "a + drive", "b": "a", "s": "clip(b, 0, 1)", "dead": "s"})  # fmt: skip
    program = lower(network(learning=(), unit=chain), Schedule([Phase("run", 1)], (), {"input.s": "constant"}))
    assert [v for v, _ in program.group("output").state] == ["a", "b", "s"]
    assert [v for v, _ in program.group("output").update] == ["a", "b", "s"]


def test_a_driven_parameter_without_a_stimulus_is_its_default() -> None:
    unit = NeuronModel("U", {"s": 0.0}, {"gate": driven(0.25)}, {"s": "gate*drive"})
    program = lower(network((), unit), Schedule([Phase("run", 1)], (), {"input.s": "constant"}))
    assert program.group("output").update == (("s", "0.25 * drive"),)
    assert program.group("output").driven == ()


# timing


@pytest.mark.parametrize(("kind", "constant"), [("constant", True), ("steps", False)])
def test_what_a_steady_input_delivers_is_constant_over_a_trial(kind: str, constant: bool) -> None:
    (edge,) = lower(network(), replace(EP, stimuli={**STIMULI, "input.s": kind})).edges
    assert edge.constant is constant


@pytest.mark.parametrize(("at", "constant"), [("step", False), ("end:free", False), ("end:nudged", True)])
def test_a_weight_that_changes_within_a_trial_is_not_constant(at: str, constant: bool) -> None:
    (edge,) = lower(network([rule("r", "w + 1", at=at)]), EP).edges
    assert edge.constant is constant


def test_what_a_population_delivers_is_never_constant() -> None:
    two = Network([Population("a", 1, RateUnit), Population("b", 1, RateUnit)], [Projection("p", "a", "b")])
    assert not lower(two, Schedule([Phase("run", 1)])).edges[0].constant


@pytest.mark.parametrize(("source", "stimulus", "events"), [(SpikeInput, "x", True), (Clamp, "s", False)])
def test_spikes_travel_as_events(source: NeuronModel, stimulus: str, events: bool) -> None:
    net = Network([Population("a", 1, source), Population("b", 1, LIF)], [Projection("p", "a", "b")])
    (edge,) = lower(net, Schedule([Phase("run", 1)], (), {f"a.{stimulus}": "steps"})).edges
    assert edge.events is events


def test_a_reciprocal_projection_is_two_edges_of_one_matrix() -> None:
    two = Network(
        [Population("a", 1, RateUnit), Population("b", 1, RateUnit)], [Projection("p", "a", "b", reciprocal=True)]
    )
    forwards, backwards = lower(two, Schedule([Phase("run", 1)])).edges
    assert (forwards.source, forwards.target, forwards.transposed) == ("a", "b", False)
    assert (backwards.source, backwards.target, backwards.transposed) == ("b", "a", True)
    assert forwards.matrix == backwards.matrix


# digest


def test_the_digest_does_not_depend_on_values_of_constants() -> None:
    changed = Network(
        [Population("input", 3, Clamp), Population("output", 2, RateUnit(eps=0.1))],
        [Projection("p", "input", "output", learning=[EquilibriumPropagation(lr=7.0, beta=0.1)])],
    )
    schedule = replace(EP, phases=(replace(FREE, steps=9), replace(NUDGED, steps=1, constants={"output.beta": 0.1})))
    assert lower(changed, schedule).digest() == lower(network(), EP).digest()


@pytest.mark.parametrize(
    "program",
    [
        lower(network(learning=()), EP),
        lower(network(), replace(EP, probes=())),
        lower(network(), replace(EP, stimuli={**STIMULI, "input.s": "steps"})),
        lower(network(), replace(EP, phases=(FREE, replace(NUDGED, constants={})))),
        lower(network(), replace(EP, phases=(FREE, NUDGED, Phase("after", 0)))),
        lower(network(), EP, precision=Grid()),
        lower(network(synapse=SynapseModel("S", {"w": 0.0}, "w/2")), EP),
        lower(Network([Population("input", 4, Clamp), Population("output", 2, RateUnit)], network().projections), EP),
    ],
    ids=["rules", "probes", "kind of stimulus", "overrides", "phases", "precision", "synapse", "size"],
)
def test_the_digest_depends_on_structure(program: Program) -> None:
    assert program.digest() != lower(network(), EP).digest()


def test_the_grid_s_bits_are_part_of_the_digest() -> None:
    assert lower(network(), EP, precision=Grid(10, 12)).digest() != lower(network(), EP, precision=Grid()).digest()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("precision", [Float64(), Grid()], ids=["float64", "grid"])
def test_json_gives_an_equal_program(case: str, precision: Float64 | Grid) -> None:
    program = CASES[case](0.1).program(precision)
    again = Program.from_json(program.to_json())
    assert again == program
    assert again.digest() == program.digest()


def test_lowering_gives_the_same_program_each_time() -> None:
    assert lower(network(), EP) == lower(network(), EP)


# rules that meet in one step


def test_two_rules_that_write_one_variable_in_one_step_are_refused() -> None:
    with pytest.raises(ModelError, match="p: rules a and b write 'w' in the same step"):
        lower(network([rule("a", "w + 1"), rule("b", "w + 2")]), EP)


def test_two_rules_at_the_end_of_one_phase_are_refused() -> None:
    with pytest.raises(ModelError, match="p: rules a and b write 'w' in the same step"):
        lower(network([rule("a", "w + 1", at="end:free"), rule("b", "w + 2", at="end:free")]), EP)


def test_a_rule_of_each_step_and_one_at_a_phase_s_end_meet() -> None:
    with pytest.raises(ModelError, match="write 'w' in the same step"):
        lower(network([rule("a", "w + 1", at="step"), rule("b", "w + 2", at="end:free")]), EP)


def test_rules_at_the_ends_of_different_phases_do_not_meet() -> None:
    program = lower(network([rule("a", "w + 1", at="end:free"), rule("b", "w + 2", at="end:nudged")]), EP)
    assert [r.name for r in program.rules] == ["a", "b"]


TWO = SynapseModel("Two", {"w": 0.0, "h": 0.0})


def test_a_rule_that_reads_comes_before_the_one_that_writes() -> None:
    rules = [rule("writes", "w + 1", "w"), rule("reads", "h + w", "h")]
    for order in (rules, rules[::-1]):
        program = lower(network(order, synapse=TWO), EP)
        assert [r.name for r in program.rules] == ["reads", "writes"]


def test_rules_that_read_what_the_other_writes_are_refused() -> None:
    with pytest.raises(ModelError, match="each read what the other writes in the same step; make them one rule"):
        lower(network([rule("a", "w + h", "w"), rule("b", "h + w", "h")], synapse=TWO), EP)


# grid


def test_under_the_grid_the_delivered_state_and_the_learned_weight_are_rounded() -> None:
    program = lower(network(), EP, precision=Grid(20, 24))
    assert program.group("output").update[0][1].startswith("on_grid(clip(")
    assert program.rules[0].update[0][1].endswith(", 24.0)")
    assert program.on_grid() == ("p.w",)


def test_under_the_grid_a_weight_expression_is_rounded_and_so_is_what_it_is_made_of() -> None:
    program = lower(network((), synapse=BINARY), EP, precision=Grid())
    assert program.matrix("p").weight.startswith("on_grid(")
    assert program.on_grid() == ("p.h",)


def test_an_output_has_its_bound_however_long_it_is_kept_for_a_delay() -> None:
    found = Network(
        [Population("a", 3, Clamp), Population("b", 2, RateUnit)],
        [Projection("p", "a", "b"), Projection("late", "b", "b", delay=40)],
    )
    program = lower(found, Schedule([FREE], (), {"a.s": "constant"}), precision=Grid())
    assert program.group("b").bound == 1.0


def test_an_output_without_bounds_is_refused_under_the_grid() -> None:
    linear = NeuronModel("Linear", {"s": 0.0}, {}, {"s": "s + drive"})
    two = Network([Population("a", 1, linear), Population("b", 1, linear)], [Projection("p", "a", "b")])
    with pytest.raises(
        ModelError, match=r"population a: under grid arithmetic what it delivers needs bounds.*'s' has none"
    ):
        lower(two, Schedule([Phase("run", 1)]), precision=Grid())
    assert lower(two, Schedule([Phase("run", 1)])).group("a").bound == float("inf")


def test_an_assignment_can_lose_the_bound_of_an_output() -> None:
    two = Network([Population("a", 1, RateUnit), Population("b", 1, RateUnit)], [Projection("p", "a", "b")])
    with pytest.raises(ModelError, match="needs bounds"):
        lower(two, Schedule([Phase("run", 1, assign={"a.s": "s + 1"})]), precision=Grid())


@pytest.mark.parametrize(("unit", "bound"), [(RateUnit, 1.0), (LIF, 1.0)])
def test_the_bound_of_an_output(unit: NeuronModel, bound: float) -> None:
    program = lower(network((), unit), Schedule([Phase("run", 1)], (), {"input.s": "constant"}))
    assert program.group("output").bound == bound


def test_a_state_that_grows_by_assignments_alone_has_no_bound() -> None:
    unit = NeuronModel("G", {"s": 0.0, "t": 1.0}, {}, {"t": "t + 1", "s": "s"}, output="t")
    assert lower(network((), unit), Schedule([Phase("run", 1)], (), {"input.s": "constant"})).group(
        "output"
    ).bound == float("inf")


# features


@pytest.mark.parametrize(
    ("case", "feature"),
    [
        ("sleep", "stimulus:events"), ("sleep", "learning:spike"), ("novel", "learning:step"),
        ("ep_one_sided", "learning:end"), ("ep_one_sided", "reciprocal projection"), ("two_ports", "several ports"),
        ("two_ports", "output expression"), ("two_ports", "weight expression"), ("two_ports", "stimulus:steps"),
    ],
)  # fmt: skip
def test_what_a_program_asks_of_a_backend(case: str, feature: str) -> None:
    assert feature in CASES[case](0.1).program().features()
