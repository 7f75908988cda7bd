"""A sleep that was interrupted is gone on with from its last kept piece, and ends as if it had not been."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_run import contents

from neurosim.backend.reference import ReferenceSession
from neurosim.backend.sessions import pieces
from neurosim.errors import InputError
from neurosim.results import store
from neurosim.results.store import RunDirectory
from neurosim.scenario.methods import long_sleep

FIRST, SECOND = 9, 12
"""Steps of the two sleeps of the small scenario."""

SHORT = "1e-9"
"""Seconds of a piece, so that each is one step, and is kept."""


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(long_sleep.SECONDS_VARIABLE, SHORT)


@pytest.fixture
def in_sleep(neurosim, scenario: Path) -> Callable[[int], Path]:
    """The directory of a run that was interrupted (Ctrl-C) when so many pieces of its sleeps had been kept."""

    def run(pieces: int) -> Path:
        kept, left = RunDirectory.keep_unfinished, [pieces]

        def keep(self: RunDirectory, *sleep: object) -> None:
            kept(self, *sleep)
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RunDirectory, "keep_unfinished", keep)
            patch.setenv(long_sleep.SECONDS_VARIABLE, SHORT)
            done = neurosim("run", scenario, "--out", "runs")
        assert done.code == 130
        return next(Path("runs").iterdir())

    return run


def steps_of_sleeps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of each run of a sleeping session from now on."""
    steps, simulate = [], ReferenceSession.simulate

    def noted(self, run, *others):
        if self.program.mode == "sleep":
            steps.append(run.steps)
        return simulate(self, run, *others)

    monkeypatch.setattr(ReferenceSession, "simulate", noted)
    return steps


def test_a_sleep_in_pieces_leaves_the_bytes_of_a_whole_one(
    neurosim, whole, scenario, short_pieces, monkeypatch
) -> None:
    steps = steps_of_sleeps(monkeypatch)
    assert neurosim("run", scenario).code == 0
    assert steps == [1] * (FIRST + SECOND)
    assert contents(next(Path("runs").iterdir())) == whole


@pytest.mark.parametrize("pieces", [1, FIRST - 1, FIRST + 2])
def test_a_run_resumed_within_a_sleep_leaves_the_same_bytes(
    neurosim, whole, in_sleep, monkeypatch, pieces: int
) -> None:
    run = in_sleep(pieces)
    assert (run / "unfinished.h5").exists()
    steps = steps_of_sleeps(monkeypatch)
    done = neurosim("resume", run)
    assert (done.code, done.err) == (0, "")
    rest = [FIRST - pieces, SECOND] if pieces < FIRST else [SECOND - (pieces - (FIRST - 1))]
    assert steps == rest, "no step is run again"
    assert contents(run) == whole


def test_a_run_may_be_interrupted_in_a_sleep_again_and_again(
    neurosim, whole, in_sleep, short_pieces, monkeypatch
) -> None:
    run = in_sleep(2)
    for _ in range(3):
        kept = RunDirectory.keep_unfinished

        def keep(self: RunDirectory, *sleep: object, kept=kept) -> None:
            kept(self, *sleep)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(RunDirectory, "keep_unfinished", keep)
            assert neurosim("resume", run).code == 130
    assert neurosim("resume", run).code == 0
    assert contents(run) == whole


@pytest.mark.parametrize("length", [0, 300, -1])
def test_a_torn_piece_is_found_and_the_sleep_run_anew(neurosim, whole, in_sleep, monkeypatch, length: int) -> None:
    run = in_sleep(3)
    path = run / "unfinished.h5"
    path.write_bytes(path.read_bytes()[:length])
    steps = steps_of_sleeps(monkeypatch)
    done = neurosim("resume", run)
    assert done.code == 0
    assert "damaged: unfinished.h5: its checksum is not that of its contents" in done.err
    assert steps == [FIRST, SECOND]
    assert contents(run) == whole


def test_a_piece_of_an_earlier_sleep_is_left_alone(neurosim, whole, in_sleep, interrupted, monkeypatch) -> None:
    content = (in_sleep(3) / "unfinished.h5").read_bytes()
    for old in Path("runs").iterdir():
        old.rename("earlier")
    run = interrupted(4)  # the second task is trained
    (run / "unfinished.h5").write_bytes(content)
    steps = steps_of_sleeps(monkeypatch)
    assert neurosim("resume", run).code == 0
    assert steps == [SECOND]
    assert contents(run) == whole


def test_seconds_add_up_within_a_sleep(neurosim, in_sleep) -> None:
    run = in_sleep(FIRST - 1)
    before = RunDirectory.open(run)
    with before:
        kept = before.unfinished()
    assert kept is not None
    assert neurosim("resume", run).code == 0
    assert store.read(run).seconds > kept.elapsed > kept.seconds > 0
    slept = next(s for s in store.read(run).stages if s.kind == "slept")
    assert slept.seconds > kept.seconds


def test_a_backend_that_keeps_no_state_sleeps_at_once(neurosim, whole, scenario, short_pieces, monkeypatch) -> None:
    monkeypatch.setattr(ReferenceSession, "keeps_state", False)
    steps = steps_of_sleeps(monkeypatch)
    assert neurosim("run", scenario).code == 0
    assert steps == [FIRST, SECOND]
    assert contents(next(Path("runs").iterdir())) == whole


def test_a_sleep_of_little_more_than_a_piece_is_not_cut(neurosim, scenario, monkeypatch) -> None:
    monkeypatch.setattr(pieces, "first_length", lambda *_: 8)
    steps = steps_of_sleeps(monkeypatch)
    assert neurosim("run", scenario).code == 0
    assert steps == [FIRST, SECOND]


def test_a_piece_that_took_no_time_is_not_kept(neurosim, whole, scenario, monkeypatch) -> None:
    monkeypatch.setattr(pieces, "first_length", lambda *_: 2)
    monkeypatch.setattr(RunDirectory, "keep_unfinished", lambda *_: pytest.fail("kept"))
    steps = steps_of_sleeps(monkeypatch)
    assert neurosim("run", scenario).code == 0
    assert steps == [2, 7, 2, 10], "the second is four times as long, and takes the rest with it"
    assert contents(next(Path("runs").iterdir())) == whole


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan"])
def test_seconds_that_are_none_are_refused_before_anything_runs(neurosim, scenario, monkeypatch, text: str) -> None:
    monkeypatch.setenv(long_sleep.SECONDS_VARIABLE, text)
    with pytest.raises(InputError, match="NEUROSIM_CHECKPOINT_SECONDS is"):
        long_sleep.seconds_of_a_piece()
    steps = steps_of_sleeps(monkeypatch)
    done = neurosim("run", scenario)
    assert done.code == 2
    assert f"environment variable {long_sleep.SECONDS_VARIABLE} is '{text}'" in done.err
    assert steps == []


def test_progress_is_told_within_a_sleep(neurosim, scenario, short_pieces, monkeypatch) -> None:
    from neurosim.scenario.run_state import RunState

    told: list[tuple[int, int]] = []
    tell = RunState.tell

    def noted(self, phase, done, total):
        if phase == "sleep":
            told.append((done, total))
        tell(self, phase, done, total)

    monkeypatch.setattr(RunState, "tell", noted)
    assert neurosim("run", scenario, "--json").code == 0
    for steps in (FIRST, SECOND):
        done = [d for d, total in told if total == steps]
        assert done == sorted(done)
        assert set(done) >= set(range(1, steps + 1))
