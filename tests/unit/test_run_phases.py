"""What a listener is told that a run is doing: one of a few phases, each of which has a share of the progress."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.scenario import engine, schema
from neurosim.scenario.listeners import progress_listener
from neurosim.scenario.listeners.events import Listener, RunPhase
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.streams import Task

DIGITS = Path(__file__).parents[1] / "digits_sleep.toml"


class Listening(ProgressListener):
    """Keeps what a progress bar would show."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[float, str]] = []

    def tell(self, share: float, stage: str) -> None:
        self.shown.append((share, stage))


class Phases(Listener):
    """Keeps the phases of a run, each once for a task."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def before_task(self, task: Task) -> None:
        self.heard.append(task.index)

    def progress(self, phase: RunPhase, done: int, total: int) -> None:
        assert isinstance(phase, RunPhase)
        if phase is not self.heard[-1]:
            self.heard.append(phase)


def test_the_texts_are_those_that_a_terminal_shows() -> None:
    assert list(RunPhase) == ["train", "record", "sleep", "test"]


@pytest.mark.parametrize("phase", RunPhase)
def test_a_phase_is_its_text_wherever_it_is_shown(phase: RunPhase) -> None:
    assert str(phase) == f"{phase}" == json.loads(json.dumps(phase)) == phase.value


@pytest.mark.parametrize(
    ("phase", "share"), [(RunPhase.TRAIN, 0.3), (RunPhase.RECORD, 0.0), (RunPhase.SLEEP, 0.75), (RunPhase.TEST, 0.95)]
)
def test_half_of_a_phase_is_a_share_of_its_task(phase: RunPhase, share: float) -> None:
    listener = Listening()
    listener.progress(phase, 1, 2)
    assert listener.shown == [(pytest.approx(share), f"task 1, {phase.value}")]


def test_every_phase_has_a_share() -> None:
    assert set(progress_listener.BEFORE) == set(progress_listener.OF_TASK) == set(RunPhase)


@pytest.mark.parametrize("setting", ["", 'scales = "data"'])
def test_a_run_tells_what_it_is_doing(setting: str) -> None:
    text = DIGITS.read_text().replace("size = 256", "size = 4").replace("test = 360", "test = 20")
    text = text.replace("validation = 287", "train = 20").replace("steps = 747", f"steps = 9\n{setting}")
    phases = Phases()
    engine.run(schema.parse(text), ReferenceBackend().compile, listener=phases)
    assert phases.heard == [h for task in range(5) for h in (task, RunPhase.TRAIN, RunPhase.SLEEP, RunPhase.TEST)]
