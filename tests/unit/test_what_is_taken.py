"""What constructors take of a user, what they refuse, and that they say where."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError, ModelError, NeurosimError
from neurosim.model.connectivity.random_wiring import fixed_in_degree
from neurosim.model.neurons import Driven, Learned
from neurosim.model.randomness import stream
from neurosim.program.precision import BiasFormat, Precision, WeightFormat
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.results import metrics
from neurosim.scenario.streams import gating

A, B = ns.Population("a", 2, ns.Clamp), ns.Population("b", 3, ns.LIF)
NAN, INFINITE = float("nan"), float("inf")


class Ring:
    """Someone else's connectivity."""

    def indices(self, pre: int, post: int, where: str) -> object:
        return np.arange(pre), np.arange(1, pre + 1) % post


class Broken(Ring):
    def indices(self, pre: int, post: int, where: str) -> object:
        return [0.5], [1]


def ring(kind: type[Ring] = Ring) -> ns.Network:
    return ns.Network([A, B], [ns.Projection("p", A, B, connectivity=kind())])  # type: ignore[arg-type]


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: ns.Population("E", 4, "LIF"), "population E: model 'LIF'; expected a NeuronModel, such as ns.LIF"),
    (lambda: ns.Population("E", 4, {"wake": "LIF"}), "population E: model of mode 'wake' 'LIF'; expected a Neu"),
    (lambda: ns.Population("E", 4, {}), "population E: model {}; expected a NeuronModel"),
    (lambda: ns.Population(7, 4, ns.LIF), "population 7: 7 is not a name; expected a text"),
    (lambda: ns.Population("E", True, ns.LIF), "population E: size True; expected a whole number of at least 1"),
    (lambda: ns.Population("E", 4, ns.LIF, ["ep"]), "population E: learning has 'ep' among them; expected Learn"),
    (lambda: ns.LIF(tau_mem="20*ms"), "model LIF: tau_mem = '20*ms'; expected a finite number, not a text"),
    (lambda: ns.LIF(tau_mem=INFINITE), "model LIF: tau_mem = inf; expected a finite number"),
    (lambda: ns.LIF(tau_mem=-10), "model LIF: tau_mem = -10; expected tau_mem > 0"),
    (lambda: ns.LIF(bias=NAN), "model LIF: bias = nan; expected a finite number"),
    (lambda: ns.LIF(tau_mem=np.array([1.0, 2.0])), "model LIF: tau_mem = array([1., 2.]); expected one finite number"),
    (lambda: ns.learned("1"), "learned: initial value '1'; expected a finite number"),
    (lambda: ns.driven(1j), "driven: default 1j; expected a finite number"),
    (lambda: Learned(NAN), "learned: initial value nan"),
    (lambda: Driven(None), "driven: default None"),  # type: ignore[arg-type]
    (lambda: ns.NeuronModel("M", {"s": np.zeros(3)}), "model M, state: s = array([0., 0., 0.]); expected one finite"),
    (lambda: ns.NeuronModel("M", {"s": 0}, {"tau": "20*ms"}), "model M: tau = '20*ms'; expected a finite number"),
    (lambda: ns.NeuronModel("M", ["s"]), "model M, state ['s']; expected a mapping"),
    (lambda: ns.NeuronModel("M", {"s": 0}, update={"s": 1}), "model M, update: s = 1; expected a text"),
    (lambda: ns.NeuronModel("M", {"s": 0}, spike=1), "model M, spike 1; expected a text"),
    (lambda: ns.NeuronModel("M", {"s": 0}, ports=(1,)), "model M, ports has 1 among them; expected texts"),
    (lambda: ns.NeuronModel(3), "model: name 3; expected a text"),
    (lambda: ns.SynapseModel("S", {"w": "0"}), "synapse S, state: w = '0'; expected a finite number"),
    (lambda: ns.SynapseModel("S", weight=1), "synapse S, weight 1; expected a text"),
    (lambda: ns.Binary(scale=-1), "synapse Binary: scale = -1; expected scale >= 0"),
    (lambda: ns.LearningRule("r", 3, {"w": "w"}), "rule r: at = 3; expected a text"),
    (lambda: ns.LearningRule("r", "step", "w"), "rule r, update 'w'; expected a mapping"),
    (lambda: ns.LearningRule("r", "step", {"w": "w"}, {"lr": NAN}), "rule r: lr = nan; expected a finite number"),
    (lambda: ns.EquilibriumPropagation(lr=-0.1), "rule ep: lr = -0.1; expected lr >= 0"),
    (lambda: ns.EquilibriumPropagation(beta=0), "rule ep: beta = 0; expected beta != 0"),
    (lambda: ns.SleepPlasticity(inc=-1), "rule sleep: inc = -1; expected inc >= 0"),
    (lambda: ns.STDP(w_min=2), "rule stdp: w_max = 1, w_min = 2; expected w_min <= w_max"),
    (lambda: ns.Projection("p", A, B, synapse=0.1), "projection p: synapse 0.1; expected a SynapseModel"),
    (lambda: ns.Projection("p", A, B, connectivity=0.1), "projection p: connectivity 0.1; expected AllToAll()"),
    (lambda: ns.Projection("p", A, B, connectivity=ns.OneToOne), "projection p: connectivity OneToOne; expected AllTo"),
    (lambda: ns.Projection("p", 3, B), "projection p: pre = 3; expected a text"),
    (lambda: ns.Projection("p", A, B, delay=1.5), "projection p: delay in steps 1.5; expected a whole number"),
    (lambda: ns.Projection("p", A, B, reciprocal=1), "projection p: reciprocal = 1; expected True or False"),
    (lambda: ns.Projection("p", A, B, port=None), "projection p: port = None; expected a text"),
    (lambda: ns.Network([A, "b"]), "network: populations has 'b' among them; expected Populations"),
    (lambda: ns.Network([A], "p"), "network: projections 'p'; expected Projections"),
    (lambda: ring().to_json(), "projection p: connectivity Ring has no form in JSON; give its pairs as Pairs()"),
    (lambda: ring(Broken), "pairs: sources has 0.5 in it; expected whole numbers"),
    (lambda: ns.Network.from_json("[" * 100_000), "not a network in JSON"),
    (lambda: ns.Pairs([0.7], [2.9]), "pairs: sources has 0.7 in it; expected whole numbers"),
    (lambda: ns.Pairs([True], [0]), "pairs: sources has values of type bool"),
    (lambda: ns.Pairs(["0"], [0]), "pairs: sources has values of type <U1"),
    (lambda: ns.Pairs(0, 1), "pairs: sources have shape (); expected a list of indices"),
    (lambda: ns.Pairs(np.ma.masked_array([0, 1], [0, 1]), [0, 1]), "pairs: sources has masked values"),
    (lambda: fixed_in_degree(0, "p", 3, 3, True), "projection p: in-degree True; expected a whole number"),
    (lambda: ns.Phase("run", True), "phase run: steps = True; expected a whole number of at least 0"),
    (lambda: ns.Phase("run", 1, {"a.b": "1"}), "phase run, constants: a.b = '1'; expected a finite number"),
    (lambda: ns.Phase("run", 1, assign={"s": 0}), "phase run, assign: s = 0; expected a text"),
    (lambda: ns.Probe("a.s", 1), "probe of a.s: at = 1; expected a text"),
    (lambda: ns.Schedule(["run"]), "schedule: phases has 'run' among them; expected Phases"),
    (lambda: ns.Schedule([ns.Phase("run", 1)], ["a.s"]), "schedule: probes has 'a.s' among them; expected Probes"),
    (lambda: ns.Schedule([ns.Phase("run", 1)], (), ["a.s"]), "schedule: stimuli ['a.s']; expected a mapping"),
    (lambda: ns.Grid(20.5, 24), "grid: output_bits = 20.5; expected a whole number"),
    (lambda: ns.Grid(NAN, 24), "grid: output_bits = nan; expected a whole number"),
    (lambda: ns.FixedPoint(largest_loss=NAN), "fixed point: largest_loss = nan; expected a finite number"),
    (lambda: ns.FixedPoint(largest_loss=0), "fixed point: largest_loss = 0; expected a number above 0"),
    (lambda: ns.FixedPoint(graded="no"), "fixed point: graded = 'no'; expected True or False"),
    (lambda: ns.FixedPoint(weight_bits=7.5), "fixed point: weight_bits = 7.5; expected a whole number"),
    (lambda: ns.FixedPoint().with_exponents({"p": 0.5}), "fixed point: exponent of p 0.5; expected a whole number"),
    (lambda: ns.FixedPoint().fitted({"p": np.array([NAN])}), "fixed point: array 'p' has values that are not finite"),
    (lambda: WeightFormat(exponent=-7.0), "weights: exponent = -7.0; expected a whole number"),
    (lambda: WeightFormat(sign="mixd"), "weights: sign = 'mixd'; did you mean 'mixed'?"),
    (lambda: BiasFormat(True, 18), "bias: exponent = True; expected a whole number"),
    (lambda: ns.lower("net", ns.Schedule([ns.Phase("run", 1)])), "lower: 'net'; expected a Network"),
    (lambda: ns.lower(ns.Network([A]), "run"), "lower: 'run'; expected a Schedule"),
    (lambda: ns.lower(ns.Network([A]), ns.Schedule([ns.Phase("r", 1)]), None, "grid"), "lower: 'grid'; expected"),
    (lambda: stream(0.5, "order"), "seed 0.5; expected a whole number"),
    (lambda: stream(True, "order"), "seed True; expected a whole number"),
    (lambda: gating.Unconditioned(3, NAN), "gate: density = nan; expected a finite number"),
    (lambda: gating.bank(0, "a", 2, 3, 0.5, 4.0, 2.5), "gate: masks = 2.5; expected a whole number of at least 1"),
    (lambda: gating.input_conditioned(0, "a", 2, 3, 0.5, -1.0), "gate: tau = -1; expected a number above 0"),
    (lambda: metrics.average_accuracy([[NAN]]), "accuracy matrix has values that are not finite"),
    (lambda: metrics.forgetting(np.zeros((2, 3))), "accuracy matrix of shape (2, 3); expected (tasks, tasks)"),
    (lambda: metrics.pooled_accuracy(np.eye(2), [0, 0]), "samples [0, 0]; expected numbers of at least 0"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_what_has_no_meaning_is_refused_where_it_is_given(make: Callable[[], object], message: str) -> None:
    with pytest.raises(NeurosimError, match=re.escape(message)) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    population = ns.Population("a", np.int64(3), ns.Clamp)
    projection = ns.Projection("p", population, B, delay=np.int64(3))
    assert (population.size, projection.delay, ns.Phase("run", np.uint8(4)).steps) == (3, 3, 4)
    assert [type(n) for n in (population.size, projection.delay)] == [int, int]
    assert ns.Grid(np.int32(10), np.int32(12)) == ns.Grid(10, 12)
    assert stream(np.int64(3), "order").random() == stream(3, "order").random()


def test_a_population_stands_for_its_name() -> None:
    assert ns.Projection("p", A, B) == ns.Projection("p", "a", "b")  # type: ignore[arg-type]


def test_one_of_several_stands_for_itself() -> None:
    rule = ns.SleepPlasticity
    assert ns.Projection("p", "a", "b", learning=rule).learning == (rule,)
    assert ns.Projection("p", "a", "b", learning={"sleep": rule}).rules_in("sleep") == (rule,)
    assert ns.Projection("p", "a", "b", reciprocal="wake").reciprocal == ("wake",)
    assert ns.Network(A) == ns.Network([A])  # type: ignore[arg-type]
    assert ns.Schedule(ns.Phase("run", 1)).phases == (ns.Phase("run", 1),)  # type: ignore[arg-type]
    assert ns.NeuronModel("M", {"s": 0}, ports="exc").ports == ("exc",)  # type: ignore[arg-type]


def test_numbers_become_floats_and_what_is_given_can_change_afterwards() -> None:
    params = {"tau": np.float32(0.5), "k": 2}
    model = ns.NeuronModel("M", {"s": 0}, params)
    params["tau"] = 9.0
    assert [(type(v), v) for v in model.params.values()] == [(float, 0.5), (float, 2.0)]


def test_pairs_are_taken_of_any_array_of_whole_numbers() -> None:
    assert ns.Pairs(np.array([0, 1], np.uint8), [0.0, 1.0]) == ns.Pairs([0, 1], [0, 1])


def test_a_network_has_someone_elses_connectivity() -> None:
    wiring = ring().wiring("p")
    assert wiring is not None
    assert (wiring.pre.tolist(), wiring.post.tolist()) == ([0, 1], [1, 2])


def test_conditions_are_no_part_of_what_a_model_is() -> None:
    bare = ns.NeuronModel("M", {"s": 0.0}, {"k": 1.0})
    careful = ns.NeuronModel("M", {"s": 0.0}, {"k": 1.0}, requires="k > 0")  # type: ignore[arg-type]
    assert bare == careful
    networks = [ns.Network([ns.Population("a", 1, m)]) for m in (bare, careful)]
    assert networks[0].to_json() == networks[1].to_json()
    with pytest.raises(ModelError, match=re.escape("model M: k = -1; expected k > 0")):
        careful(k=-1)


def test_a_condition_may_read_derived_constants_and_nothing_else() -> None:
    with pytest.raises(ModelError, match="q = 4; expected q < 3"):
        ns.NeuronModel("M", {"s": 0.0}, {"k": 2.0}, derived={"q": "k*k"}, requires=("q < 3",))
    with pytest.raises(NeurosimError, match="model M, condition: unknown name 's'"):
        ns.NeuronModel("M", {"s": 0.0}, {"k": 2.0}, requires=("s < 3",))


def test_self_is_an_unknown_parameter_as_any_other() -> None:
    for part in (ns.LIF, ns.Dense, ns.SleepPlasticity):
        with pytest.raises(ModelError, match="has no parameter 'self'"):
            part(**{"self": 1.0})


def program(stimulus: str = "constant", precision: Precision | None = None) -> Program:
    network = ns.Network(
        [A if stimulus != "events" else ns.Population("a", 2, ns.SpikeInput), B], [ns.Projection("p", "a", "b")]
    )
    variable = "a.x" if stimulus == "events" else "a.s"
    return ns.lower(network, ns.Schedule([ns.Phase("run", 4)], (), {variable: stimulus}), precision=precision)


STIMULI: list[tuple[object, str]] = [
    (np.ones((1, 2)) * 1j, "stimulus a.s has values of type complex128; expected real numbers"),
    (np.ma.masked_array(np.ones((1, 2)), [[True, False]]), "stimulus a.s has masked values; fill them first"),
    ([np.ma.masked_array(np.ones(2), [True, False])], "stimulus a.s has masked values; fill them first"),
    ([["1", "2"]], "stimulus a.s has values of type <U1"),
    ([[1.0], [1.0, 2.0]], "stimulus a.s is no array: its rows differ in length"),
    (np.array([[1, None]]), "stimulus a.s has values of type object"),
    (np.array([["2020-01-01"] * 2], "M8[D]"), "stimulus a.s has values of type datetime64[D]"),
    (np.array([[2**53 + 1, 0]]), "stimulus 'a.s' has whole numbers beyond 2**53"),
    (np.ones((1, 2), np.longdouble), "which float64 cannot hold; expected float64"),
    (np.array([[NAN, 0.0]]), "stimulus 'a.s' has values that are not finite"),
    (3.0, "stimulus a.s is one number; expected an array with a row for each trial"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "message"), STIMULI, ids=[m for _, m in STIMULI])
def test_a_stimulus_that_would_lose_something_is_refused(values: object, message: str) -> None:
    def run() -> None:
        ns.load("reference")[0].compile(program()).run(ns.Trials({"a.s": values}))  # type: ignore[dict-item]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=re.escape(message)):
            run()


@pytest.mark.parametrize("backend", ["reference", "loopback"])
def test_what_a_run_is_given_is_looked_at_on_both_sides_of_a_worker(backend: str) -> None:
    trials = ns.Trials({"a.s": np.ones((1, 2))})
    with ns.load(backend)[0].compile(program()) as session:
        for given, message in (
            ({"constants": {"b.theta": "1"}}, "constant 'b.theta' is '1'; expected a finite number"),
            ({"constants": {"b.theta": NAN}}, "constant 'b.theta' is nan; expected a finite number"),
            ({"constants": {"b.theta": 1j}}, "constant 'b.theta' is 1j; expected a finite number"),
            ({"constants": {"steps.run": True}}, "constant 'steps.run' is True; expected a finite number"),
            ({"learn": "no"}, "learn = 'no'; expected True or False"),
        ):
            with pytest.raises(InputError, match=re.escape(message)):
                session.run(trials, **given)
        with pytest.raises(InputError, match="trials 'all'; expected Trials"):
            session.run("all")
        for array in (np.ones((2, 3)) * 1j, [["1"] * 3] * 2, np.ma.masked_all((2, 3)), np.full((2, 3), NAN)):
            with pytest.raises(InputError, match=r"learned variable 'p\.w' has (values|masked)"):
                session.write({"p.w": array})
        assert session.run(trials, constants={"b.theta": np.float32(0.5), "steps.run": np.int64(2)}).timing.steps == 2


def test_a_large_stimulus_is_not_copied() -> None:
    given = np.ones((50, 2))
    trials = ns.Trials({"a.s": given})
    assert trials.stimuli["a.s"] is given
    assert np.shares_memory(bind(program(), trials).stimuli["a.s"], given)  # type: ignore[arg-type]


def test_what_is_written_is_a_copy() -> None:
    session = ns.load("reference")[0].compile(program())
    given = np.ones((2, 3))
    session.write({"p.w": given})
    given[:] = 7.0
    assert session.read()["p.w"].max() == 1.0


def test_a_constant_of_a_phase_that_nothing_reads_is_said() -> None:
    model = ns.NeuronModel(
        "M", {"s": 0.0}, {"k": 1.0, "idle": 1.0, "tau": 1.0}, {"s": "s + q*k"}, derived={"q": "1/tau"}
    )
    network = ns.Network([ns.Population("m", 1, model)])

    def lowered(constant: str) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ns.lower(network, ns.Schedule([ns.Phase("run", 1, {constant: 2.0})], [ns.Probe("m.s", "step")]))
        return [str(w.message) for w in caught]

    assert lowered("m.idle") == ["phase run: no equation in use reads the constant 'm.idle', so it changes nothing"]
    assert lowered("m.k") == lowered("m.tau") == []


def test_a_constant_that_a_rule_reads_is_read() -> None:
    model = ns.NeuronModel("M", {"s": 0.0}, {"k": 1.0}, {"s": "drive"})
    rule = ns.LearningRule("r", "step", {"w": "w + post.k"})
    network = ns.Network([A, ns.Population("m", 1, model)], [ns.Projection("p", "a", "m", learning=rule)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ns.lower(network, ns.Schedule([ns.Phase("run", 1, {"m.k": 2.0})], (), {"a.s": "constant"}))


@pytest.mark.parametrize("backend", ["reference", "loopback"])
def test_conditions_hold_for_the_constants_of_a_run_and_of_a_phase(backend: str) -> None:
    rule = ns.LearningRule("r", "step", {"h": "h + lr*arrived"}, {"lr": 0.1}, ("lr >= 0",))
    network = ns.Network([A, B], [ns.Projection("p", A, B, ns.Binary, learning=rule)])  # type: ignore[arg-type]
    schedule = ns.Schedule([ns.Phase("run", 1, {"b.tau_mem": 20.0})], (), {"a.s": "constant"})
    trials = ns.Trials({"a.s": np.ones((1, 2))})
    with ns.load(backend)[0].compile(ns.lower(network, schedule)) as session:
        for name, message in (
            ("b.theta", "constants of b: theta = -1; expected theta >= 0"),
            ("b.tau_mem", "constants of b: tau_mem = -1; expected tau_mem > 0"),
            ("b.tau_mem@run", "constants of b in phase run: tau_mem = -1; expected tau_mem > 0"),
            ("p.scale", "constants of p: scale = -1; expected scale >= 0"),
            ("p.r.lr", "constants of p.r: lr = -1; expected lr >= 0"),
        ):
            with pytest.raises(InputError, match=re.escape(message)):
                session.run(trials, constants={name: -1.0})
        session.run(trials, constants={"b.theta": 2.0})


def test_conditions_are_no_part_of_a_programs_structure() -> None:
    plain, careful = (
        ns.lower(
            ns.Network([ns.Population("m", 1, ns.NeuronModel("M", {"s": 0.0}, {"k": 1.0}, requires=requires))]),
            ns.Schedule([ns.Phase("run", 1)]),
        )
        for requires in ((), ("k > 0",))
    )
    assert plain.requires != careful.requires
    assert plain.digest() == careful.digest()
    assert plain == careful
    assert Program.from_json(careful.to_json()).requires == careful.requires
