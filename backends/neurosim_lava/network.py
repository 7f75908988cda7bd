"""A Lava network that is kept alive between runs, and whose steps end even if its processes die. In the worker only."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

from neurosim_lava import compat

compat.install()

from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.core.run_configs import Loihi2SimCfg  # noqa: E402

from neurosim.errors import BackendError  # noqa: E402
from neurosim_lava.block import Block  # noqa: E402
from neurosim_lava.fused.process import FusedProgram  # noqa: E402

FIRST_CAPACITY = 1 << 20


class Network:
    """One Lava process with its runtime and its block of shared memory, started by the first step."""

    def __init__(self) -> None:
        self.block = Block(FIRST_CAPACITY)
        self._process: Any = None

    def reserve(self, capacity: int) -> None:
        """Make the block large enough. Processes inherit it when they start, so these have to start again."""
        if capacity > self.block.capacity:
            self.stop()
            self.block = self.block.enlarged(max(capacity, 2 * self.block.capacity))

    def start(self) -> float:
        """Compile and start where that is still to do; the seconds it took."""
        if self._process is not None:
            return 0.0
        start = time.perf_counter()
        self._process = FusedProgram(self.block)
        self._process.create_runtime(run_cfg=Loihi2SimCfg(select_tag="floating_pt"))
        return time.perf_counter() - start

    def step(self) -> None:
        """One Lava step.

        Raises
        ------
        BackendError
            If a process of the network fails or dies. The network is then of no more use, nor can it be stopped.
        """
        runtime = self._process.runtime
        arrived = threading.Event()
        for port in runtime.service_to_runtime:
            port.observer = arrived.set
        self._process.run(condition=RunSteps(num_steps=1, blocking=False))
        while not all(port.probe() for port in runtime.service_to_runtime):
            if not arrived.wait(0.1):
                _look_for_dead(runtime)
            arrived.clear()
        try:
            self._process.wait()
        except RuntimeError as error:
            raise BackendError(f"Lava's runtime failed: {_raised(runtime) or error}") from error

    def stop(self) -> None:
        """End the network's processes; the block stays."""
        if self._process is not None:
            self._process.stop()
            self._process = None


def _look_for_dead(runtime: Any) -> None:
    codes = [actor.exitcode for actor in runtime._messaging_infrastructure.actors]
    for code in codes:
        if code is not None:
            how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
            raise BackendError(f"a process of the Lava network {how}: {_raised(runtime) or 'it said nothing'}")


def _raised(runtime: Any) -> str:
    """Exceptions that Lava's processes have reported."""
    found = [actor.exception for actor in runtime._messaging_infrastructure.actors]
    return ", ".join(f"{type(e[0]).__name__}: {e[0]}" for e in found if e)
