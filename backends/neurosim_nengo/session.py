"""A program compiled for Nengo."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from neurosim.backend.contract import Backend, Progress
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import Synapses, synapses_of
from neurosim_nengo.fused import fused
from neurosim_nengo.network import native
from neurosim_nengo.operators import NotFinite
from neurosim_nengo.roundings import without_idle_roundings
from neurosim_nengo.simulation import Simulation

BUILDERS: dict[str, Callable[[Run, Mapping[str, Synapses]], Simulation]] = {"native": native, "fused": fused}
KEPT = 4
"""How many built simulators a session keeps: training, inference and a little more."""

Key = tuple[object, ...]


class NengoSession(HostSession):
    """A simulator for each set of constants, built at the first run with them and used again."""

    keeps_state = True

    def __init__(self, program: Program, backend: Backend, mode: str):
        self._idle: dict[Key, Simulation] = {}
        super().__init__(program, backend, mode)
        self._synapses = synapses_of(self.program)

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Run all trials in a simulator that is built for these constants, or was before."""
        recorder = Recorder(run)
        if not run.steps * run.count:
            return Outcome(learned, recorder.probes(), 0.0, operations=0, state=recorder.state)
        begin = time.perf_counter()
        simulation = self._take(run)
        built = time.perf_counter()
        weights = self.delivered_weights(run) if simulation.delivered else {}
        simulation.start(run, learned, weights)
        started = time.perf_counter()
        try:
            simulation.simulate(run, recorder, progress)
        except BaseException as error:
            simulation.close()  # It stopped within a trial.
            if not isinstance(error, NotFinite):
                raise
            return Outcome(learned, {}, time.perf_counter() - started, built - begin, started - built, finite=False)
        simulation.end(run, recorder.arrays)
        seconds = time.perf_counter() - started
        self._keep(run, simulation)
        learned, probes, operations = simulation.result(), recorder.probes(), recorder.operations
        timing = seconds, built - begin, started - built
        return Outcome(learned, probes, *timing, operations=operations, state=recorder.state)

    def _take(self, run: Run) -> Simulation:
        """Taken out until its run is over, for one that stopped within a trial is never used again."""
        return self._idle.pop(_key(run), None) or BUILDERS[self.mode](without_idle_roundings(run), self._synapses)

    def _keep(self, run: Run, simulation: Simulation) -> None:
        self._idle[_key(run)] = simulation
        if len(self._idle) > KEPT:
            self._idle.pop(next(iter(self._idle))).close()

    def close(self) -> None:
        """Close the simulators that are kept."""
        super().close()
        while self._idle:
            self._idle.popitem()[1].close()

    def __del__(self) -> None:
        """Nengo warns of simulators that nobody closed."""
        self.close()


def _key(run: Run) -> Key:
    return run.text_key
