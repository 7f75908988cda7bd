"""Mode `lava:mapped`, many processes, over a graph of as many that is written by hand: one epoch of few samples."""

from __future__ import annotations

from importlib import import_module

import speed
from speed import Row
from works import ep_training

from neurosim.errors import BackendUnavailable

SHAPE, SAMPLES = "64-100-10", 60
MODE, GRAPH = "lava:mapped", "hand-written"


def measure(runs: int) -> list[Row]:
    """The one row; none where Lava is not installed."""
    work = ep_training(SHAPE, SAMPLES)
    assert work.by_hand is not None
    try:
        session = speed.opened(MODE, work)
    except BackendUnavailable as error:
        print(f"left out: {error}")
        return []
    with session:
        graph = work.by_hand(import_module("hand_graph"))
        sides = {MODE: lambda: speed.once(session, work), GRAPH: graph}
        times = speed.in_turn(sides, runs, speed.agreement(work))
    return speed.rows(work, times, "hand-written", {MODE: GRAPH})


if __name__ == "__main__":
    for row in measure(7):
        print(row)
