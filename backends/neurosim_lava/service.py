"""What the worker runs: the Lava networks of the sessions, one for each."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from neurosim_lava import heap
from neurosim_lava.block import Address
from neurosim_lava.network import LavaNetwork


class LavaService:
    """It starts networks and makes them go. What they compute lies in memory that the session shares with them."""

    def __init__(self) -> None:
        heap.keep()
        self._networks: dict[int, LavaNetwork] = {}

    def ready(self) -> dict[str, Any]:
        """An answer, once Lava is imported; the first takes a second."""
        return {}

    def run(
        self,
        session: int,
        address: Address,
        graph: dict[str, Any],
        spans: Iterable[Iterable[int]],
        goes_on: bool,
        leaves: bool,
    ) -> dict[str, Any]:
        """Make Lava steps on the block of that address; seconds of starting and simulating.

        Between the numbers of a span Lava's own processes are set to the start of a trial, or to the state in the block
        if the trial goes on from it. They leave theirs there where it is wanted.
        """
        network = self._networks.setdefault(session, LavaNetwork())
        build = network.start(graph, address)
        start = time.perf_counter()
        for first, *others in spans:
            network.advance(first)
            for steps in others:
                network.reset(goes_on)
                network.finish(steps) if leaves else network.advance(steps)
        return {"build": build, "simulate": time.perf_counter() - start}

    def end(self, session: int) -> dict[str, Any]:
        """Stop a session's network."""
        network = self._networks.pop(session, None)
        if network is not None:
            network.stop()
        return {}
