"""The part of a session that is alike for every backend that keeps learned arrays on the host between runs.

`HostSession` checks what comes in, times what happens, looks for values that are not finite, and packs the records. A
backend writes one method, `simulate`, which gives an `Outcome`.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurosim.backend.contract import Backend, Progress, Records, Timing, refuse_unsupported
from neurosim.backend.delivered_weights import DeliveredWeights
from neurosim.backend.row_order import RowOrder
from neurosim.backend.sessions.kept_state import StatefulSession
from neurosim.edges.foreign_errors import border, heard
from neurosim.errors import BackendError, NumericalError
from neurosim.program.memory.footprint import check_program
from neurosim.program.precision import check_exactness
from neurosim.program.precision.batch_sums import check_batch
from neurosim.program.program import Program
from neurosim.program.run import Run, bind, check_learned
from neurosim.program.schedule import Array, Events, Recording, Trials
from neurosim.program.source.blocks import first_non_finite_of_batches
from neurosim.program.source.listing import first_non_finite
from neurosim.program.trial.state import start_state


@dataclass(frozen=True)
class Outcome:
    """What `HostSession.simulate` gives back.

    Attributes
    ----------
    learned : dict of str to ndarray
        All learned arrays after the run, float64, of the shapes of `Program.shapes`.
    probes : dict of str to ndarray or Events
        As in `Records`.
    simulate_seconds, build_seconds, transfer_seconds : float
        Seconds of simulating, of making what is executed, and of moving data.
    finite : bool
        False if some state was not finite at a trial's end; the arrays are then not looked at.
    operations : int, optional
        The effective synaptic operations (`neurosim.program.source.operations`); None where the backend cannot count
        them.
    state : dict of str to ndarray, optional
        After a run of one trial, if the session keeps states: the state that it leaves, as `start_state` has it. The
        session may keep these arrays.
    """

    learned: dict[str, Array]
    probes: dict[str, Recording]
    simulate_seconds: float
    build_seconds: float = 0.0
    transfer_seconds: float = 0.0
    finite: bool = True
    operations: int | None = None
    state: dict[str, Array] | None = None


class HostSession(StatefulSession):
    """A session whose learned arrays live on the host between runs.

    Parameters
    ----------
    program : Program
        What it runs.
    backend, mode : Backend, str
        The backend that made it, and one of its modes.

    Attributes
    ----------
    keeps_state : bool
        Whether `simulate` goes on from `Run.state`, heeds `Run.ends`, and gives the state after a run of one trial.
        Without it runs that are to go on are refused.
    capabilities, versions : Capabilities, dict of str to str
        What the backend said when the session was made; it is asked once a session.
    compile_seconds : float
        Set by a subclass that compiles in its constructor; counted once, in the first run.
    program : Program
        What it runs, with the synapses of sparse matrices by source, then by target.
    learned : dict of str to ndarray
        The learned arrays as of the last write or run, float64, of the shapes of `Program.shapes` and in the order of
        that program's synapses; only `write` and `run` change them. `read` has them as they were given.
    state : dict of str to ndarray, optional
        The state that the last run left, or `write_state` gave; None after a run of several trials.

    Raises
    ------
    UnsupportedFeature
        If the mode cannot run the program.
    InputError
        If it fits no memory.
    BackendUnavailable
        If the backend cannot tell its versions, as something is missing.
    """

    def __init__(self, program: Program, backend: Backend, mode: str):
        self.capabilities = backend.capabilities()
        refuse_unsupported(program, self.capabilities, backend.name, mode)
        check_program(program)
        self._row_order = RowOrder(program)
        self.program, self.backend, self.mode = self._row_order.program, backend, mode
        self.versions = backend.versions()
        self.compile_seconds = 0.0
        initial = program.initial()
        self.learned = {n: np.full(shape, initial[n]) for n, shape in program.shapes().items()}
        self._delivered = DeliveredWeights()
        self.state = start_state(self.program)

    @abstractmethod
    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Run all trials.

        Parameters
        ----------
        run : Run
            Trials, constants and what it goes on from, checked; not to be written to. `delivered_weights` has the
            weights that it starts with.
        learned : dict of str to ndarray
            Copies of the learned arrays to start from, which may be changed in place.
        progress : callable, optional
            To be told how many trials are done, and of how many.

        Returns
        -------
        Outcome
            Learned arrays, recordings, seconds, and the state.

        Raises
        ------
        Exception
            Of any kind, if the simulator fails; it becomes a `BackendError`.
        """

    def delivered_weights(self, run: Run) -> Mapping[str, Array]:
        """W_eff = f(learned variables, constants) of each matrix at the start of a run.

        They are computed once as long as neither learned arrays nor constants of matrices change.

        Parameters
        ----------
        run : Run
            Its constants are those of the matrices.

        Returns
        -------
        mapping of str to ndarray
            By name of the matrix, of shape (pre, post), or (synapses,) for a sparse one; not to be written to.
        """
        return self._delivered.of(run, self.learned)

    def write(self, learned: Mapping[str, Array]) -> None:
        """Set learned arrays; those not named keep their values.

        Parameters
        ----------
        learned : mapping of str to ndarray
            By name, of the shapes of `Program.shapes`; they are copied.

        Raises
        ------
        InputError
            For an unknown name, a wrong shape, a value that is not finite or not on the program's grid.
        """
        self.learned.update(self._row_order.stored(check_learned(self.program, learned)))
        self._delivered = DeliveredWeights()

    def read(self) -> dict[str, Array]:
        """The learned arrays.

        Returns
        -------
        dict of str to ndarray
            Copies of all of them, by name; float64, of the shapes of `Program.shapes`.
        """
        return self._row_order.given(self.learned)

    def run(
        self,
        trials: Trials,
        *,
        constants: Mapping[str, float] | None = None,
        learn: bool = True,
        progress: Progress | None = None,
        keep_state: bool = False,
        ends: bool = True,
    ) -> Records:
        """Run trials; learned arrays persist to the next run, all else starts anew with each trial or goes on.

        Parameters
        ----------
        trials : Trials
            Their number, and a stimulus for each that the program has.
        constants : mapping of str to float, optional
            Values other than the program's own.
        learn : bool
            Whether rules fire.
        progress : callable, optional
            Is told how many trials are done, and of how many.
        keep_state : bool
            Whether the trial goes on from the state that the last run left.
        ends : bool
            Whether the last phase ends with the run; else another run with `keep_state` can go on within it.

        Returns
        -------
        Records
            What the probes recorded, of shape (trials, units) or (trials, steps, units); seconds and counts.

        Raises
        ------
        InputError
            If trials or constants do not fit the program, and after `close`.
        NumericalError
            If a state or weight becomes infinite or NaN; learned arrays and state then stay as before the run.
        ExactnessLost
            Under grid arithmetic, if a sum could be inexact.
        BackendError
            If the simulator fails.
        UnsupportedFeature
            For `keep_state` or an end left open, if the mode keeps no state.
        """
        start = time.perf_counter()
        state = self._start_of(keep_state, ends)
        return self._run_bound(bind(self.program, trials, constants, learn, state=state, ends=ends), progress, start)

    def _run_bound(self, run: Run, progress: Progress | None, start: float) -> Records:
        """Run what was bound; `start` is when that began."""
        self._check_exactness(run, self._delivered, self.learned)
        check_batch(run)
        with np.errstate(all="ignore"):  # what is not finite is an error of its own, with its place
            learned = {n: a.copy() for n, a in self.learned.items()}
            with heard(progress) as told, border(f"backend {self.backend.name}:{self.mode} failed", BackendError):
                outcome = self.simulate(run, learned, told)
        if not outcome.finite or not all(np.isfinite(a).all() for a in outcome.learned.values()):
            locate(run, self.learned)
        self._keep_learned(run, outcome.learned)
        self.state = outcome.state if run.count else self.state
        compiled, self.compile_seconds = self.compile_seconds, 0.0
        wall = time.perf_counter() - start + compiled
        timing = Timing(
            build=outcome.build_seconds + compiled,
            transfer=outcome.transfer_seconds,
            simulate=outcome.simulate_seconds,
            wall=wall,
            steps=run.steps * run.count,
        )
        counts = _counts(run, outcome)
        kind, name = self.capabilities.kind, self.backend.name
        return Records(outcome.probes, timing, counts, kind, name, self.mode, self.versions)

    def _keep_learned(self, run: Run, learned: dict[str, Array]) -> None:
        """Keep what a run has learned; where no rule fired, that is what was there, and delivers the same."""
        if (run.learn and self.program.rules) or run.writes:
            delivered = DeliveredWeights()
            self._check_exactness(run, delivered, learned)
            self._delivered = delivered
        self.learned = learned

    def _check_exactness(self, run: Run, delivered: DeliveredWeights, learned: Mapping[str, Array]) -> None:
        if self.program.grid is not None:
            check_exactness(self.program, delivered.of(run, learned), run.input_bounds())


def locate(run: Run, learned: Mapping[str, Array]) -> None:
    """Repeat a run that went wrong in the reference, looking at every step.

    Raises
    ------
    NumericalError
        Naming the population or projection, variable, trial and step.
    """
    place = (first_non_finite_of_batches if run.learns_in_batches else first_non_finite)(run, learned)
    if place is None:
        raise NumericalError("the run", "a state or weight", run.count - 1, max(run.steps - 1, 0), float("nan"))
    raise NumericalError(*place)


def _counts(run: Run, outcome: Outcome) -> dict[str, int]:
    synapses = sum(run.program.synapses(run.program.matrix(e.matrix)) for e in run.program.edges)
    spikes = sum(p.count for p in outcome.probes.values() if isinstance(p, Events))
    counts = {"spikes": spikes, "synaptic_operations": synapses * run.steps * run.count}
    return counts if outcome.operations is None else {**counts, "effective_synaptic_operations": outcome.operations}
