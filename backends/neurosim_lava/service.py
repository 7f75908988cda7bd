"""What the worker runs: the Lava networks of the sessions, one for each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from neurosim_lava.block import AnyArray, Layout, size
from neurosim_lava.network import Network


class Service:
    """It knows arrays by name only; their meaning is known to the session and to the Lava processes."""

    def __init__(self) -> None:
        self._networks: dict[int, Network] = {}

    def ready(self) -> dict[str, Any]:
        """An answer, once Lava is imported; the first takes a second."""
        return {}

    def run(
        self,
        session: int,
        graph: dict[str, Any],
        spans: Iterable[Iterable[int]],
        note: dict[str, Any],
        layout: Layout,
        arrays: dict[str, AnyArray],
        wanted: list[str],
    ) -> dict[str, Any]:
        """Write arrays, make Lava steps, and give back those wanted; also seconds of starting and simulating.

        Between the numbers of a span Lava's own processes are set to the start of a trial.
        """
        network = self._networks.setdefault(session, Network())
        network.reserve(size(layout))
        shared = network.block.arrays(layout)
        for name, values in arrays.items():
            shared[name][...] = values
        build = network.start(graph, shared)
        network.block.write({**note, "layout": layout})
        start = time.perf_counter()
        for first, *others in spans:
            network.advance(first)
            for steps in others:
                network.reset()
                network.advance(steps)
        simulate = time.perf_counter() - start
        return {"arrays": {n: _used(shared, n) for n in wanted}, "build": build, "simulate": simulate}

    def end(self, session: int) -> dict[str, Any]:
        """Stop a session's network."""
        network = self._networks.pop(session, None)
        if network is not None:
            network.stop()
        return {}


def _used(arrays: Mapping[str, AnyArray], name: str) -> AnyArray:
    """An array, without the room for spikes that did not come."""
    kind, _, of = name.partition("/")
    return arrays[name][: arrays[f"offsets/{of}"][-1]] if kind == "indices" else arrays[name]
