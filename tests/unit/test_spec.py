"""The scenario file: every mistake is answered with its place and what could stand there."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shipped import SCENARIO_FILES

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import NeurosimError, SpecError
from neurosim.program.precision import Float64, Grid
from neurosim.scenario import engine, schema
from neurosim.scenario.preparation import plan
from neurosim.scenario.schema.varied.tables import study_tables

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TINY = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
for _old, _new in {
    "size = 256": "size = 8", "test = 360": "test = 60", "validation = 287": "validation = 1637",
    "free_steps = 20": "free_steps = 5", "nudged_steps = 8": "nudged_steps = 2", "steps = 747": "steps = 30",
}.items():  # fmt: skip
    assert _old in TINY
    TINY = TINY.replace(_old, _new)


def changed(*changes: tuple[str, str]) -> str:
    text = TINY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def check(text: str) -> None:
    plan(schema.parse(text))


@pytest.mark.parametrize("path", SCENARIO_FILES, ids=lambda p: p.stem)
def test_every_scenario_of_the_repository_is_valid(path: Path) -> None:
    plan(schema.read(path))
    assert schema.read(str(path)) == schema.read(path)


HIDDEN = OUTPUT = 'model = "RateUnit", eps = 0.5'
MISTAKES = [
    # what TOML or the tables refuse
    ("[scenario]", "[scenario", "not TOML: "),
    (
        "test = 60",
        "tset = 60",
        "unknown key 'data.tset'; did you mean 'test'? (known: name, split_seed, steps, test, train, validation)",
    ),
    ("[training]", "[trainig]", "unknown key 'trainig'; did you mean 'training'?"),
    ("[data]", "[dat]", "'data' is missing"),
    ("test = 60", "test = '60'", "'data.test' = '60': expected a whole number"),
    ("test = 60", "test = 0", "'data.test' = 0: input should be greater than or equal to 1"),
    ("increment = 2", "increment = 2.5", "'stream.increment' = 2.5"),
    (
        'kind = "class-incremental"',
        'kind = "class-incremental"\nclass_order = [0, "1"]',
        "'stream.class_order.1' = '1'",
    ),
    (
        'kind = "class-incremental"',
        'kind = "class_incremental"',
        "'stream.kind' = 'class_incremental'; did you mean 'class-incremental'",
    ),
    ('kind = "class-incremental"', "", "stream"),
    ("increment = 2", "incremnt = 2", "did you mean 'increment'?"),
    ('format = "grid"', 'format = "gird"', "'scenario.precision.format' = 'gird'; did you mean 'grid'?"),
    ("output_bits = 20", "output_bit = 20", "unknown key 'scenario.precision.output_bit'; did you mean 'output_bits'?"),
    ("output_bits = 20", "output_bits = 40", "grid of 40 and 24 bits"),
    ('tier = "T0"', 'tier = "T7"', "'scenario.tier' = 'T7'"),
    ('name = "digits_sleep"', 'name = "../digits"', "'scenario.name' = '../digits'"),
    ('method = "one-sided"', 'method = "onesided"', "'training.method' = 'onesided'; did you mean 'one-sided'?"),
    ("beta = 0.5", "beta = 0", "'training.beta' = 0"),
    ("beta = 0.5", "beta = nan", "'training.beta' = nan"),
    ("epochs = 1", "epochs = true", "'training.epochs' = True"),
    ("rate = 0.674", "rate = -1", "'sleep.rate' = -1"),
    ("size = 8", "size = 0", "'network.population.hidden.size' = 0"),
    ("size = 8", "szie = 8", "unknown key 'network.population.hidden.szie'; did you mean 'size'?"),
    (
        "reciprocal = true",
        "reciprocl = true",
        "unknown key 'network.projection.hidden_output.wake.reciprocl'; did you mean 'reciprocal'?",
    ),
    ("eps = 0.5", "eps = '0.5'", "'network.population.hidden.wake.eps' = '0.5': expected a number"),
    ("eps = 0.5", "eps = inf", "'network.population.hidden.wake.eps' = inf: input should be a finite number"),
    (
        '"glorot-uniform"',
        '"glorot"',
        "'network.projection.input_hidden.initial.kind' = 'glorot'; did you mean 'glorot-uniform'?",
    ),
    # names of the library and the file
    (
        '"RateUnit"',
        '"RateUnits"',
        "[network.population.hidden] wake: 'RateUnits' is not in the library, nor defined in this file; did",
    ),
    (
        "eps = 0.5",
        "epps = 0.5",
        "[network.population.hidden] wake: model RateUnit has no parameter 'epps'; did you mean 'eps'?",
    ),
    ('"BiasPropagation"', '"BiasProp"', "[network.population.hidden] wake.learning: 'BiasProp' is not in the library"),
    (
        "inc = 0.00181",
        "ink = 0.00181",
        "[network.projection.input_hidden] sleep.learning: rule sleep has no parameter 'ink'; did you mean 'inc'?",
    ),
    (
        'pre = "input"',
        'pre = "inptu"',
        "[network]: projection input_hidden: no population 'inptu'; did you mean 'input'?",
    ),
    (
        'sleep = { model = "SpikeInput" }',
        "",
        "[network.population.input] sleep: missing; a scenario with [sleep] needs a model",
    ),
    (
        'post = "hidden"',
        'post = "hidden"\nsynapse = { model = "Dens" }',
        "[network.projection.input_hidden] synapse: 'Dens' is not in the library",
    ),
    # what the network or schedule refuses
    (
        '"EquilibriumPropagation"',
        '"SymmetricEquilibriumPropagation"',
        "at the end of phase 'minus', which the schedule does not have",
    ),
    (
        '\ninput = "input"\noutput',
        '\ninput = "inptu"\noutput',
        "stimulus 'inptu.s': no population 'inptu'; did you mean 'input'?",
    ),
    ('\noutput = "output"', '\noutput = "outptu"', "no population 'outptu'; did you mean 'output'?"),
    ('[sleep]\ninput = "input"', '[sleep]\ninput = "hiden"', "no population 'hiden'; did you mean 'hidden'?"),
    (
        '[sleep]\ninput = "input"',
        '[sleep]\ninput = "hidden"',
        "[sleep] input: hidden is a Heaviside asleep, which nothing drives",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[m[1].strip()[:40] or m[0] for m in MISTAKES])
def test_a_mistake_is_answered_with_its_place_and_what_could_stand_there(old: str, new: str, message: str) -> None:
    with pytest.raises(NeurosimError) as error:
        check(changed((old, new)))
    assert message in str(error.value)


def test_several_mistakes_are_told_at_once() -> None:
    with pytest.raises(SpecError) as error:
        schema.parse(changed(("test = 60", "tset = 60"), ("epochs = 1", "epoch = 1")))
    assert "'data.tset'" in str(error.value)
    assert "'training.epoch'" in str(error.value)


@pytest.mark.parametrize("bad", ["{}", "{ learned = 0.0, driven = 1.0 }", "{ lerned = 0.0 }"])
def test_a_parameter_of_no_kind_is_refused(bad: str) -> None:
    with pytest.raises(SpecError, match=r"'models\.M\.params\.k"):
        schema.parse(TINY + f"\n[models.M]\nparams = {{ k = {bad} }}\n")


def test_a_missing_file_is_answered_with_one_like_it(tmp_path: Path) -> None:
    (tmp_path / "digits.toml").write_text(TINY)
    with pytest.raises(SpecError, match=r"digit\.toml: No such file or directory; did you mean 'digits\.toml'\?"):
        schema.read(tmp_path / "digit.toml")


def test_a_mistake_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(changed(("test = 60", "tset = 60")))
    with pytest.raises(SpecError, match=r"s\.toml: .*unknown key 'data\.tset'"):
        schema.read(tmp_path / "s.toml")


# data that do not fit, found before anything is compiled


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("size = 64", "size = 63"), "population input has size 63, expected 64: data set digits has 64 inputs"),
        (("size = 10", "size = 8"), "population output has size 8, expected 10: data set digits has 10 classes"),
        (("test = 60", "test = 1"), "in the part 'test'"),
        (("test = 60", "test = 1700"), "leave none of 1797 samples to train"),
        (("increment = 2", "increment = 3"), "10 classes cannot be divided"),
        (("increment = 2", "increment = 2\nclass_order = [0, 1]"), "expected each class from 0 to 9 once"),
    ],
)
def test_data_that_do_not_fit_are_refused_before_a_backend_is_asked(change: tuple[str, str], message: str) -> None:
    def never(_: object) -> None:
        pytest.fail("a backend was asked")

    with pytest.raises(SpecError, match=re.escape(message)):
        engine.run(schema.parse(changed(change)), never)  # type: ignore[arg-type]


# what a file means


def test_whole_numbers_are_numbers() -> None:
    network = schema.parse(changed(("eps = 0.5", "eps = 1"))).build_network()
    assert network.population("hidden").model_in("wake").params["eps"] == 1.0


def test_precision_defaults_to_float64() -> None:
    plain = re.sub(r"precision = .*\n", "", TINY)
    assert schema.parse(plain).scenario.precision.build() == Float64()
    assert schema.parse(TINY).scenario.precision.build() == Grid(20, 24)


def test_sleep_is_on_a_grid_even_where_wake_is_not() -> None:
    scenario = schema.parse(re.sub(r"precision = .*\n", "", TINY))
    programs = plan(scenario).programs
    wake, sleep = programs["wake"], programs["sleep"]
    assert wake.grid is None
    assert sleep is not None
    assert sleep.grid == (20, 24)


def test_sleep_grows_with_the_tasks() -> None:
    sleep = schema.parse(TINY).sleep
    assert sleep is not None
    assert [sleep.steps_after(k) for k in range(4)] == [30, 40, 50, 60]


def test_initial_weights_depend_on_the_seed_and_the_projection_only() -> None:
    scenario = schema.parse(TINY)
    network = scenario.build_network()
    a, again, b = (scenario.initial_weights(network, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(a[n], again[n]) for n in a)
    assert not np.array_equal(a["input_hidden.w"], b["input_hidden.w"])
    assert np.abs(a["input_hidden.w"]).max() <= 0.5 * np.sqrt(6 / 72)
    assert not a["hidden.bias"].any()


def test_initial_weights_may_be_zero() -> None:
    scenario = schema.parse(changed(('kind = "glorot-uniform"', 'kind = "zeros"')))
    weights = scenario.initial_weights(scenario.build_network(), 0)
    assert not weights["input_hidden.w"].any()
    assert weights["hidden_output.w"].any()


OWN = """
[models.Mine]
state = { s = 0.0, s_free = 0.0 }
params = { eps = 0.5, beta = 0, bias = { learned = 0.0 }, target = { driven = 0.0 } }
update = { s = "clip(s + eps*(-s + drive + bias + beta*(target - s)), 0, 1)" }

