"""The suite finds each of many faults that a plausible backend could have, by the tests that are named here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import mutants
import pytest
from third_party import install, suite

PARTS = "a_run_in_parts_is_the_run"
PIECES = "a_trial_in_pieces_is_the_trial"
FOUND_BY: Mapping[str, set[str]] = {
    "units_beyond100": {"grid-many_units"},
    "byte_of_spikes": {"grid-many_units"},
    "byte_of_address": {"grid-many_units"},
    "few_resets": {"grid-many_units"},
    "few_synapses": {"grid-many_units"},
    "one_per_pair": {"grid-several_synapses"},
    "equal_delays": {"grid-late_spikes", "grid-late_values"},
    "delays_go_on": {"grid-late_spikes", "grid-late_values"},
    "steps_beyond1000": {"grid-many_steps"},
    "trials_beyond300": {"grid-many_trials", "grid-many_inferences"},
    "last_of_batch": {"grid-many_inferences"},
    "short_buffer": {"grid-many_parts"},
    "eight_phases": {"grid-many_parts"},
    "late_backwards": {"grid-many_parts", "grid-delays"},
    "stale_transpose": {"grid-sleep_reciprocal"},
    "single_sums": {"grid-ep_one_sided"},
    "single_store": {"float64-ep_one_sided"},
    "assigns_first": {"grid-ep_symmetric"},
    "last_unit_is_silent": {"grid-recurrent_spiking"},
    "last_step_is_silent": {"grid-recurrent_spiking"},
    "late_probe": {"grid-two_ports"},
    "forgets_what_it_learned": {f"{PARTS}-ep_one_sided"},
    "keeps_constants": {"constants_are_arguments_of_a_run"},
    "stays_switched_off": {"learning_is_off_for_one_run_and_on_again"},
    "goes_on_in_the_stimulus": {f"{PARTS}-ep_one_sided", "a_rerun_gives_the_same_bits-ep_one_sided"},
    "forgets_spikes_under_way": {f"{PIECES}-sleep", "a_trial_begun_on_the_reference_is_gone_on_with-sleep"},
    "forgets_what_is_delayed": {f"{PIECES}-delays", f"{PIECES}-delayed_spikes"},
    "ends_each_piece": {f"{PIECES}-ep_symmetric"},
    "starts_each_piece": {f"{PIECES}-sleep", "a_whole_run_leaves_a_state_to_go_on_from"},
    "goes_on_where_it_failed": {"a_run_that_fails_leaves_state_and_weights"},
}
"""The tests that have to fail, for each fault."""


def failed(folder: Path, *arguments: str) -> dict[str, set[str]]:
    """The tests of the suite that fail, for each mutant that has some."""
    package = install(folder / "mutants", "mutants", Path(mutants.__file__).read_text(encoding="utf-8"))
    chosen = [f"--neurosim-backend=mutants:{mode}" for mode in mutants.SESSIONS]
    finished = suite(folder / "empty", package, *chosen, "--neurosim-length=0.5", *arguments)
    failures: dict[str, set[str]] = {mode: set() for mode in mutants.SESSIONS}
    pattern = r"^(PASSED|FAILED) \S*?::test_(\w+)\[mutants:(\w+)(-?\w*)\]"
    results = re.findall(pattern, finished.stdout, re.MULTILINE)
    assert len({mode for _, _, mode, _ in results}) == len(failures), finished.stdout
    for outcome, test, mode, case in results:
        if outcome == "FAILED":
            failures[mode].add(f"{test}{case}")
    return failures


def test_each_fault_is_found_and_nothing_where_there_is_none(tmp_path: Path) -> None:
    right = dict.fromkeys(["right"], set().union(*FOUND_BY.values()))
    chosen = [f"{mode} and {test}" for mode, tests in {**FOUND_BY, **right}.items() for test in sorted(tests)]
    failures = failed(
        tmp_path, "-k", " or ".join(f"({c.replace('-', ' and ')})" for c in chosen), "--neurosim-examples=0"
    )
    assert set(mutants.SESSIONS) == {"right", *FOUND_BY}
    assert failures["right"] == set()
    assert {mode: tests - failures[mode] for mode, tests in FOUND_BY.items() if tests - failures[mode]} == {}


@pytest.mark.slow
def test_the_whole_suite_finds_each_fault(tmp_path: Path) -> None:
    failures = failed(tmp_path, "--neurosim-examples=5")
    assert {mode for mode, tests in failures.items() if not tests} == {"right"}
