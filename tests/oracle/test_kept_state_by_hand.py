"""What a run leaves and goes on from, against a loop that is written out: spikes under way, a delay, a phase's end."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import NeuronModel, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim.program.trial.pieces import pieces

UNIT = NeuronModel(
    "Unit", state={"v": 0.25}, params={"theta": 1.0}, update={"v": "v/2 + drive"}, spike="v >= theta", reset={"v": "0"},
    output="spike",
)  # fmt: skip
COUNT = LearningRule("count", "end:run", {"w": "w + arrived"})
STEPS = 12
STIMULUS = np.array([1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1], dtype=float)


def program():
    network = Network(
        [Population("input", 1, SpikeInput), Population("first", 1, UNIT), Population("second", 1, UNIT)],
        [
            Projection("feed", "input", "first"),
            Projection("direct", "first", "second", learning=[COUNT]),
            Projection("late", "first", "second", delay=3),
        ],
    )
    schedule = Schedule(
        [Phase("run", STEPS, assign={"second.v": "v + 8"})], [Probe("second.v", "step")], {"input.x": "steps"}
    )
    return lower(network, schedule)


def loop(steps: int) -> tuple[list[float], dict[str, float], float]:
    """The membrane of the second unit after each step; what is left after the last; the weight that counts."""
    v1 = v2 = 0.25
    spike1 = spike2 = 0.0
    past, seen, weight = [0.0, 0.0], [], 0.5
    for k in range(steps):
        arrived = spike1
        v2 = v2 / 2 + (weight * arrived + 0.375 * past[-1])
        v1 = v1 / 2 + STIMULUS[k]
        past = [spike1, past[0]]
        spike1, spike2 = float(v1 >= 1), float(v2 >= 1)
        v1, v2 = (0.0 if spike1 else v1), (0.0 if spike2 else v2)
        weight += arrived * (k == STEPS - 1)
        seen.append(v2)
    v2 += 8 * (steps == STEPS)
    left = {"first.v": v1, "first.spike": spike1, "second.v": v2, "second.spike": spike2}
    return seen, left, weight


@pytest.mark.parametrize("at", range(1, STEPS))
def test_a_run_goes_on_as_the_loop_does(at: int) -> None:
    seen, end, weight = loop(STEPS)
    trials = Trials({"input.x": STIMULUS.reshape(1, STEPS, 1)})
    with ReferenceBackend().compile(program()) as session:
        session.write({"feed.w": [[1.0]], "direct.w": [[0.5]], "late.w": [[0.375]]})
        found: list[float] = []
        for k, piece in enumerate(pieces({"run": STEPS}, [at])):
            records = session.run(piece.of(trials), constants=piece.constants, keep_state=k > 0, ends=piece.ends)
            found += records["second.v@step"].ravel().tolist()
            _, left, learned = loop(piece.stop)
            assert {n: a.item() for n, a in session.read_state().items() if n in left} == left
            assert session.read()["direct.w"].item() == learned
    assert found == seen
    assert weight > 0.5
    assert end["second.v"] >= 8
