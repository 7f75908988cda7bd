"""A run on a chip whose host learns goes on after an interrupt, between phases or within a sleep, to the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_run import contents, scenario_text

from neurosim.results.store import RunDirectory
from neurosim.scenario.methods import long_sleep

DEVICE = """
[devices.chip]
seed = 3
gain = 0.1
step_noise = 0.01
dropped = 0.05
write_noise = 0.01
readout = { bits = 8, noise = 0.01, bias = 0.01 }
loop = { wake = "trial", sleep = 1 }
"""
RUN = ("--backend", "chip", "--out")


@pytest.fixture
def on_chip(tmp_path: Path) -> Path:
    path = tmp_path / "on_chip.toml"
    path.write_text(scenario_text() + DEVICE)
    return path


@pytest.fixture
def expected(neurosim, on_chip: Path) -> dict[str, bytes]:
    done = neurosim("run", on_chip, *RUN, "whole")
    assert done.code == 0, done.err
    return contents(next(Path("whole").iterdir()))


def stopped(neurosim, on_chip: Path, method: str, times: int) -> Path:
    """The directory of a run that was interrupted when so much had been kept."""
    kept, left = getattr(RunDirectory, method), [times]

    def keep(self: RunDirectory, *what: object) -> None:
        kept(self, *what)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunDirectory, method, keep)
        patch.setenv(long_sleep.SECONDS_VARIABLE, "1e-9")
        assert neurosim("run", on_chip, *RUN, "runs").code == 130
    return next(Path("runs").iterdir())


@pytest.mark.parametrize(("method", "times"), [("keep", 1), ("keep", 4), ("keep_unfinished", 2)])
def test_a_run_that_was_interrupted_ends_as_if_it_had_not_been(
    neurosim, on_chip: Path, expected: dict[str, bytes], method: str, times: int
) -> None:
    run = stopped(neurosim, on_chip, method, times)
    done = neurosim("resume", run)
    assert (done.code, done.err) == (0, "")
    assert contents(run) == expected
