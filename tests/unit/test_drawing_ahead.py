"""A phase is drawn while the one before it runs: one phase ahead, to the same result, and no thread outlives a run."""

from __future__ import annotations

import threading
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from neurosim.backend.contract import Session
from neurosim.backend.reference import ReferenceBackend, ReferenceSession
from neurosim.errors import NeurosimError
from neurosim.program.program import Program
from neurosim.results.checkpoint import Checkpoint
from neurosim.results.result import Result, Stage, StageKind
from neurosim.scenario import engine, schema
from neurosim.scenario.engine import Drawn, Phase, drawn_ahead
from neurosim.scenario.methods import sleep_replay
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


def threads() -> list[str]:
    """The threads that draw."""
    return [t.name for t in threading.enumerate() if t.name.startswith("drawing")]


def test_the_next_phase_alone_is_drawn_while_one_runs(task: Task) -> None:
    planned = Planned(task, 4)
    with closing(drawn_ahead(planned.phases)) as ahead:
        for number, _ in enumerate(ahead):
            assert all(e.wait(SOON) for e in planned.drawn[: number + 2])
            assert not any(e.is_set() for e in planned.drawn[number + 2 :])


def test_phases_come_in_their_order_and_each_runs_its_own(task: Task) -> None:
    assert [run().stage.task for _, run in drawn_ahead(Planned(task, 5).phases)] == [0, 1, 2, 3, 4]


def test_of_no_phases_none_comes() -> None:
    assert list(drawn_ahead([])) == []


def test_what_goes_wrong_as_a_phase_is_drawn_is_raised_when_it_is_due(task: Task) -> None:
    ahead = drawn_ahead(Planned(task, 4, failing=2).phases)
    assert [run().stage.task for _, run in islice(ahead, 2)] == [0, 1]
    with pytest.raises(NeurosimError, match="no room"):
        next(ahead)
    assert threads() == []


@pytest.mark.parametrize("error", [NeurosimError, KeyboardInterrupt])
def test_no_thread_outlives_a_run_that_ends_early(small: Prepared, error: type[BaseException]) -> None:
    class Failing(ReferenceSession):
        def run(self, *_: Any, **__: Any) -> Any:
            raise error("enough")

    def open_session(program: Program) -> Session:
        return Failing(program, ReferenceBackend(), "numpy")

    with pytest.raises(error, match="enough"):
        engine.run_prepared(small, open_session)
    assert threads() == []


def test_a_sleep_that_cannot_be_drawn_ends_the_run_after_the_training_before_it(
    small: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Store:
        kept: list[str] = []  # noqa: RUF012

        def restored(self) -> tuple[list[Checkpoint], dict[str, Any]]:
            return [], {}

        def keep(self, checkpoint: Checkpoint, _: Any) -> None:
            self.kept.append(checkpoint.stage.kind)

    def failing(*_: object) -> None:
        raise NeurosimError("no spikes today")

    monkeypatch.setattr(sleep_replay, "spikes", failing)
    with pytest.raises(NeurosimError, match="no spikes today"):
        engine.run_prepared(small, ReferenceBackend().compile, checkpoints=Store())
    assert Store.kept == ["trained"]


def test_it_does_not_matter_when_a_phase_is_drawn(small: Prepared) -> None:
    result: Result = engine.run_prepared(small, ReferenceBackend().compile, 3)
    run_state = small.begin(3)
    run_state.sessions = {mode: ReferenceBackend().compile(p) for mode, p in small.programs.items()}
    all_drawn = [draw() for _, draw in engine.phases(run_state, small.method, small.part)]
    kept = [drawn() for drawn in all_drawn]
    assert [c.accuracies for c in kept if c.accuracies] == [tuple(row) for row in result.accuracy_matrix]
    for stage, other in zip((c.stage for c in kept if c.is_stage_of_result), result.stages, strict=True):
        assert {n: a.tobytes() for n, a in stage.learned.items()} == {n: a.tobytes() for n, a in other.learned.items()}
