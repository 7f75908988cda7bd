"""What the worker runs: the Lava networks of the sessions, one for each."""

from __future__ import annotations

import time
from typing import Any

from neurosim.errors import BackendError
from neurosim_lava.block import AnyArray, Layout, size
from neurosim_lava.network import Network


class Service:
    """It knows arrays by name only; their meaning is known to the session and to the Lava process."""

    def __init__(self) -> None:
        self._networks: dict[int, Network] = {}

    def ready(self) -> dict[str, Any]:
        """An answer, once Lava is imported; the first takes a second."""
        return {}

    def step(
        self, session: int, note: dict[str, Any], layout: Layout, arrays: dict[str, AnyArray], wanted: list[str]
    ) -> dict[str, Any]:
        """Write arrays, make one Lava step, and give back those wanted; also seconds of starting and simulating."""
        network = self._networks.setdefault(session, Network())
        network.reserve(size(layout))
        build = network.start()
        shared = network.block.arrays(layout)
        for name, values in arrays.items():
            shared[name][...] = values
        network.block.write({**note, "layout": layout})
        start = time.perf_counter()
        network.step()
        simulate = time.perf_counter() - start
        reply = network.block.read()
        if "error" in reply:
            raise BackendError(f"the program failed in its Lava process with {reply['error']}")
        used = reply["used"]
        results = {name: shared[name][: used[name]] if name in used else shared[name] for name in wanted}
        return {"failed": reply["failed"], "arrays": results, "build": build, "simulate": simulate}

    def end(self, session: int) -> dict[str, Any]:
        """Stop a session's network."""
        network = self._networks.pop(session, None)
        if network is not None:
            network.stop()
        return {}
