"""Mode `mapped`: many processes give what the reference gives; Lava's own stand where the equations are theirs."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from typer.testing import CliRunner

import neurosim as ns
from neurosim import cli
from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import BackendError
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.schedule import Events, Trials
from neurosim.scenario.datasets.published import digits as handwritten
from neurosim.testing.agreement import assert_learned_agree, assert_probes_agree
from neurosim.testing.cases.library import LIBRARY
from neurosim.testing.cases.small import CASES, Case
from neurosim_lava.mapped.process_network import MappedProcess, process_network
from neurosim_lava.mapped.session import MappedSession


@pytest.fixture
def mode() -> str:
    return "mapped"


def agree(backend, program: Program, learned, trials: Trials, constants=None, learn=True) -> None:
    """Everything is equal on the reference and on many processes."""
    reference = ReferenceBackend().compile(program)
    reference.write(learned)
    expected = reference.run(trials, constants=constants, learn=learn)
    with backend.compile(program, mode="mapped") as session:
        session.write(learned)
        found = session.run(trials, constants=constants, learn=learn)
        assert assert_learned_agree(session.read(), reference.read())
        assert assert_probes_agree(found, expected)


def parts_of(case: Case, program: Program | None = None) -> dict[str, MappedProcess]:
    program = program or case.program(ns.Grid())
    return {p.name: p for p in process_network(bind(program, case.trials, case.constants, case.learn)).parts}


@pytest.mark.parametrize("name", ["sleep_reciprocal", "two_ports", "delays", "cuba", "stdp"])
def test_equals_reference_on_the_grid(backend, name):
    """The conformance suite has all cases; these are those with most to go wrong between processes."""
    case = {**CASES, **LIBRARY}[name](0.3)
    program = case.program(ns.Grid())
    agree(backend, program, case.learned_for(program), case.trials, case.constants, case.learn)


@pytest.mark.parametrize("initial", [None, [0.0, 0.5, 0.9]], ids=["alike", "each its own"])
def test_lavas_lif_is_taken_only_where_neurons_start_alike(backend, initial):
    """Its membrane is set to one number at a trial's start."""
    network = ns.Network(
        [
            ns.Population("i", 2, ns.SpikeInput),
            ns.Population("e", 3, ns.CubaLIF, initial={"v": initial} if initial else {}),
        ],
        [ns.Projection("p", "i", "e")],
    )
    schedule = ns.Schedule([ns.Phase("run", 10)], [ns.Probe("e.spike", "step")], {"i.x": "events"})
    program = ns.lower(network, schedule, precision=ns.Grid())
    trials = Trials({"i.x": Events.from_dense(np.ones((2, 10, 2), bool))})
    [e] = (p for p in process_network(bind(program, trials)).parts if p.name == "e")
    assert e.choice.stock == (initial is None)
    agree(backend, program, {"p.w": np.full((2, 3), 0.125)}, trials)


@pytest.mark.parametrize("recorded", [False, True])
def test_lavas_dense_is_taken_only_where_no_probe_records_its_weights(backend, recorded):
    """It has no place where a recording could stand."""
    network = ns.Network(
        [ns.Population("i", 2, ns.SpikeInput), ns.Population("e", 3, ns.CubaLIF)], [ns.Projection("p", "i", "e")]
    )
    weights = [ns.Probe("p.w", "step", every=4), ns.Probe("p.w", "end:run", units=[5, 0])]
    probes = [ns.Probe("e.spike", "step"), *(weights if recorded else [])]
    schedule = ns.Schedule([ns.Phase("run", 10)], probes, {"i.x": "events"})
    program = ns.lower(network, schedule, precision=ns.Grid())
    trials = Trials({"i.x": Events.from_dense(np.ones((2, 10, 2), bool))})
    models = {p.choice.model for p in process_network(bind(program, trials)).parts}
    assert ("Dense" in models) != recorded
    agree(backend, program, {"p.w": np.arange(6.0).reshape(2, 3) / 8}, trials)


# digits


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    samples = handwritten.read()
    return samples.inputs, np.eye(10)[samples.labels]


