"""A trial cut anywhere is the trial: tried on the random networks of the conformance suite, on the reference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_random_networks import few

from neurosim.program.precision import Float32, Float64, Grid, Precision
from neurosim.program.run import bind
from neurosim.program.trial.pieces import pieces
from neurosim.testing.cases.random_networks import random_cases
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import REFERENCE
from neurosim.testing.test_kept_state import assert_left, left, run_piece


@given(random_cases(), st.sampled_from([Grid(), Float64(), Float32()]), st.data())
@settings(few, max_examples=100)
def test_a_trial_cut_anywhere_is_the_trial(case: Case, precision: Precision, data: st.DataObject) -> None:
    program, one = case.program(precision), replace(case, trials=case.trials.part(0, 1))
    lengths = dict(zip((p.name for p in program.phases), bind(program, one.trials, one.constants).lengths, strict=True))
    steps = sum(lengths.values())
    cuts = data.draw(st.lists(st.integers(1, steps - 1), unique=True, max_size=6).map(sorted)) if steps > 1 else []
    with REFERENCE.compile(program) as session:
        start = session.read() | case.learned_for(program)
        session.write(start)
        whole = left(session, [session.run(one.trials, constants=one.constants, learn=one.learn)])
        session.write(start)
        parts = [run_piece(session, one, piece, goes_on=k > 0) for k, piece in enumerate(pieces(lengths, cuts))]
        assert_left(left(session, parts), whole)


@given(random_cases(), st.sampled_from([Grid(), Float64(), Float32()]))
@few
def test_what_a_run_leaves_can_be_written(case: Case, precision: Precision) -> None:
    program = case.program(precision)
    with REFERENCE.compile(program) as session:
        session.write(case.learned_for(program))
        for goes_on in (False, True):
            session.run(case.trials.part(0, 1), constants=case.constants, learn=case.learn, keep_state=goes_on)
            state = session.read_state()
            session.write_state(state)
            for name, values in session.read_state().items():
                np.testing.assert_array_equal(values, state[name], err_msg=name)
