"""The suite itself: it runs anywhere, passes what is right, and fails what is wrong at the right places."""

from __future__ import annotations

import re
from pathlib import Path

import broken
import pytest
from third_party import install, outcomes, suite

from neurosim.program.features import Feature
from neurosim.program.precision import Grid
from neurosim.testing.cases.batches import BATCHES
from neurosim.testing.matrix import SupportMatrix
from neurosim.testing.targets import Target, all_cases, case_named, outcome

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-backend.md"
SHORT = ("--neurosim-length=0.25", "--neurosim-examples=5")


def cases_of(reached: dict[str, str], test: str, outcome: str) -> set[str]:
    return {
        n.removeprefix(f"{test}[").removesuffix("]")
        for n, o in reached.items()
        if n.startswith(f"{test}[") and o == outcome
    }


def learns(case: str, length: float) -> bool:
    """The reference changes what is learned."""
    made = case_named(case, length)
    _, after = outcome(Target("reference", length), case, Grid())
    program = made.program(Grid())
    before = {**program.initial(), **made.learned_for(program)}
    return any(not (after[n] == a).all() for n, a in before.items())


def test_the_reference_passes_in_any_folder_and_the_matrix_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "matrix.json"
    finished = suite(tmp_path / "empty", None, "--neurosim-backend=reference", f"--neurosim-matrix={path}", *SHORT)
    assert finished.returncode == 0, finished.stdout
    assert set(outcomes(finished).values()) == {"PASSED"}
    matrix = SupportMatrix.from_json(path.read_text())
    features, cases, contract = matrix.rows()
    assert set(features) == set(Feature), "some case uses each feature"
    assert all(row == {"reference:numpy": "T0"} for row in features.values())
    assert all(row == {"reference:numpy": "T0 / T0"} for row in cases.values())
    assert contract["write refuses"] == {"reference:numpy": "yes"}
    assert contract["random networks"] == {"reference:numpy": "T0"}
    assert matrix.text() in finished.stdout


def test_every_case_with_rules_learns() -> None:
    with_rules = {n for n in all_cases() if case_named(n, 1.0).learn and case_named(n, 1.0).program().rules}
    assert {n for n in all_cases() if learns(n, 1.0)} == with_rules


def test_without_a_backend_it_says_what_to_choose_from(tmp_path: Path) -> None:
    finished = suite(tmp_path / "empty", None)
    assert finished.returncode != 0
    assert "--neurosim-backend NAME[:MODE] or --neurosim-device LINK; installed: " in finished.stdout + finished.stderr


def test_an_unknown_backend_is_answered_with_the_nearest(tmp_path: Path) -> None:
    finished = suite(tmp_path / "empty", None, "--neurosim-backend=refrence")
    assert finished.returncode != 0
    assert "did you mean 'reference'?" in finished.stdout + finished.stderr


def test_a_backend_that_delivers_a_step_late_fails(tmp_path: Path) -> None:
    package = install(tmp_path / "late", "late", broken.LATE)
    reached = outcomes(suite(tmp_path / "empty", package, "--neurosim-backend=late", *SHORT))
    refused = set(BATCHES)  # it does not claim them, and says so
    assert cases_of(reached, "grid", "PASSED") == refused
    assert cases_of(reached, "float64", "PASSED") == refused
    assert reached["random_networks"] == "FAILED"
    assert reached["constants_are_arguments_of_a_run"] == "FAILED"
    assert reached["a_run_in_parts_is_the_run[recurrent_spiking]"] == "FAILED"
    assert reached["a_rerun_gives_the_same_bits[sleep]"] == "PASSED"
    assert reached["what_is_written_is_read"] == "PASSED"
    assert reached["trials_start_anew[recurrent_spiking]"] == "PASSED"


def test_a_backend_that_swaps_potentiation_and_depression_fails(tmp_path: Path) -> None:
    package = install(tmp_path / "swapped", "swapped", broken.SWAPPED)
    reached = outcomes(suite(tmp_path / "empty", package, "--neurosim-backend=swapped", *SHORT))
    wrong = {name for name in all_cases() if learns(name, 0.25)}
    for test in ("grid", "float64"):
        assert cases_of(reached, test, "FAILED") == wrong
        assert cases_of(reached, test, "PASSED") == set(all_cases()) - wrong
    assert reached["random_networks"] == "FAILED"
    assert reached["learned_variables_are_carried_from_wake_to_sleep_to_wake"] == "FAILED"
    assert reached["a_rerun_gives_the_same_bits[sleep]"] == "PASSED"
    assert reached["without_learning_no_bit_of_what_is_learned_changes[sleep]"] == "PASSED"


def test_the_backend_of_the_guide_passes_and_refuses_what_it_does_not_claim(tmp_path: Path) -> None:
    source = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[0]
    package = install(tmp_path / "ticking", "ticking", source)
    path = tmp_path / "matrix.json"
    arguments = ("--neurosim-backend=ticking", f"--neurosim-matrix={path}", *SHORT)
    finished = suite(tmp_path / "empty", package, *arguments)
    assert finished.returncode == 0, finished.stdout
    features, cases, _ = SupportMatrix.from_json(path.read_text()).rows()
    assert features["several ports"] == {"ticking:ticks": "X"}
    assert features["stimulus:events"] == {"ticking:ticks": "T0"}
    assert cases["two_ports"] == {"ticking:ticks": "X / X"}
    assert cases["sleep"] == {"ticking:ticks": "T0 / T0"}


def test_the_guide_names_every_option() -> None:
    from neurosim.testing import plugin

    options = set(re.findall(r"\"(--neurosim-\w+)\"", Path(plugin.__file__).read_text(encoding="utf-8")))
    assert options == set(re.findall(r"^\| `(--neurosim-\w+)", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))


def test_a_feature_has_the_worst_tier_of_its_cases() -> None:
    matrix = SupportMatrix()
    for case, reached, features in (("a", "T0", ["x", "y"]), ("b", "T2 (exp)", ["y"]), ("c", "X", ["x", "z"])):
        cell = {"target": "mine:fast", "case": case, "number_format": "grid", "reached": reached, "features": features}
        cell |= {"missing": ["z"]} if reached == "X" else {}
        matrix.add(cell, "passed")
    matrix.add({"target": "mine:fast", "case": "d", "number_format": "grid", "features": ["w"]}, "failed")
    tiers = {f: row["mine:fast"] for f, row in matrix.rows()[0].items()}
    assert tiers == {"w": "none", "x": "T0", "y": "T2 (exp)", "z": "X"}
    assert SupportMatrix.from_json(matrix.to_json()).text() == matrix.text()


@pytest.mark.parametrize(("each", "expected"), [
    (["passed", "passed"], "yes"), (["passed", "failed"], "none"), (["skipped", "passed"], "X"),
])  # fmt: skip
def test_a_fact_that_several_tests_state_holds_if_all_pass(each: list[str], expected: str) -> None:
    matrix = SupportMatrix()
    for result in each:
        matrix.add({"target": "mine:fast", "row": "reruns"}, result)
    assert matrix.rows()[2] == {"reruns": {"mine:fast": expected}}