def digits_network() -> ns.Network:
    unit, rule = ns.RateUnit(eps=0.5), [ns.EquilibriumPropagation(lr=0.03)]
    bias, dream = [ns.BiasPropagation(lr=0.03)], [ns.SleepPlasticity(inc=2.0**-9, dec=2.0**-8)]
    return ns.Network(
        [
            ns.Population("input", 64, {"wake": ns.Clamp, "sleep": ns.SpikeInput}),
            ns.Population("hidden", 100, {"wake": unit, "sleep": ns.Heaviside(theta=2.0)}, {"wake": bias}),
            ns.Population("output", 10, {"wake": unit, "sleep": ns.Heaviside(theta=0.25)}, {"wake": bias}),
        ],
        [
            ns.Projection("input_hidden", "input", "hidden", learning={"wake": rule, "sleep": dream}),
            ns.Projection("hidden_output", "hidden", "output", learning={"wake": rule, "sleep": dream},
                          reciprocal=("wake",)),
        ],
    )  # fmt: skip


def digits_weights(program: Program) -> dict[str, np.ndarray]:
    random = np.random.Generator(np.random.Philox(1))
    return ns.quantise({n: random.uniform(-0.2, 0.25, s) for n, s in program.shapes().items()}, program)[0]


@pytest.mark.parametrize("learn", [True, False], ids=["training", "inference"])
def test_digits_awake(backend, digits, learn):
    phases = [ns.Phase("free", 20, assign={"s_free": "s"}), ns.Phase("nudged", 4, {"output.beta": 0.5})]
    stimuli = {"input.s": "constant", "output.target": "constant"}
    schedule = ns.Schedule(phases, [ns.Probe("output.s", "end:free")], stimuli)
    program = ns.lower(digits_network(), schedule, "wake", ns.Grid())
    count = 20 if learn else 40
    trials = Trials({"input.s": digits[0][:count], "output.target": digits[1][:count]})
    constants = {} if learn else {"steps.nudged": 0.0}
    agree(backend, program, digits_weights(program), trials, constants, learn)


def test_digits_asleep(backend, digits):
    steps, random = 400, np.random.Generator(np.random.Philox(2))
    probes = [ns.Probe("hidden.spike", "step"), ns.Probe("output.spike", "step")]
    schedule = ns.Schedule([ns.Phase("sleep", steps)], probes, {"input.x": "events"})
    program = ns.lower(digits_network(), schedule, "sleep", ns.Grid())
    spikes = Events.from_dense(random.random((1, steps, 64)) < 0.6 * digits[0].mean(0))
    agree(backend, program, digits_weights(program), Trials({"input.x": spikes}))


# Lava's own processes


def test_lavas_own_processes_are_found_by_their_equations():
    parts = parts_of(LIBRARY["cuba"](0.1))
    assert parts["first"].choice.model == "LIF"
    assert parts["first"].choice.settings["dv"] == 0.0625
    assert parts["second"].choice.why == "a probe records its state"
    assert {parts[n].choice.model for n in ("input_first", "first_first", "first_second__back")} == {"Dense"}


@pytest.mark.parametrize(
    ("changes", "model"),
    [
        ({}, "LIF"),
        ({"update": {"c": "c*keep + drive", "m": "m + (c*keep + drive)"}}, "LIF"),
        ({"update": {"c": "drive", "m": "m*keep + drive"}}, "LIF"),  # du = 1
        ({"update": {"c": "drive + keep*c", "m": "keep*m + (drive + keep*c) + 0.0625"}}, "LIF"),
        ({"update": {"c": "c*keep + drive", "m": "m*keep + (c*keep + (drive + 0.0625))"}}, "custom"),  # equal, but in R
        ({"update": {"c": "c*keep + drive", "m": "m*keep + c"}}, "custom"),  # the old current
        ({"spike": "m >= 1"}, "LIF"),  # above the number below 1
        ({"spike": "m + 1 > 2"}, "custom"),
        ({"reset": {"m": "m - 1"}}, "custom"),
        ({"reset": {"m": "0", "c": "0"}}, "custom"),
        ({"params": {"keep": 1.5}}, "custom"),
        ({"params": {"keep": 0.1}}, "custom"),  # 1 - (1 - 0.1) is not 0.1
    ],
)
def test_names_do_not_matter_but_every_operation_does(backend, changes, model):
    unit = ns.NeuronModel(
        "Nobody",
        **{
            "state": {"m": 0.0, "c": 0.125},
            "params": {"keep": 0.75},
            "update": {"c": "c*keep + drive", "m": "m*keep + (c*keep + drive)"},
            "spike": "m > 1",
            "reset": {"m": "0"},
            "output": "spike",
        }
        | changes,
    )
    network = ns.Network(
        [ns.Population("input", 6, ns.SpikeInput), ns.Population("units", 8, unit)],
        [ns.Projection("forward", "input", "units"), ns.Projection("lateral", "units", "units")],
    )
    schedule = ns.Schedule([ns.Phase("run", 30)], [ns.Probe("units.spike", "step")], {"input.x": "events"})
    random = np.random.Generator(np.random.Philox(3))
    trials = Trials({"input.x": Events.from_dense(random.random((2, 30, 6)) < 0.3)})
    program = ns.lower(network, schedule, precision=ns.Grid())
    found = process_network(bind(program, trials)).part("units").choice
    assert found.model == model, found.why
    if model == "LIF":
        # quarters, so that some sums are the threshold
        quarters = {n: random.integers(-1, 3, s) / 4 for n, s in program.shapes().items()}
        agree(backend, program, quarters, trials)


