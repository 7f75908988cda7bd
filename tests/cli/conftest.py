"""A scenario small enough to run in a fraction of a second, and the command line to run it with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from neurosim.cli import app

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SMALLER = {
    "size = 256": "size = 8", "test = 360": "test = 60", "validation = 287": "validation = 1637",
    "free_steps = 20": "free_steps = 5", "nudged_steps = 8": "nudged_steps = 2", "steps = 747": "steps = 30",
}  # fmt: skip

Edit = Callable[..., Path]


@pytest.fixture
def tiny(tmp_path: Path) -> Edit:
    """Write the scenario with some texts replaced, and text added at its end."""

    def write(*changes: tuple[str, str], more: str = "", name: str = "tiny.toml") -> Path:
        text = (SCENARIOS / "digits_sleep.toml").read_text()
        for old, new in [*SMALLER.items(), *changes]:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text + more)
        return path

    return write


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


@pytest.fixture
def neurosim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Finished]:
    """Run the command line in this process, in an empty folder; an exception it does not explain comes through."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Finished:
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Finished(result.exit_code, result.stdout, result.stderr)

    return call
