"""A Lava network that is kept alive between runs, and whose steps end even if its processes die. In the worker only."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from neurosim_lava import compat

compat.install()

from lava.magma.compiler.compiler_graphs import find_processes  # noqa: E402
from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.core.run_configs import Loihi2SimCfg  # noqa: E402

from neurosim.errors import BackendError  # noqa: E402
from neurosim.program.source.recorder import STATE  # noqa: E402
from neurosim_lava import part  # noqa: E402
from neurosim_lava.block import Address, AnyArray, Block  # noqa: E402
from neurosim_lava.built import Built  # noqa: E402
from neurosim_lava.fused import process as fused  # noqa: E402
from neurosim_lava.mapped import processes as mapped  # noqa: E402

BUILDERS: Mapping[str, Callable[[Mapping[str, Any], Block, Mapping[str, AnyArray]], Built]] = {
    "fused": fused.build,
    "mapped": mapped.build,
}
"""By the kind of a graph: what makes its processes on a block, given the arrays that lie there."""


class LavaNetwork:
    """Lava processes with their runtimes, on one block of memory that they share with the session.

    Lava gives one runtime to what is connected; a network of several pieces has as many runtimes.
    """

    def __init__(self) -> None:
        self._address: Address | None = None
        self._graph: Mapping[str, Any] = {}
        self._block: Block | None = None
        self._built: Built | None = None
        self._leaders: list[Any] = []

    def start(self, graph: Mapping[str, Any], address: Address) -> float:
        """Compile and start a graph on a block, unless it is there already; the seconds it took.

        Processes inherit the block when they start, so with another one these have to start again.
        """
        if self._built is not None and (graph, address) == (self._graph, self._address):
            return 0.0
        start = time.perf_counter()
        self.stop()
        self._block = block = Block.at(address)
        built = BUILDERS[graph["kind"]](graph, block, block.arrays(block.read()["layout"]))
        config = Loihi2SimCfg(select_tag="floating_pt", exception_proc_model_map=built.models)
        self._leaders = _one_of_each_piece(list(built.models))
        for leader in self._leaders:
            leader.create_runtime(run_cfg=config)
        self._graph, self._address, self._built = graph, address, built
        return time.perf_counter() - start

    def advance(self, steps: int) -> None:
        """Some Lava steps.

        Raises
        ------
        BackendError
            If a process of the network fails or dies. The network is then of no more use, nor can it be stopped.
        """
        arrived = threading.Event()
        for leader in self._leaders:
            for port in leader.runtime.service_to_runtime:
                port.observer = arrived.set
            leader.run(condition=RunSteps(num_steps=steps, blocking=False))
        while not all(port.probe() for leader in self._leaders for port in leader.runtime.service_to_runtime):
            if not arrived.wait(0.1):
                self._look_for_dead()
            arrived.clear()
        for leader in self._leaders:
            try:
                leader.wait()
            except RuntimeError as error:
                raise BackendError(f"Lava's runtime failed: {_raised(leader.runtime) or error}") from error

    def reset(self, goes_on: bool) -> None:
        """Set the variables of Lava's own processes to what they are when a trial starts, or goes on."""
        state = self._state() if goes_on else None
        for own in self._built.own if self._built else ():
            own.start(state)

    def finish(self, steps: int) -> None:
        """Make the last steps of a trial, one or more, and have Lava's own processes leave their state in the block."""
        own = self._built.own if self._built else ()
        if steps > 1:
            self.advance(steps - 1)
        for process in own:
            process.look()
        self.advance(1)
        for process in own:
            process.leave(self._state())

    def _state(self) -> dict[str, AnyArray]:
        assert self._block is not None
        return part.of_kind(STATE, self._block.arrays(self._block.read()["layout"]))

    def stop(self) -> None:
        """End the network's processes."""
        for leader in self._leaders:
            leader.stop()
        self._leaders, self._built, self._block = [], None, None

    def _look_for_dead(self) -> None:
        for leader in self._leaders:
            for actor in leader.runtime._messaging_infrastructure.actors:
                if actor.exitcode is not None:
                    said = self._block.failure() if self._block else ""
                    raise BackendError(said or _fate(actor.exitcode, _raised(leader.runtime)))


def _one_of_each_piece(processes: list[Any]) -> list[Any]:
    """One process of each connected piece."""
    chosen: list[Any] = []
    seen: set[Any] = set()
    for process in processes:
        if process not in seen:
            chosen.append(process)
            seen.update(find_processes(process))
    return chosen


def _fate(code: int, said: str) -> str:
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    return f"a process of the Lava network {how}: {said or 'it said nothing'}"


def _raised(runtime: Any) -> str:
    """Exceptions that Lava's processes have reported."""
    errors = [actor.exception for actor in runtime._messaging_infrastructure.actors]
    return ", ".join(f"{type(e[0]).__name__}: {e[0]}" for e in errors if e)
