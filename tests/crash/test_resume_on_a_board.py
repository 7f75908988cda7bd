"""A run on a board whose retries are used up, or whose disk is full, can be gone on with, to the same bytes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_run import contents

from neurosim.device.board.board import Board
from neurosim.results.store import RunDirectory

SCENARIO = Path(__file__).parents[2] / "scenarios" / "loop_firmware.toml"
SMALLER = {
    "test = 360": "test = 20", "validation = 287": "train = 20", "size = 100": "size = 6",
    "free_steps = 20": "free_steps = 4", "nudged_steps = 8": "nudged_steps = 2",
}  # fmt: skip
DEVICES = "[devices.firmware]"
RUN = ("--backend", "firmware", "--out")


def scenario_text() -> str:
    text = SCENARIO.read_text().partition(DEVICES)[0]
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    return f'{text}{DEVICES}\nlink = "process"\n'


@pytest.fixture
def on_board(tmp_path: Path) -> Path:
    path = tmp_path / "on_board.toml"
    path.write_text(scenario_text())
    return path


@pytest.fixture
def expected(neurosim, on_board: Path) -> dict[str, bytes]:
    done = neurosim("run", on_board, *RUN, "whole")
    assert (done.code, done.err) == (0, "")
    return contents(next(Path("whole").iterdir()))


def figures(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files that do not depend on the text of the scenario."""
    return {name: content for name, content in files.items() if name in ("arrays.h5", "metrics.jsonl")}


@contextmanager
def after_phases(count: int, failure: Callable[[Board], None]) -> Iterator[None]:
    """Something that happens at every run of a board, as soon as so many phases were kept."""
    keep, run, kept = RunDirectory.keep, Board.run, list[object]()

    def keeping(self: RunDirectory, *what: object) -> None:
        keep(self, *what)
        kept.append(what)

    def running(self: Board, *what: object) -> object:
        if len(kept) >= count:
            failure(self)
        return run(self, *what)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunDirectory, "keep", keeping)
        patch.setattr(Board, "run", running)
        yield


def unplug(board: Board) -> None:
    board.calls.line.signal(signal.SIGKILL)


@pytest.mark.parametrize("count", [1, 2])
def test_a_run_whose_board_is_gone_for_good_is_gone_on_with_to_the_same_bytes(
    neurosim, on_board: Path, expected: dict[str, bytes], count: int, new_children: Callable[[], list]
) -> None:
    with after_phases(count, unplug):
        done = neurosim("run", on_board, *RUN, "runs")
    assert done.code == 2
    assert "error: device firmware (process) has hung up: killed by SIGKILL" in done.err
    assert new_children() == []
    run = next(Path("runs").iterdir())
    assert neurosim("resume", run, "--backend", "firmware").code == 0
    assert contents(run) == expected


@pytest.mark.parametrize("backend", ["firmware", "mock"])
def test_a_board_that_a_directory_describes_is_opened_where_it_is_named_again(
    neurosim, on_board: Path, backend: str
) -> None:
    on_board.write_text(f'{on_board.read_text()}[devices.mock]\non = "firmware"\nloop = "trial"\n')
    with after_phases(1, unplug):
        done = neurosim("run", on_board, "--backend", backend, "--out", "runs")
    run = next(Path("runs").iterdir())
    assert f"neurosim resume {run} --backend {backend}" in done.err
    before = contents(run)
    refused = neurosim("resume", run)
    assert refused.code == 2
    assert "starts `link = process`; if it may, name it" in refused.err
    assert contents(run) == before
    assert neurosim("resume", run, "--backend", backend).code == 0


def test_a_run_on_a_full_disk_is_gone_on_with_to_the_same_bytes(
    neurosim, on_board: Path, expected: dict[str, bytes], new_children: Callable[[], list]
) -> None:
    keep, kept = RunDirectory.keep, list[object]()

    def keeping(self: RunDirectory, *what: object) -> None:
        if kept:
            raise OSError(28, "No space left on device")
        kept.append(what)
        keep(self, *what)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunDirectory, "keep", keeping)
        done = neurosim("run", on_board, *RUN, "runs")
    assert (done.code, "No space left on device" in done.err) == (2, True)
    assert new_children() == []
    run = next(Path("runs").iterdir())
    assert neurosim("resume", run, "--backend", "firmware").code == 0
    assert contents(run) == expected


def test_faults_of_a_file_change_no_byte_and_are_told(neurosim, on_board: Path, expected: dict[str, bytes]) -> None:
    faults = [f'{{ call = {call}, what = "{what}" }}' for call, what in ((20, "power-cycle"), (40, "corrupt"))]
    on_board.write_text(f"{on_board.read_text()}faults = [{', '.join(faults)}]\n")
    done = neurosim("run", on_board, *RUN, "runs")
    assert done.code == 0
    run = next(Path("runs").iterdir())
    assert figures(contents(run)) == figures(expected)
    assert "was switched off and on" in done.err
    assert "what came was corrupted" in done.err
