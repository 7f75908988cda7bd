"""A scenario small enough to run in a fraction of a second, and the command line to run it with."""

from collections.abc import Callable
from pathlib import Path

import pytest

DIGITS_SLEEP = Path(__file__).parents[1] / "digits_sleep.toml"
SMALLER = {
    "size = 256": "size = 8", "test = 360": "test = 60", "validation = 287": "validation = 1637",
    "free_steps = 20": "free_steps = 5", "nudged_steps = 8": "nudged_steps = 2", "steps = 747": "steps = 30",
}  # fmt: skip

Edit = Callable[..., Path]


@pytest.fixture
def tiny(tmp_path: Path) -> Edit:
    """Write the scenario with some texts replaced, and text added at its end."""

    def write(*changes: tuple[str, str], more: str = "", name: str = "tiny.toml") -> Path:
        text = DIGITS_SLEEP.read_text()
        for old, new in [*SMALLER.items(), *changes]:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text + more)
        return path

    return write


@pytest.fixture
def columns() -> int:
    return 200
