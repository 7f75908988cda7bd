"""Where the time of runs went, and what fits a device."""

from __future__ import annotations

import math

import pytest

from neurosim.backend.contract import Capabilities, refuse_unsupported
from neurosim.backend.sessions.equipment import Limits
from neurosim.backend.sessions.timing import Timing
from neurosim.errors import UnsupportedFeature
from neurosim.program.features import Feature
from neurosim.testing.targets import case_named

SIMULATED = Timing(build=1.0, transfer=0.5, simulate=2.0, wall=4.0, steps=100)
CALLED = Timing(0.0, 0.0, 1.0, 3.0, 50, 0.1, 0.5, 0.2, 0.3, 64, 32, (0.1, 0.2, 0.3), 2)


def test_a_simulator_need_say_nothing_of_devices() -> None:
    assert (SIMULATED.calls, SIMULATED.overruns, SIMULATED.bytes_up, SIMULATED.execute) == (0, 0, 0, 0.0)
    assert math.isnan(SIMULATED.latency(0.5))


def test_timings_of_runs_add_up_and_their_calls_follow_each_other() -> None:
    joined = Timing.joined([CALLED, SIMULATED, CALLED])
    assert (joined.wall, joined.steps, joined.upload, joined.bytes_down) == (10.0, 200, 0.2, 64)
    assert joined.latencies == (0.1, 0.2, 0.3, 0.1, 0.2, 0.3)
    assert (joined.calls, joined.overruns) == (6, 4)


def test_quantiles_are_those_of_the_calls() -> None:
    assert (CALLED.latency(0.0), CALLED.latency(0.5), CALLED.latency(1.0)) == (0.1, 0.2, 0.3)


def test_speed_is_by_the_clock_of_the_device_where_there_is_one() -> None:
    assert CALLED.steps_per_second == 100.0
    assert SIMULATED.steps_per_second == 50.0
    assert CALLED.real_time_factor(0.001) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("limits", "what"), [(Limits(neurons=36), "37 neurons"), (Limits(synapses=339), "340 synapses")]
)
def test_a_program_that_does_not_fit_is_refused(limits: Limits, what: str) -> None:
    program = case_named("ep_one_sided", 0.1).program()

    def check(limits: Limits) -> None:
        refuse_unsupported(program, Capabilities(("x",), {"x": frozenset(Feature)}, limits=limits), "board", "x")

    with pytest.raises(UnsupportedFeature, match=f"backend board:x cannot run {what} .at most"):
        check(limits)
    check(Limits(37, 340))
