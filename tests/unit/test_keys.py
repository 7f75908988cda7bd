"""Names of constants and variables, in parts and as text."""

from __future__ import annotations

import pytest

from neurosim.program.constants import ConstantKey, by_key, length_of
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.schedule import Phase, Probe
from neurosim.program.variables import VariableKey
from neurosim.testing.cases.small import ep_one_sided

KEYS = {
    "output.beta": ConstantKey("output", "beta"),
    "hidden_output.ep.lr": ConstantKey("hidden_output", "lr", rule="ep"),
    "output.beta@nudged": ConstantKey("output", "beta", phase="nudged"),
    "steps.free": length_of("free"),
}


@pytest.mark.parametrize("text", KEYS)
def test_a_constant_is_the_same_as_text_and_as_key(text):
    assert ConstantKey.from_text(text) == KEYS[text]
    assert str(KEYS[text]) == text


def test_a_constant_belongs_to_its_owner_or_to_a_rule_of_it():
    assert [key.part for key in KEYS.values()] == ["output", "hidden_output.ep", "output", "steps"]


def test_lengths_of_phases_are_told_from_other_constants():
    assert [key.is_length for key in KEYS.values()] == [False, False, False, True]


def test_keys_can_be_sorted():
    assert sorted(KEYS.values())[0] == KEYS["hidden_output.ep.lr"]


@pytest.fixture(scope="module")
def program() -> Program:
    return ep_one_sided().program()


def test_every_constant_of_a_program_is_the_text_of_a_key(program):
    assert [str(key) for key in by_key(program.constants)] == list(program.constants)


def test_constants_of_a_run_are_given_as_text_and_held_by_key(program):
    run = bind(program, ep_one_sided(0.05).trials, {"output.beta@nudged": 0.25, "steps.nudged": 2})
    assert run.constants[ConstantKey("output", "beta", phase="nudged")] == 0.25
    assert run.lengths == (20, 2)


def test_a_program_knows_the_lengths_that_its_schedule_gives(program):
    assert program.lengths == (20, 4)


def test_values_of_a_rule_are_those_of_its_full_name(program):
    rule = program.rules[0]
    values = bind(program, ep_one_sided(0.05).trials).values(rule.full_name)
    assert set(values) == set(rule.constants)


def test_a_phase_says_which_constants_it_overrides():
    assert ep_one_sided().program().phases[1].overridden == (ConstantKey("output", "beta"),)


def test_a_variable_is_the_same_as_text_and_as_key():
    assert VariableKey.from_text("output.s") == VariableKey("output", "s")
    assert str(VariableKey("output", "s")) == "output.s"


def test_a_text_without_a_dot_names_no_variable():
    assert VariableKey.from_text("output").variable == ""


def test_a_probe_at_the_end_of_a_phase_names_it():
    assert Probe("output.s", "end:free").phase == "free"
    assert Probe("output.s", "step").phase is None


def test_constants_of_a_phase_stay_as_they_were_written():
    assert dict(Phase("nudged", 8, {"p2.beta": 1.0}).constants) == {"p2.beta": 1.0}
