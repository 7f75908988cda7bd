"""A call of a device that never returns: on a worker it is ended by that one's deadline, and repeated."""

from __future__ import annotations

import numpy as np

from neurosim.backend.reference import ReferenceBackend
from neurosim.device.host_learning import Patience
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import Silicon
from neurosim.program.precision import Grid
from neurosim.testing.cases.small import CASES

DEADLINE = 1.5


def test_a_call_that_never_returns_is_ended_and_repeated_to_the_same_bits(mischief, opened) -> None:
    case, lab = CASES["ep_one_sided"](1.0), opened()
    chip = MockBackend("chip", "lab", Silicon(), 0, {"lab": lab}, loop="trial", patience=Patience(retries=1))
    program, trials = case.program(Grid()), case.trials.part(0, 6)
    with chip.compile(program) as session, ReferenceBackend().compile(program) as reference:
        for s in (session, reference):
            s.write(case.learned_for(program))
        lab.deadline = DEADLINE
        mischief("hang")
        records = session.run(trials)
        reference.run(trials)
        for name, values in reference.read().items():
            np.testing.assert_array_equal(session.read()[name], values)
    [incident] = records.incidents
    assert "call 1 of chip" in incident
    assert "gave no answer within 1.5 s" in incident
