"""A scenario of two tasks that runs in a moment, the command line, and what must be equal in two run directories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_run import contents, scenario_text

from neurosim.results.store import RunDirectory


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(scenario_text())
    return path


@pytest.fixture
def whole(neurosim, scenario: Path) -> dict[str, bytes]:
    """What an uninterrupted run leaves behind."""
    assert neurosim("run", scenario, "--out", "whole").code == 0
    return contents(next(Path("whole").iterdir()))


@pytest.fixture
def interrupted(neurosim, scenario: Path) -> Callable[[int], Path]:
    """The directory of a run that was interrupted (Ctrl-C) when so many phases had ended."""

    def run(phases: int, path: Path = scenario) -> Path:
        kept = RunDirectory.keep

        def keep(self: RunDirectory, *left: object) -> None:
            kept(self, *left)
            if len(list(self.path.glob("phases/*.h5"))) == phases:
                raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RunDirectory, "keep", keep)
            done = neurosim("run", path, "--out", "runs")
        assert done.code == 130
        return next(Path("runs").iterdir())

    return run
