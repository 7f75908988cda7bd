"""The tables of digits on mocks of chips: what their rows are, in miniature."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.device import mock
from neurosim.device.mock import MockBackend
from neurosim.scenario import engine, schema
from neurosim.scenario.preparation import Prepared, prepare

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SCRIPTS = ("tables", "loop_results", "loop_sleep_results")
SMALLER = {
    "test = 360": "test = 20", "validation = 287": "train = 20", "size = 100": "size = 12", "size = 256": "size = 12",
    "free_steps = 20": "free_steps = 6", "nudged_steps = 8": "nudged_steps = 3", "epochs = 20": "epochs = 2",
    "steps = 121": "steps = 20", "increment = 2": "increment = 5", "reprogram = 50": "reprogram = 3",
    "fraction = 0.025": "fraction = 0.5", 'on = "brian2"': 'on = "reference"',
}  # fmt: skip


@pytest.fixture(scope="module")
def scripts() -> Iterator[tuple[Any, Any]]:
    """The scripts import one another from their own folder, which is not left on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCENARIOS))
        import loop_results
        import loop_sleep_results

        patch.setattr(loop_results, "FLOAT", 3)
        patch.setattr(loop_results, "IN_THE_LOOP", (1, 2))
        patch.setattr(loop_results, "CALIBRATED", (1,))
        patch.setattr(loop_results, "SCRATCH", (2,))
        yield loop_results, loop_sleep_results
    for name in SCRIPTS:
        sys.modules.pop(name, None)


def smaller(name: str) -> str:
    text = (SCENARIOS / f"{name}.toml").read_text()
    for old, new in SMALLER.items():
        text = text.replace(old, new)
    return text


def small(name: str) -> Prepared:
    scenario = schema.parse(smaller(name))
    return prepare(scenario, scenario.data.build(), "test")


def chip(prepared: Prepared) -> MockBackend:
    found = prepared.scenario.backends()["mock"]
    assert isinstance(found, MockBackend)
    return found


@pytest.mark.parametrize("name", ["loop_mild", "loop_hard", "loop_sleep"])
def test_each_file_runs_on_its_own_chip(name: str) -> None:
    prepared = small(name)
    result = engine.run(prepared.scenario, chip(prepared).compile, data=prepared.data)
    assert result.kind == "mock"
    assert result.accuracy_matrix.shape == ((2, 2) if name == "loop_sleep" else (1, 1))


def test_mild_and_hard_differ_in_figures_of_the_chip_alone() -> None:
    mild, hard = (schema.document(smaller(f"loop_{n}")) for n in ("mild", "hard"))
    chips = [d.pop("devices")["mock"] for d in (mild, hard)]
    assert {k for k in chips[0] if chips[0][k] != chips[1][k]} == {"gain", "offset", "write_noise"}
    assert mild | {"scenario": None} == hard | {"scenario": None}


def test_sleep_on_a_chip_has_the_settings_of_rehearsal_and_sleep_elsewhere() -> None:
    text = (SCENARIOS / "digits_sleep_rehearsal.toml").read_text()
    for name in ("BiasPropagation", "EquilibriumPropagation"):
        text = text.replace(f'"{name}"', f'"Symmetric{name}"')
    elsewhere = schema.document(text.replace('"one-sided"', '"symmetric"'))
    here = schema.document((SCENARIOS / "loop_sleep.toml").read_text())
    del here["devices"]
    assert here | {"scenario": None} == elsewhere | {"scenario": None}


# in the loop


def test_what_is_learned_after_an_epoch_is_what_a_training_of_so_many_leaves_behind(scripts) -> None:
    loop_results, _ = scripts
    prepared = small("loop_mild")
    opened = loop_results.opened(chip(prepared))
    longer = loop_results.learned(prepared, opened, 0, 3)
    assert len(longer) == 3
    for epochs, after in enumerate(longer, 1):
        whole = loop_results.with_epochs(prepared, epochs)
        run_state = whole.begin(0)
        with opened(whole.programs["wake"]) as session:
            run_state.sessions["wake"] = session
            whole.method.training(run_state, run_state.tasks[0])()
        for name, array in run_state.learned.items():
            np.testing.assert_array_equal(after[name], array)
    assert np.any(longer[0]["input_hidden.w"] != longer[1]["input_hidden.w"])