def test_dense_where_no_rule_fires():
    case = CASES["ep_one_sided"](0.1)
    assert parts_of(case)["hidden_output__back"].choice.why == "its weights are changed by ep"
    asleep = parts_of(replace(case, learn=False))
    assert all(asleep[n].choice.model == "Dense" for n in ("input_hidden", "hidden_output", "hidden_output__back"))


def test_weights_of_lavas_own_processes_are_those_of_the_run(session, case):
    """Without learning, Dense gets the weights when it is made; others are another network."""
    reference = ReferenceBackend().compile(case.program())
    for scale in (1.0, 0.5, 1.0):
        for s in (session, reference):
            s.write({n: scale * a for n, a in case.learned.items()})
        trials = case.trials.part(0, 3)
        assert_probes_agree(session.run(trials, learn=False), reference.run(trials, learn=False), 1e-12)


# the network


def test_one_process_for_each_population_and_direction(session, case):
    before = children(session)
    session.run(case.trials.part(0, 2))
    assert children(session) == before
    assert len(before) >= 3 + 3 + 2  # and the runtime's service and its manager of shared memory


def test_pieces_that_are_not_connected(backend):
    """Lava runs what is connected; a network of two pieces runs whole."""
    network = ns.Network(
        [ns.Population(n, 3, m) for n, m in (("a", ns.Clamp), ("b", ns.RateUnit), ("c", ns.Clamp), ("d", ns.RateUnit))],
        [ns.Projection("ab", "a", "b"), ns.Projection("cd", "c", "d")],
    )
    stimuli = {"a.s": "constant", "c.s": "constant"}
    schedule = ns.Schedule([ns.Phase("run", 4)], [ns.Probe("b.s", "step"), ns.Probe("d.s", "step")], stimuli)
    program = ns.lower(network, schedule, precision=ns.Grid())
    learned = {n: np.full(s, 0.125) for n, s in program.shapes().items()}
    agree(backend, program, learned, Trials({"a.s": np.ones((2, 3)), "c.s": np.eye(3)[:2]}))


def test_copies_that_differ_are_an_error(session, case, monkeypatch):
    """Were one direction of a projection to learn otherwise than the other, it would be told."""
    plan = MappedSession.plan

    def other(self, *given):
        good = plan(self, *given)
        text = good.texts["hidden_output__back"].replace("0.1*", "0.125*")
        assert text != good.texts["hidden_output__back"]
        return replace(good, texts={**good.texts, "hidden_output__back": text})

    monkeypatch.setattr(MappedSession, "plan", other)
    before = session.read()
    with pytest.raises(BackendError, match=r"the two copies of hidden_output.w have come to differ"):
        session.run(case.trials.part(0, 3))
    assert_learned_agree(session.read(), before)


def children(session) -> list[int]:
    return sorted(p.pid for p in psutil.Process(session._worker.pid).children(recursive=True))


@pytest.mark.slow
def test_a_whole_scenario(backend):
    """Digits with sleep at their full size, free-running: `compare` fails below tier T0."""
    scenario = Path(__file__).parents[2] / "scenarios" / "digits_sleep.toml"
    done = CliRunner().invoke(cli.app, ["compare", str(scenario), "--backends", "lava:mapped", "--json"])
    assert done.exit_code == 0, done.output
    assert [row["tier"] for row in json.loads(done.stdout)["backends"]] == ["T0", "T0"]
