"""The scenario engine: tasks to trials to a backend's session, in the same order on every backend.

A run is a list of phases: of each task train its samples, sleep if the scenario does, test all tasks. The learned
arrays of the whole network are kept by the run; a session is given those it knows, runs, and gives them back. What a
phase draws follows from the seed and the task alone, so a run goes on after any phase from the learned arrays and the
method's state, and the next phase is drawn while one runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np

from neurosim.backend.contract import Session
from neurosim.backend.processes.meanwhile import Meanwhile
from neurosim.edges import deprecated
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.results.checkpoint import Checkpoint, Origin, Unfinished
from neurosim.results.costs import counts, memory
from neurosim.results.result import Result, StageKind
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.checkpoint_store import CheckpointStore
from neurosim.scenario.listeners.events import Listener, RunPhase
from neurosim.scenario.methods import long_sleep, pretraining, sleep_replay, threshold_scaling
from neurosim.scenario.methods.base import Method
from neurosim.scenario.methods.gradient import load_trainer, trains_by_gradients
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import Scenario, SleepTable
from neurosim.scenario.streams import SampleRefs, Task

OpenSession = Callable[[Program], Session]
"""How the engine gets a session for a program: ``backend.compile``, or what compares several."""

Drawn = Callable[[], Checkpoint]
"""A phase whose trials are drawn: it runs them."""

Phase = tuple[Task, Callable[[], Drawn]]
"""A task, and what is done with it, train, sleep, or test: first its trials are drawn, then they run."""


def run(
    scenario: Scenario,
    open_session: OpenSession,
    seed: int = 0,
    *,
    part: str = "test",
    listener: Listener | None = None,
    data: Dataset | None = None,
) -> Result:
    """Run a scenario on one backend.

    Parameters
    ----------
    open_session
        Gives a session for a program; called once for each mode.
    seed
        The seed of the streams ``weights``, ``order``, ``gate``, ``rehearsal`` and ``sleep``.
    part
        The part of the data to test on: "test", or "validation" while settings are chosen.
    data
        The data of the scenario; by default they are loaded.

    Raises
    ------
    NeurosimError
        If the scenario or the backend refuses something.
    """
    prepared = prepare(scenario, data or scenario.data.build(), part)
    return run_prepared(prepared, open_session, seed, listener=listener)


def run_prepared(
    prepared: Prepared,
    open_session: OpenSession,
    seed: int = 0,
    *,
    listener: Listener | None = None,
    checkpoints: CheckpointStore | None = None,
) -> Result:
    """Run what is built and checked; several seeds and backends share one preparation.

    Parameters
    ----------
    checkpoints
        Keeps each phase that ends. It has those that ended in an earlier process, which are not run again. Without a
        store nothing is kept.

    Raises
    ------
    NeurosimError
        If the backend refuses something, or the store cannot keep a phase.
    """
    start = time.perf_counter()
    run_state = prepared.begin(seed, listener)
    planned = phases(run_state, prepared.method, prepared.part)
    done = _through(run_state, planned, open_session, checkpoints, start)
    origin = done[-1].origin
    assert origin is not None, "the last phase tests"
    accuracy_matrix = np.array([c.accuracies for c in done if c.accuracies])
    return Result(
        scenario=prepared.name,
        seed=run_state.seed,
        backend=origin.backend,
        mode=origin.mode,
        kind=origin.kind,
        versions=origin.versions,
        part=prepared.part,
        classes=tuple(t.classes for t in prepared.tasks),
        accuracy_matrix=accuracy_matrix,
        samples=prepared.samples,
        stages=tuple(c.stage for c in done if c.is_stage_of_result),
        seconds=done[-1].elapsed,
        counts=counts.by_kind(c.stage for c in done),
        peak_memory=memory.peak(),
        device=tuple(c.stage.device for c in done if c.stage.device is not None),
        further_metrics=prepared.further_metrics(accuracy_matrix),
    )


def phases(run_state: RunState, method: Method, part: str) -> list[Phase]:
    """The phases of a run in their order: train, sleep where the scenario does, and test, for each task."""
    planned: list[Phase] = []
    for task in run_state.tasks:
        planned.append((task, partial(_train, run_state, method, task)))
        if run_state.scenario.sleep is not None:
            planned.append((task, partial(_sleep, run_state, method, run_state.scenario.sleep, task)))
        planned.append((task, partial(_test, run_state, method, task, part)))
    return planned


def _through(
    run_state: RunState,
    planned: list[Phase],
    open_session: OpenSession,
    checkpoints: CheckpointStore | None,
    start: float,
) -> list[Checkpoint]:
    """Run the phases that the store does not have yet, and return what all of them left behind."""
    long_sleep.seconds_of_a_piece()  # whether it is a number is known before anything is compiled
    done = _restored(run_state, checkpoints) if checkpoints is not None else []
    before = _elapsed(done, checkpoints)
    remaining = planned[len(done) :]
    if remaining and trains_by_gradients(run_state.scenario):
        load_trainer()  # whether it is there is known before anything is compiled
    run_state.listener.before_scenario(run_state.tasks)
    with Meanwhile(run_state.simulating) as meanwhile, ExitStack() as stack:
        ahead = drawn_ahead(remaining, meanwhile)
        keep = _Keeping(checkpoints, meanwhile, lambda: before + time.perf_counter() - start)
        run_state.sleeps = None if checkpoints is None else keep
        for mode, program in run_state.programs.items() if remaining else ():
            run_state.sessions[mode] = stack.enter_context(open_session(program))
        at = -1
        for task, drawn in ahead:
            if task.index != at:
                at = task.index
                run_state.listener.before_task(task)
            checkpoint = replace(drawn(), elapsed=keep.elapsed())
            keep(checkpoint, run_state.kept)
            done.append(checkpoint)
            _tell(run_state.listener, task, checkpoint)
        keep.wait()
    return done


def _elapsed(done: Sequence[Checkpoint], checkpoints: CheckpointStore | None) -> float:
    """Return the seconds that earlier processes took."""
    sleep = checkpoints.unfinished() if checkpoints is not None else None
    return sleep.elapsed if sleep is not None else done[-1].elapsed if done else 0.0


def drawn_ahead(planned: Sequence[Phase], meanwhile: Meanwhile) -> Iterator[tuple[Task, Drawn]]:
    """Each phase with its trials drawn: of the first from now on, of each other one while the phase before it runs.

    What goes wrong as a phase is drawn is raised when it is due, so the phases before it are kept.
    """
    begun = (meanwhile.begin(draw) for _, draw in planned)
    coming = list(islice(begun, 1))

    def due(task: Task) -> tuple[Task, Drawn]:
        drawn = meanwhile.end(coming.pop())
        coming.extend(islice(begun, 1))
        return task, drawn

    return (due(task) for task, _ in planned)


class _Keeping:
    """Keeps phases meanwhile, one at a time; one that could not be kept ends the run at the end of the next.

    A kill loses at most the phase whose end is being written, which is then run again.
    """

    def __init__(self, checkpoints: CheckpointStore | None, meanwhile: Meanwhile, elapsed: Callable[[], float]):
        self._checkpoints, self._meanwhile, self.elapsed = checkpoints, meanwhile, elapsed
        self._begun: list[Future[None]] = []

    def __call__(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
        self.wait()
        if self._checkpoints is None:  # of a run in memory
            return
        copied = {name: array.copy() for name, array in state.items()}  # the next phase may write into it
        self._begun.append(self._meanwhile.begin(self._checkpoints.keep, checkpoint, copied))

    def unfinished(self) -> Unfinished | None:
        """What an earlier process kept of the sleep that comes next."""
        return None if self._checkpoints is None else self._checkpoints.unfinished()

    def keep_unfinished(self, sleep: Unfinished) -> None:
        """Keep the steps of a sleep so far, while the next ones run."""
        self.wait()
        if self._checkpoints is not None:
            kept = replace(sleep, elapsed=self.elapsed())
            self._begun.append(self._meanwhile.begin(self._checkpoints.keep_unfinished, kept))

    def wait(self) -> None:
        """Until all are kept."""
        while self._begun:
            self._meanwhile.end(self._begun.pop())


def _restored(run_state: RunState, checkpoints: CheckpointStore) -> list[Checkpoint]:
    """The phases that are done; the run is then as the last of them left it.

    Raises
    ------
    InputError
        If the arrays that are kept have other names or shapes than those of the network.
    """
    done, state = checkpoints.restored()
    if done:
        run_state.restore(done[-1].stage.learned)
        run_state.kept = state
    return list(done)


def _tell(listener: Listener, task: Task, checkpoint: Checkpoint) -> None:
    if checkpoint.is_stage_of_result:
        listener.after_stage(checkpoint.stage)
    if checkpoint.accuracies:
        listener.after_task(task, list(checkpoint.accuracies))


def _train(run_state: RunState, method: Method, task: Task) -> Drawn:
    if task.index == 0 and run_state.scenario.pretraining is not None:
        table = run_state.scenario.pretraining
        return lambda: Checkpoint(pretraining.first_task(run_state, task, table))
    learn = method.training(run_state, task)
    return lambda: Checkpoint(learn())


def _sleep(run_state: RunState, method: Method, table: SleepTable, task: Task) -> Drawn:
    trials = sleep_replay.trials(run_state, task, table)

    def drawn() -> Checkpoint:
        scaled = threshold_scaling.thresholds(run_state, task, method) if table.scales == "data" else {}
        return Checkpoint(sleep_replay.sleep(run_state, task, trials, scaled))

    return drawn


def _test(run_state: RunState, method: Method, task: Task, part: str) -> Drawn:
    """Accuracy on each task, and the spikes of the tests."""
    shown = SampleRefs.joined([t.shows(t.part(part)) for t in run_state.tasks])
    trials, constants = method.trials(run_state, shown)

    def drawn() -> Checkpoint:
        records, ledger = run_state.run("wake", trials, constants, False, RunPhase.TEST, task)
        right = method.scores(records).argmax(axis=1) == run_state.labels(shown)
        ends = np.cumsum([len(t.part(part)) for t in run_state.tasks])
        accuracies = tuple(float(r.mean()) for r in np.split(right, ends[:-1]))
        origin = Origin(records.backend, records.mode, records.kind, records.versions)
        return Checkpoint(run_state.stage(task, StageKind.TESTED, records, ledger, trials.count), accuracies, origin)

    return drawn


__getattr__ = deprecated.replaced_in(__name__)