def test_all_rows_of_a_seed_with_two_chips(scripts) -> None:
    loop_results, _ = scripts
    prepared = small("loop_hard")
    rows = dict(loop_results.rows_of(prepared, chip(prepared), 0, 2))
    assert list(rows) == [
        "float", "6 bits only", "deployed", "in the loop, 1 epoch", "in the loop, 2 epochs",
        "those of 2 epochs, on other chips", "calibrated", "calibrated, then in the loop, 1 epoch",
        "from scratch in the loop, 2 epochs", "those from scratch, on other chips",
    ]  # fmt: skip
    assert all(0 <= found <= 1 for found in rows.values())


def test_weights_are_deployed_on_the_chip_and_told_by_the_others(scripts, monkeypatch) -> None:
    """Each figure of a row says by which chip it was told, in place of an accuracy."""
    loop_results, _ = scripts
    prepared, told = small("loop_mild"), []
    monkeypatch.setattr(loop_results, "opened", lambda device: device)
    monkeypatch.setattr(loop_results, "learned", lambda *_: [{}] * 20)
    monkeypatch.setattr(loop_results, "accuracy", lambda _, device, *__: told.append(device) or 0.0)
    one, other = (chip(prepared).with_seed(k) for k in (1, 2))
    rows = [name for name, _ in loop_results.rows_of_chip(prepared, one, [other], {}, 0)]
    assert [d.seed for d in told] == [2 if "other chips" in row else 1 for row in rows]
    assert [d.calibration is not None for d in told] == ["calibrated" in row for row in rows]


def test_on_an_ideal_chip_nothing_is_lost(scripts) -> None:
    loop_results, _ = scripts
    prepared = small("loop_mild")
    rows = dict(loop_results.rows_of(prepared, mock(), 0, 1))
    assert rows["deployed"] == rows["float"]


def test_no_two_seeds_share_a_chip(scripts) -> None:
    loop_results, _ = scripts
    seeds = [c.seed for seed in range(5) for c in loop_results.chips_of(mock(), seed, 5)]
    assert len(set(seeds)) == 25


# sleep


def small_sleep() -> dict[str, Any]:
    return schema.document(smaller("loop_sleep"))


def test_an_unbiased_readout_is_the_simulator(scripts) -> None:
    _, sleep = scripts
    tables = sleep.with_bias(small_sleep(), 0.0)
    data = schema.from_document(tables).data.build()
    for figures in sleep.arms(tables, [0, 1], "test", data):
        assert set(figures) == set(sleep.ARMS)
        for night in (sleep.AWAKE, sleep.ASLEEP):
            np.testing.assert_array_equal(figures[sleep.EXACT, night], figures[sleep.BIASED, night])


def test_a_bias_changes_what_is_learned_on_each_chip_otherwise(scripts) -> None:
    _, sleep = scripts
    tables = sleep.with_bias(small_sleep(), 0.02)
    data = schema.from_document(tables).data.build()
    exact, biased = (sleep.run(tables, r, 0, "test", data).stages[-1].learned for r in (sleep.EXACT, sleep.BIASED))
    assert np.any(exact["input_hidden.w"] != biased["input_hidden.w"])


def test_differences_are_taken_by_seed(scripts) -> None:
    _, sleep = scripts
    whole = dict(zip(sleep.ARMS, np.array([[0.5, 0.6], [0.3, 0.5], [0.8, 0.9], [0.7, 0.7]]), strict=True))
    expected = ([0.2, 0.1], [0.1, 0.2], [0.3, 0.3], [0.4, 0.2], [0.1, -0.1])
    found = [difference(whole) for difference in sleep.DIFFERENCES.values()]
    np.testing.assert_allclose(found, expected)


def test_an_interval_is_students(scripts) -> None:
    """Of two differences with mean 0.2 and standard error 0.1: 12.706 of them to each side."""
    _, sleep = scripts
    assert sleep.interval(np.array([0.1, 0.3])) == "+0.200 | -1.071 to +1.471"


def test_earlier_tasks_are_all_but_the_last(scripts) -> None:
    _, sleep = scripts
    prepared = small("loop_sleep")
    result = engine.run(prepared.scenario, mock().compile, data=prepared.data)
    assert sleep.earlier(result) == result.accuracy_matrix[-1, 0]
