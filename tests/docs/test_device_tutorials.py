"""What the pages of devices show is what its files, commands and programs print, in one folder and from its top."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
PAGES = ["in-the-loop.md", "to-a-board.md"]
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```\n", re.M | re.S)
OTHERWISE_EACH_TIME = (
    r"[\d,.]+(?= (?:training samples/s|s in all|s\b|ms\b|minutes old))",
    r"(?<=peak memory )[\d.]+ [MG]B",
    r"(?<=minutes old, )[0-9a-f]{12}",
    r"\d{8}T\d{6}Z(?:-\d+)?",
    r"\d{4}-\d\d-\d\d \d\d:\d\d(?= UTC)",
    r"/\S*(?=/chip\.calibration\.toml)",
    r"\d+ over the budget; incidents: .*",
    r"(?<=since boot )[0-9a-f]{8}",
    r"(?<=T0)\s+[\d,]+\s+[\d.]+\s+[\d.]+$",
)
"""Times and what follows from them, folders, and digests of what has a date."""


@pytest.fixture
def columns() -> int:
    return 100


def lines(text: str) -> list[str]:
    for pattern in OTHERWISE_EACH_TIME:
        text = re.sub(pattern, "...", text, flags=re.M)
    return [line.rstrip() for line in text.strip().splitlines()]


def blocks(page: str) -> list[tuple[str, str]]:
    return [(b["kind"], b["text"]) for b in BLOCK.finditer((TUTORIALS / page).read_text(encoding="utf-8"))]


def test_there_are_files_commands_and_programs() -> None:
    assert {kind for page in PAGES for kind, _ in blocks(page)} == {"toml", "sh", "python", "text"}


@pytest.mark.filterwarnings("ignore:device .* took longer:UserWarning")  # on a busy machine
@pytest.mark.parametrize("page", PAGES)
def test_a_page_prints_what_it_says(
    page: str, neurosim: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict = {"__name__": "__main__"}
    printed = ""
    for kind, text in blocks(page):
        if kind == "toml":
            with (tmp_path / "learner.toml").open("a", encoding="utf-8") as file:
                file.write(text)
        elif kind == "sh":
            done = [neurosim(*command.split()[1:]) for command in text.splitlines()]
            assert [d.code for d in done] == [0] * len(done)
            printed = "".join(d.out for d in done)
        elif kind == "python":
            exec(compile(text, page, "exec"), names)
            printed = capsys.readouterr().out
        else:
            assert lines(printed) == lines(text)
