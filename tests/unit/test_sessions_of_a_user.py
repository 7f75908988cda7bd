"""What a user's own part of a run does: a function that hears of progress raises, a session is closed."""

from __future__ import annotations

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.registry import load, opener
from neurosim.errors import InputError
from neurosim.program.program import Program

BACKENDS = ["reference", "loopback", "brian2:numpy", "nengo:native", "nengo:fused", "lava:fused"]


class OwnError(Exception):
    """Known to the user alone."""


def stop(done: int, total: int) -> None:
    raise OwnError(f"at {done} of {total}")


def program() -> Program:
    network = ns.Network([ns.Population("input", 2, ns.SpikeInput), ns.Population("cells", 3, ns.LIF)], [
        ns.Projection("feed", "input", "cells", learning=[ns.SleepPlasticity]),
    ])  # fmt: skip
    return ns.lower(network, ns.Schedule([ns.Phase("run", 5)], [ns.Probe("cells.spike", "step")], {"input.x": "steps"}))


TRIALS = ns.Trials({"input.x": np.ones((2, 5, 2))})


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_a_function_of_progress_raises_is_raised_as_it_is(backend: str) -> None:
    found, mode = load(backend)
    with opener(found, mode)(program()) as session:
        session.write({"feed.w": np.ones((2, 3))})
        with pytest.raises(OwnError, match=r"at \d of 2"):
            session.run(TRIALS, progress=stop)
        np.testing.assert_array_equal(session.read()["feed.w"], np.ones((2, 3)))
        assert session.run(TRIALS)["cells.spike@step"].count > 0  # type: ignore[union-attr]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_closed_session_runs_no_more(backend: str) -> None:
    found, mode = load(backend)
    session = opener(found, mode)(program())
    session.run(TRIALS)
    session.close()
    with pytest.raises(InputError, match=rf"backend {found.name}:{mode}: the session is closed; open another one"):
        session.run(TRIALS)