[rules.mine]
at = "end:nudged"
update = { w = "w + lr/beta*(pre.s*post.s - pre.s_free*post.s_free)" }
params = { lr = 0.01, beta = 0.5 }

[synapses.Half]
state = { w = 0 }
weight = "gain*w"
params = { gain = 0.5 }
"""


def learned_by(text: str) -> dict[str, np.ndarray]:
    result = engine.run(schema.parse(text), lambda p: ReferenceBackend().compile(p))
    return dict(result.stages[-1].learned)


def test_models_and_rules_of_the_file_do_what_those_of_the_library_do() -> None:
    own = changed((HIDDEN, 'model = "Mine", eps = 0.5'), ('"EquilibriumPropagation"', '"mine"')) + OWN
    expected, learned = learned_by(TINY), learned_by(own)
    assert all(np.array_equal(expected[n], learned[n]) for n in expected)


def test_a_model_of_the_file_with_a_name_of_the_library_is_refused() -> None:
    scenario = schema.parse(TINY + OWN.replace("models.Mine", "models.RateUnit"))
    with pytest.raises(SpecError, match="'RateUnit' of this file has the name of one in the library; rename it"):
        scenario.build_network()


def test_an_output_that_nothing_nudges_is_refused() -> None:
    with pytest.raises(SpecError, match="nothing would nudge output, for no equation of Clampless reads 'target'"):
        check(
            changed((f'{OUTPUT}, learning = [{{ rule = "BiasPropagation", lr = 0.015 }}] }}', 'model = "Clampless" }'))
            + "\n[models.Clampless]\nstate = { s = 0.0, s_free = 0.0 }\nparams = { bias = { learned = 0.0 } }\n"
            + 'update = { s = "clip(drive + bias, 0, 1)" }\n'
        )


def test_a_synapse_of_the_file_delivers_what_it_says() -> None:
    text = changed(('post = "hidden"', 'post = "hidden"\nsynapse = { model = "Half", gain = 0.25 }')) + OWN
    wake = plan(schema.parse(text)).programs["wake"]
    assert wake.matrix("input_hidden").weight == "on_grid(gain * w, 24.0)"
    assert wake.constants["input_hidden.gain"] == 0.25


def test_an_unknown_name_in_an_equation_of_the_file_is_answered_with_the_nearest() -> None:
    with pytest.raises(NeurosimError, match=r"model Mine, update of s: unknown name 'drve'.*did you mean 'drive'\?"):
        check(changed((HIDDEN, 'model = "Mine"')) + OWN.replace("drive +", "drve +"))


# the engine


def test_a_run_is_the_same_each_time_and_another_with_another_seed() -> None:
    scenario = schema.parse(TINY)
    a, again, b = (engine.run(scenario, lambda p: ReferenceBackend().compile(p), seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(a.accuracy_matrix, again.accuracy_matrix)
    for x, y in zip(a.stages, again.stages, strict=True):
        assert all(np.array_equal(x.learned[n], y.learned[n]) for n in x.learned)
    assert not np.array_equal(a.stages[0].learned["input_hidden.w"], b.stages[0].learned["input_hidden.w"])


def test_each_task_is_trained_then_slept_on() -> None:
    result = engine.run(schema.parse(TINY), lambda p: ReferenceBackend().compile(p))
    assert [(s.task, s.kind) for s in result.stages] == [(k, kind) for k in range(5) for kind in ("trained", "slept")]
    assert [s.steps for s in result.stages if s.kind == "slept"] == [30, 40, 50, 60, 70]
    assert result.accuracy_matrix.shape == (5, 5)
    assert sum(result.samples) == 60


def test_testing_does_not_change_a_weight() -> None:
    scenario = schema.parse(TINY)
    test, validation = (
        engine.run(scenario, lambda p: ReferenceBackend().compile(p), part=part) for part in ("test", "validation")
    )
    assert test.samples != validation.samples
    assert all(np.array_equal(a, validation.stages[-1].learned[n]) for n, a in test.stages[-1].learned.items())


def test_sleep_leaves_biases_as_they_are() -> None:
    trained, slept = engine.run(schema.parse(TINY), lambda p: ReferenceBackend().compile(p)).stages[:2]
    np.testing.assert_array_equal(trained.learned["hidden.bias"], slept.learned["hidden.bias"])
    assert trained.learned["hidden.bias"].any()


ONE_MISTAKE = {
    "data is no table": ("data", 5, "'data' = 5: expected a table"),
    "an unknown scaling": (
        "data",
        {"file": "a.csv", "scaling": "mnmax"},
        "'data.scaling' = 'mnmax'; did you mean 'minmax'? (known: bytes, minmax, minmax-all, none)",
    ),
    "scaling is a number": (
        "data",
        {"file": "a.csv", "scaling": 5},
        "'data.scaling' = 5: expected one of 'none', 'minmax', 'minmax-all' or 'bytes', or a table",
    ),
    "a part of a range": ("data", {"file": "a.csv", "scaling": {"low": 2}}, "'data.scaling.high' is missing"),
    "a range that falls": (
        "data",
        {"file": "a.csv", "scaling": {"low": 2, "high": 1}},
        "'data.scaling' = {'low': 2, 'high': 1}: expected low < high",
    ),
    "a column of another kind": (
        "data",
        {"file": "a.csv", "inputs": [1.5]},
        "'data.inputs.0' = 1.5: expected a text, or a whole number",
    ),
    "tasks that are none": ("stream", {"kind": "list", "task": 5}, "'stream.task' = 5: expected a list"),
    "no task": ("stream", {"kind": "list", "task": []}, "'stream.task' = []: expected at least 1 item"),
    "a task that is none": ("stream", {"kind": "list", "task": [5]}, "'stream.task.0' = 5: expected a table"),
    "a mistake within a list": (
        "stream",
        {"kind": "list", "task": [{"classes": [1], "outputs": [-1]}]},
        "'stream.task.0.outputs.0' = -1: input should be greater than or equal to 0",
    ),
}


@pytest.mark.parametrize(("name", "table", "message"), ONE_MISTAKE.values(), ids=ONE_MISTAKE)
def test_a_mistake_in_a_list_or_in_one_of_several_kinds_is_told_once(name: str, table: Any, message: str) -> None:
    document = {**schema.document(TINY), name: table}
    with pytest.raises(SpecError) as caught:
        schema.from_document(document)
    assert str(caught.value) == message


SEEDS = {"a number": (1.5, "'study.seeds' = 1.5: expected a text, or a list"),
         "a text in a list": ([0, "a"], "'study.seeds.1' = 'a': expected a whole number"),
         "below 0": ([-1], "'study.seeds.0' = -1: input should be greater than or equal to 0")}  # fmt: skip


@pytest.mark.parametrize(("seeds", "message"), SEEDS.values(), ids=SEEDS)
def test_a_mistake_in_the_seeds_of_a_study_is_told_once(seeds: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        study_tables({"study": {"seeds": seeds}})
    assert str(caught.value) == message
