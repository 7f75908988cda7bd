"""What a thread does while a phase runs: it keeps the one before and draws the next, to the same result as in turn."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.backend.contract import Session
from neurosim.backend.processes import meanwhile
from neurosim.backend.processes.meanwhile import Meanwhile
from neurosim.backend.reference import ReferenceBackend, ReferenceSession
from neurosim.errors import InputError, NeurosimError
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.results.checkpoint import Checkpoint, Unfinished
from neurosim.results.result import Result, Stage, StageKind
from neurosim.scenario import engine, schema
from neurosim.scenario.engine import Drawn, Phase, drawn_ahead
from neurosim.scenario.methods import equilibrium, sleep_replay
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.streams import Task

DIGITS_SLEEP = Path(__file__).parents[1] / "digits_sleep.toml"
SMALLER = {
    "size = 256": "size = 4", "test = 360": "test = 60\ntrain = 60", "validation = 287": "validation = 0",
    "increment = 2": "increment = 5", "free_steps = 20": "free_steps = 4", "nudged_steps = 8": "nudged_steps = 2",
    "steps = 747": "steps = 30",
}  # fmt: skip
SOON = 10.0
"""Seconds within which a thread does what takes it none."""


@pytest.fixture(scope="module")
def small() -> Prepared:
    """Two tasks of five digits each, with sleep."""
    text = DIGITS_SLEEP.read_text(encoding="utf-8")
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    scenario = schema.parse(text)
    return prepare(scenario, scenario.data.build())


def threads() -> list[str]:
    """The threads that work meanwhile."""
    return [t.name for t in threading.enumerate() if t.name.startswith("meanwhile")]


# when work begins


@pytest.fixture
def never_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work waits for the session alone."""
    monkeypatch.setattr(meanwhile, "LATEST", None)


def test_work_begins_when_a_session_simulates(never_late: None) -> None:
    simulating, done = threading.Event(), threading.Event()
    with Meanwhile(simulating) as thread:
        simulating.clear()  # as at the end of a run
        thread.begin(done.set)
        assert not done.wait(0.05)
        simulating.set()
        assert done.wait(SOON)


def test_work_begins_without_a_session_that_tells_of_its_progress() -> None:
    simulating, done = threading.Event(), threading.Event()
    with Meanwhile(simulating) as thread:
        simulating.clear()
        thread.begin(done.set)
        assert done.wait(SOON)


def test_work_is_done_at_once_where_it_is_waited_for(never_late: None) -> None:
    simulating = threading.Event()
    with Meanwhile(simulating) as thread:
        assert thread.end(thread.begin(lambda: 1)) == 1
        assert not simulating.is_set()
        assert thread.end(thread.begin(lambda x: x, 2)) == 2


