"""What a chip costs: training on a simulator over the same training on a mock of a chip on that simulator.

The figures are those of ``scenarios/loop_mild.toml``: ``chip`` is programmed once, ``chip-programmed`` anew in every 50
trials, and ``chip-host`` learns on the host, which is called for each trial.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

import speed
from speed import Row
from works import ep_training

import neurosim as ns
from neurosim.errors import BackendUnavailable

FIGURES: dict[str, Any] = {
    "gain": 0.2,
    "offset": 0.05,
    "weight_bits": 6,
    "write_noise": 0.03,
    "dead_synapses": 0.02,
}
CHIPS: dict[str, dict[str, Any]] = {"chip": {}, "chip-programmed": {"reprogram": 50}}
HOST: dict[str, Any] = {"reprogram": 50, "loop": "trial"}


def measure(backend: str, samples: int, runs: int) -> list[Row]:
    """Rows of the chips; none where the simulator is not installed."""
    work, few = ep_training("64-100-10", samples), ep_training("64-100-10", samples // 10)
    try:
        return [
            *_over_plain(backend, work, CHIPS, runs),
            *_over_plain(backend, few, {"chip-host": HOST}, runs),
        ]
    except BackendUnavailable as error:
        print(f"left out: {error}")
        return []


def _over_plain(backend: str, work: Any, chips: dict[str, dict[str, Any]], runs: int) -> list[Row]:
    with ExitStack() as stack:
        sides = {backend: stack.enter_context(speed.opened(backend, work))}
        for name, how in chips.items():
            chip = ns.device.mock(backend, seed=1000, **FIGURES, **how)
            sides[name] = stack.enter_context(chip.compile(work.program))
        does = {name: partial(speed.once, session, work) for name, session in sides.items()}
        times = speed.in_turn(does, runs, lambda *_: None)
    rows = speed.rows(work, times, "simulator", dict.fromkeys(chips, backend))
    simulator, _, mode = backend.partition(":")
    on = {"backend": simulator, "mode": mode, "against": None, "ratio": None}
    return [row | on | {"work": f"{work.name} {row['backend']}", "times_as_long": 1 / row["ratio"]} for row in rows]


if __name__ == "__main__":
    for row in measure("brian2:standalone", 800, 9):
        print(f"{row['work']}: {row['times_as_long']:.2f} times as long, {row['median_s'] * 1e3:.0f} ms")
