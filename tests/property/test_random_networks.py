"""Facts that hold for any run, tried on the random networks of the conformance suite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings

from neurosim.backend.contract import FEATURES
from neurosim.model.network import Network
from neurosim.program.precision import Grid
from neurosim.program.program import Program
from neurosim.program.schedule import STIMULUS_KINDS
from neurosim.testing.agreement import assert_learned_agree, assert_probes_agree
from neurosim.testing.cases import Case
from neurosim.testing.random_networks import random_cases
from neurosim.testing.targets import REFERENCE, run_case

few = settings(
    max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def ran(case: Case, network: Network | None = None):
    case = case if network is None else replace(case, network=network)
    return run_case(REFERENCE, case, case.program(Grid()))


@given(random_cases())
@few
def test_the_order_of_projections_does_not_matter_on_the_grid(case: Case) -> None:
    (expected, learned), reordered = ran(case), Network(case.network.populations, case.network.projections[::-1])
    found, found_learned = ran(case, reordered)
    assert_learned_agree(found_learned, learned)
    assert_probes_agree(found, expected)


@given(random_cases())
@few
def test_a_program_comes_back_from_json(case: Case) -> None:
    program = case.program(Grid())
    assert Program.from_json(program.to_json()) == program


@given(random_cases())
@few
def test_without_learning_nothing_learned_changes(case: Case) -> None:
    _, learned = ran(replace(case, learn=False))
    assert_learned_agree(learned, case.learned_for(case.program(Grid())))


def test_the_networks_tried_ask_for_every_feature_and_are_alive() -> None:
    features: set[str] = set()
    kinds: set[str] = set()
    learned, spikes = 0, 0

    @settings(few, max_examples=60)
    @given(random_cases())
    def look(case: Case) -> None:
        nonlocal learned, spikes
        program = case.program(Grid())
        features.update(program.features())
        kinds.update(kind for _, kind in program.stimuli)
        records, after = run_case(REFERENCE, case, program)
        before = case.learned_for(program)
        learned += any(not np.array_equal(after[n], a) for n, a in before.items())
        spikes += records.counts["spikes"] > 0

    look()
    assert features == FEATURES
    assert kinds == set(STIMULUS_KINDS)
    assert learned > 15
    assert spikes > 15
