"""What the page on reading a run shows is what its commands and programs print."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorials" / "read-a-run.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```\n", re.M | re.S)


@pytest.fixture
def columns() -> int:
    return 80


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_page_prints_what_it_says(neurosim: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("pandas", "xarray", "neo", "scipy"):
        pytest.importorskip(package)
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    names: dict = {"__name__": "__main__"}
    printed = ""
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["kind"] == "sh":
            done = [neurosim(*command.split()[1:]) for command in block["text"].splitlines()]
            assert [d.code for d in done] == [0] * len(done)
            printed = "".join(d.out for d in done)
        elif block["kind"] == "python":
            exec(compile(block["text"], PAGE.name, "exec"), names)
            printed = capsys.readouterr().out
        else:
            assert lines(printed) == lines(block["text"])