def test_what_work_raises_is_raised_where_it_is_waited_for() -> None:
    with Meanwhile(threading.Event()) as thread:
        begun = thread.begin(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            thread.end(begun)


def test_at_the_end_all_work_is_done_in_its_order_and_no_thread_is_left(never_late: None) -> None:
    done: list[int] = []
    simulating = threading.Event()
    with Meanwhile(simulating) as thread:
        simulating.clear()
        for number in range(3):
            thread.begin(done.append, number)
    assert done == [0, 1, 2]
    assert threads() == []


def test_a_run_tells_that_it_simulates_from_its_first_progress_to_its_end(small: Prepared) -> None:
    run_state, told = small.begin(), []
    run_state.listener.progress = lambda *_: told.append(run_state.simulating.is_set())  # type: ignore[method-assign]
    run_state.sessions = {mode: ReferenceBackend().compile(p) for mode, p in small.programs.items()}
    engine.phases(run_state, small.method, small.part)[0][1]()()
    assert told
    assert all(told)
    assert not run_state.simulating.is_set()


# drawing


class Planned:
    """Phases that say when they are drawn, and give stages of their numbers; one of them may fail to be drawn."""

    def __init__(self, task: Task, count: int, failing: int | None = None):
        self.drawn = [threading.Event() for _ in range(count)]
        self.phases: list[Phase] = [(task, partial(self._draw, number, number == failing)) for number in range(count)]

    def _draw(self, number: int, fails: bool) -> Drawn:
        self.drawn[number].set()
        if fails:
            raise NeurosimError("no room")
        return lambda: Checkpoint(Stage(number, StageKind.TRAINED, {}, {}, (), 0, 0, 0.0))


@pytest.fixture
def task(small: Prepared) -> Task:
    return small.tasks[0]


def test_the_next_phase_alone_is_drawn_while_one_runs(task: Task) -> None:
    planned = Planned(task, 4)
    with Meanwhile(threading.Event()) as thread:
        ahead = drawn_ahead(planned.phases, thread)
        assert planned.drawn[0].wait(SOON)
        for number, _ in enumerate(ahead):
            assert all(e.wait(SOON) for e in planned.drawn[: number + 2])
            assert not any(e.is_set() for e in planned.drawn[number + 2 :])


@pytest.mark.parametrize("count", [0, 1, 5])
def test_phases_come_in_their_order_and_each_runs_its_own(task: Task, count: int) -> None:
    with Meanwhile(threading.Event()) as thread:
        ahead = drawn_ahead(Planned(task, count).phases, thread)
        assert [drawn().stage.task for _, drawn in ahead] == list(range(count))


def test_what_goes_wrong_as_a_phase_is_drawn_is_raised_when_it_is_due(task: Task) -> None:
    with Meanwhile(threading.Event()) as thread:
        ahead = drawn_ahead(Planned(task, 4, failing=2).phases, thread)
        assert [drawn().stage.task for _, drawn in islice(ahead, 2)] == [0, 1]
        with pytest.raises(NeurosimError, match="no room"):
            next(ahead)


def test_it_does_not_matter_when_a_phase_is_drawn(small: Prepared) -> None:
    result: Result = engine.run_prepared(small, ReferenceBackend().compile, 3)
    run_state = small.begin(3)
    run_state.sessions = {mode: ReferenceBackend().compile(p) for mode, p in small.programs.items()}
    all_drawn = [draw() for _, draw in engine.phases(run_state, small.method, small.part)]
    ended = [drawn() for drawn in all_drawn]
    assert [c.accuracies for c in ended if c.accuracies] == [tuple(row) for row in result.accuracy_matrix]
    for stage, other in zip((c.stage for c in ended if c.is_stage_of_result), result.stages, strict=True):
        assert {n: a.tobytes() for n, a in stage.learned.items()} == {n: a.tobytes() for n, a in other.learned.items()}


# keeping


class Store:
    """A store that notes which phases it keeps, as `kind of phase`."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def restored(self) -> tuple[Sequence[Checkpoint], Mapping[str, Array]]:
        return (), {}

    def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
        self.kept.append(str(checkpoint.stage.kind))

    def unfinished(self) -> Unfinished | None:
        return None

    def keep_unfinished(self, sleep: Unfinished) -> None:
        self.kept.append("unfinished")


ALL = ["trained", "slept", "tested"] * 2


def test_all_phases_are_kept_in_their_order(small: Prepared) -> None:
    store = Store()
    engine.run_prepared(small, ReferenceBackend().compile, checkpoints=store)
    assert store.kept == ALL


def test_the_run_goes_on_while_a_phase_is_being_kept(small: Prepared) -> None:
    went_on = threading.Event()

    class Slow(Store):
        def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
            if not self.kept:
                assert went_on.wait(SOON), "the run waited"
            super().keep(checkpoint, state)

    class Sleeping(ReferenceSession):
        def run(self, *trials: Any, **options: Any) -> Any:
            if self.program.mode == "sleep":
                went_on.set()
            return super().run(*trials, **options)

    def open_session(program: Program) -> Session:
        return Sleeping(program, ReferenceBackend(), "numpy")

    store = Slow()
    engine.run_prepared(small, open_session, checkpoints=store)
    assert store.kept == ALL


@pytest.mark.parametrize("failing", [0, len(ALL) - 1])
def test_a_phase_that_cannot_be_kept_ends_the_run(small: Prepared, failing: int) -> None:
    class Full(Store):
        def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
            if len(self.kept) == failing:
                raise InputError("the disk is full")
            super().keep(checkpoint, state)

    store = Full()
    with pytest.raises(InputError, match="the disk is full"):
        engine.run_prepared(small, ReferenceBackend().compile, checkpoints=store)
    assert store.kept == ALL[:failing]


def test_the_state_that_is_kept_is_that_of_its_phase(small: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next phase may write into it before it is kept."""
    learn = equilibrium.Equilibrium.training

    def training(self: Any, run_state: Any, task: Task) -> Any:
        learns = learn(self, run_state, task)

        def counted() -> Stage:
            if task.index:
                run_state.kept["tasks"] += 1
            else:
                run_state.kept = {"tasks": np.zeros(1)}
            return learns()

        return counted

    class Counting(Store):
        def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
            assert state["tasks"] == checkpoint.stage.task
            super().keep(checkpoint, state)

    monkeypatch.setattr(equilibrium.Equilibrium, "training", training)
    store = Counting()
    engine.run_prepared(small, ReferenceBackend().compile, checkpoints=store)
    assert store.kept == ALL


def test_a_sleep_that_cannot_be_drawn_ends_the_run_with_the_training_before_it_kept(
    small: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise NeurosimError("no spikes today")

    monkeypatch.setattr(sleep_replay, "spikes", failing)
    store = Store()
    with pytest.raises(NeurosimError, match="no spikes today"):
        engine.run_prepared(small, ReferenceBackend().compile, checkpoints=store)
    assert store.kept == ["trained"]


@pytest.mark.parametrize("error", [NeurosimError, KeyboardInterrupt])
def test_a_run_that_ends_early_has_kept_what_had_ended_and_leaves_no_thread(
    small: Prepared, error: type[BaseException]
) -> None:
    class Sleepless(ReferenceSession):
        def run(self, *trials: Any, **options: Any) -> Any:
            if self.program.mode == "sleep":
                raise error("enough")
            return super().run(*trials, **options)

    def open_session(program: Program) -> Session:
        return Sleepless(program, ReferenceBackend(), "numpy")

    store = Store()
    with pytest.raises(error, match="enough"):
        engine.run_prepared(small, open_session, checkpoints=store)
    assert store.kept == ["trained"]
    assert threads() == []
