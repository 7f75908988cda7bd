"""How fast trials learn in batches: over trials that learn one by one, and over PyTorch in float64 by hand.

What neurosim runs is on the grid. Both have one thread, and seconds of processor time are compared, trial for trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import speed
from speed import Row, Run
from works import Work, ep_training, on_grid

BATCH = 64
TRAINED = (("784-256-10", 8 * BATCH), ("784-1200-1200-10", 2 * BATCH))
"""Shapes, and trials of a round."""
ALONE = {"784-256-10": 256, "784-1200-1200-10": 16}
"""Trials that learn one by one: as many as take about as long."""
BACKENDS = ("reference:numpy", "nengo:fused", "brian2:standalone")
"""Of Lava, the processor time would be that of a process which goes on after a run."""
BY_HAND = "pytorch by hand"


def measure(runs: int, backends: Iterable[str] = BACKENDS) -> Iterator[Row]:
    """Each backend over itself without batches, and over PyTorch, where it is installed."""
    for shape, trials in TRAINED:
        together = ep_training(shape, trials, batch=BATCH)
        apart = on_grid(ep_training(shape, ALONE[shape]))
        for name in backends:
            yield from _over_alone(name, on_grid(together), apart, runs)
        yield from _over_hand("reference:numpy", together, runs)


def _over_alone(name: str, together: Work, apart: Work, runs: int) -> list[Row]:
    with ExitStack() as stack:
        sides = {n: speed.on(name, work, stack) for n, work in (("together", together), ("alone", apart))}
        found: dict[str, Run] = {n: run for n, run in sides.items() if run is not None}
        if len(found) < len(sides):
            return []
        times = _a_trial(speed.in_turn(found, runs, _not_compared, speed.processor), {"alone": apart.count})
    times = {name: [t / together.count for t in times["together"]], "alone": times["alone"]}
    return speed.rows(together, times, "one-by-one", {name: "alone"})


def _over_hand(name: str, together: Work, runs: int) -> list[Row]:
    """On the grid over float64; that both learn the same is checked in float64."""
    by_hand = _by_hand(together)
    if by_hand is None:
        return []
    with ExitStack() as stack:
        exact = speed.on(name, together, stack)
        rounded = speed.on(name, on_grid(together), stack)
        assert exact is not None
        assert rounded is not None
        speed.in_turn({name: exact, BY_HAND: by_hand}, 0, speed.agreement(together))
        times = speed.in_turn({name: rounded, BY_HAND: by_hand}, runs, _not_compared, speed.processor)
    times = _a_trial(times, dict.fromkeys(times, together.count))
    return speed.rows(together, times, "pytorch", {name: BY_HAND})


def _by_hand(work: Work) -> Callable[[], Any] | None:
    try:
        import torch
        from hand_written import torch_batches
    except ImportError:
        print("left out: PyTorch is not installed")
        return None
    torch.set_num_threads(1)
    assert work.by_hand is not None
    return work.by_hand(torch_batches, batch=BATCH)


def _a_trial(times: dict[str, list[float]], counts: dict[str, int]) -> dict[str, list[float]]:
    return {name: [t / counts.get(name, 1) for t in found] for name, found in times.items()}


def _not_compared(name: str, found: object, expected: object) -> None:
    """Others have other trials, or other numbers."""
