"""Facts that hold for any run, tried on the random networks of the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from neurosim.model.network import Network
from neurosim.program.features import Feature
from neurosim.program.precision import Float32, Float64, Grid, Precision
from neurosim.program.program import Program
from neurosim.program.run import Run, bind
from neurosim.program.schedule import STIMULUS_KINDS, Array, Events, Recording
from neurosim.program.source import blocks
from neurosim.program.source.listing import RunFunction, compiled, listing
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import synapses_of
from neurosim.testing.agreement import assert_learned_agree, assert_probes_agree
from neurosim.testing.cases.batches import BATCHES
from neurosim.testing.cases.fixed import FIXED
from neurosim.testing.cases.random_networks import random_cases
from neurosim.testing.cases.recorded import RECORDED
from neurosim.testing.cases.small import Case
from neurosim.testing.cases.wiring import SHARED
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
    assert Program.from_json(program.to_json(), program.wirings()) == program


@given(random_cases())
@few
def test_without_learning_nothing_learned_changes(case: Case) -> None:
    _, learned = ran(replace(case, learn=False))
    assert_learned_agree(learned, case.learned_for(case.program(Grid())))


@given(random_cases(), st.sampled_from([Grid(), Float64(), Float32()]))
@settings(few, max_examples=100)
def test_trials_in_a_block_are_to_the_bit_those_one_after_another(case: Case, precision: Precision) -> None:
    program = case.program(precision)
    run, learned = bind(program, case.trials, case.constants, learn=False), case.learned_for(program)
    assume(not program.pasts())  # what is late is kept trial by trial
    found, expected = (recorded(run, function, learned) for function in (blocks.compiled(run), compiled(listing(run))))
    for name, recording in expected.items():
        for part in ("offsets", "indices") if isinstance(recording, Events) else ("real",):
            np.testing.assert_array_equal(getattr(found[name], part), getattr(recording, part), err_msg=name)


def recorded(run: Run, function: RunFunction, learned: Mapping[str, Array]) -> dict[str, Recording]:
    recorder = Recorder(run)
    assert function(run.count, 0, run.stimuli, synapses_of(run.program), run.fixed, learned, recorder.arrays) == -1
    return recorder.probes()


ASKED_FOR_BY_CASES = {
    Feature.FIXED_PARAMETERS, Feature.INITIAL_VALUES, Feature.SOME_RECORDED, Feature.LEARNED_RECORDED, Feature.BATCHES,
    Feature.SHARED_WEIGHTS,
}  # fmt: skip


def test_cases_ask_for_what_random_networks_do_not() -> None:
    cases = (*FIXED.values(), *RECORDED.values(), *BATCHES.values(), *SHARED.values())
    assert set().union(*(case(0.1).program(Grid()).features() for case in cases)) >= ASKED_FOR_BY_CASES


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
    assert features == set(Feature) - ASKED_FOR_BY_CASES
    assert kinds == set(STIMULUS_KINDS)
    assert learned > 15
    assert spikes > 15
