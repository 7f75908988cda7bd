"""What a scenario says without effect, or unusually, is told in one line; a scenario that does not hears nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from shipped import SCENARIO_FILES

from neurosim.cli.options import read_scenarios
from neurosim.errors import SpecError
from neurosim.scenario import schema
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.runs.remarks import remarks

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SEQUENTIAL, SLEEP = (SCENARIOS / f"digits_{n}.toml" for n in ("sequential", "sleep"))
GRADIENT = """
[training]
method = "gradient"
input = "input"
output = "output"
steps = 20
lr = 0.01
"""


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return schema.read(SEQUENTIAL).data.build()


def remarks_on(text: str, data: Dataset) -> list[str]:
    scenario = schema.parse(text)
    return remarks(scenario, scenario.stream.build(data), scenario.build_network())


def changed(path: Path, *changes: tuple[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def by_gradients(more: str = "") -> str:
    head, _, rest = SEQUENTIAL.read_text(encoding="utf-8").partition("[training]")
    assert "[" not in rest
    return head + GRADIENT + more


@pytest.mark.parametrize("path", SCENARIO_FILES, ids=lambda p: p.stem)
def test_nothing_is_remarked_of_the_scenarios_that_come_with_it(path: Path, digits: Dataset) -> None:
    scenario = schema.read(path)
    tasks = scenario.stream.build(scenario.data.build()) if scenario.data.name == "digits" else []
    if tasks or scenario.rehearsal is None:
        assert remarks(scenario, tasks, scenario.build_network()) == []


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("[rehearsal]\nsamples = 3", "[rehearsal] samples = 3 keeps no sample of task 4 when task 5 is learned"),
        (
            "[rehearsal]\nfraction = 0.001",
            "[rehearsal] fraction = 0.001 keeps no sample of task 1, 2, 3, 4 when task 5 is learned",
        ),
        ("[models.Idle]\nstate = { s = 0.0 }", "[models.Idle] is chosen nowhere"),
        ('[rules.idle]\nat = "step"\nupdate = { w = "w" }', "[rules.idle] is chosen nowhere"),
        ('[synapses.Idle]\nweight = "w"', "[synapses.Idle] is chosen nowhere"),
        (
            '[gates]\nkind = "unconditioned"\npopulations = ["hidden"]\ndensity = 0.5\ntau = 2.0',
            "gates.tau has no effect",
        ),
        (
            '[gates]\nkind = "unconditioned"\npopulations = ["hidden"]\ndensity = 0.5\nmasks = 2',
            "gates.masks has no ef",
        ),
        ('[gates]\nkind = "bank"\npopulations = []\ndensity = 0.5', "[gates] has no effect, for populations = []"),
    ],
)
def test_a_table_without_effect_is_told(more: str, line: str, digits: Dataset) -> None:
    [remark] = remarks_on(f"{changed(SEQUENTIAL)}\n{more}\n", digits)
    assert remark.startswith(line)


def test_sleep_of_a_population_is_told_where_nothing_sleeps(digits: Dataset) -> None:
    text = changed(SLEEP)
    without = text[: text.index("[sleep]")]
    lines = remarks_on(without, digits)
    assert lines
    assert all(line.endswith("has no effect, for the scenario has no [sleep]") for line in lines)


def test_rules_that_never_fire_are_told(digits: Dataset) -> None:
    lines = remarks_on(by_gradients(), digits)
    where = [line.partition(":")[0].partition(",")[0] for line in lines]
    assert where == ["network.projection.input_hidden.wake.learning.0"]
    assert lines[0].endswith("no rule fires awake, for method = 'gradient' learns by gradients")


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("truncate = 20", "training.truncate = 20 has no effect, for a trial has 20 steps"),
        ('[training.penalty]\nkind = "si"\nstrength = 1.0\nsamples = 9', "training.penalty.samples has no effect"),
        ('[training.penalty]\nkind = "ewc"\nstrength = 1.0\nxi = 0.5', "training.penalty.xi has no effect"),
        (
            '[training.penalty]\nkind = "ewc"\nstrength = 1.0\ntemperature = 2.5',
            "training.penalty.temperature has no ef",
        ),
    ],
)
def test_settings_of_another_choice_are_told(more: str, line: str, digits: Dataset) -> None:
    assert any(remark.startswith(line) for remark in remarks_on(by_gradients(more), digits))


def test_the_nudge_of_a_rule_is_that_of_the_training(digits: Dataset) -> None:
    text = changed(SEQUENTIAL, ('rule = "EquilibriumPropagation",', 'rule = "EquilibriumPropagation", beta = 0.9,'))
    [line] = remarks_on(text, digits)
    assert "learning.0.beta has no effect, for every rule has training.beta" in line


@pytest.mark.parametrize("value", ["1e308", "-1e31"])
def test_a_number_beyond_all_measure_is_told(value: str, digits: Dataset) -> None:
    [line] = remarks_on(f"{changed(SEQUENTIAL)}\n[models.X]\nparams = {{ k = {value} }}\n", digits)[1:]
    assert line == f"models.X.params.k = {float(value):g} is unusually large"


def test_a_negative_rate_of_a_rule_of_ones_own_is_told(digits: Dataset) -> None:
    rule = '[rules.mine]\nat = "step"\nupdate = { w = "w + lr*arrived" }\nparams = { lr = 0.1 }\n'
    text = SEQUENTIAL.read_text(encoding="utf-8")
    place = text.index("{ rule =", text.index("[network.projection"))
    text = text[:place] + '{ rule = "mine", lr = -0.5 }, ' + text[place:]
    assert any(
        line.endswith("lr = -0.5 is below 0, which is unusual") for line in remarks_on(f"{text}\n{rule}", digits)
    )


def test_the_command_line_tells_each_remark_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"{changed(SEQUENTIAL)}\n[rehearsal]\nsamples = 3\n")
    read_scenarios([path], None)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"note: {path}: [rehearsal] samples = 3 keeps no sample of task 4 when task 5 is learned\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "lr = 0.09346",
            "lr = -0.09346",
            r"\[network.projection.input_hidden\] wake.learning: rule ep: lr = -0.09346; expected lr >=",
        ),
        (
            "eps = 0.5",
            "eps = -0.5",
            r"\[network.population.hidden\] wake: model RateUnit: eps = -0.5; expected eps > 0",
        ),
    ],
)
def test_a_value_without_meaning_is_refused_in_a_file(old: str, new: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        schema.parse(changed(SEQUENTIAL, (old, new))).build_network()
