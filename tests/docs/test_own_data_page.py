"""The page of own data prints what it says: four kinds of files, on four backends, equal bit for bit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "own-data.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```\n", re.M | re.S)
DATA = re.compile(r"^\[data\]\n.*?\n(?=\n)", re.M | re.S)
OTHERWISE_EACH_TIME = r"(?<=T0)\s+[\d,]+\s+[\d.]+\s+[\d.]+$"
SIMULATORS = ("brian2", "nengo", "lava")
MOST_LINES = 60


@pytest.fixture
def columns() -> int:
    return 100


def lines(text: str) -> list[list[str]]:
    """The words of each line but those that times decide, and rules, whose width they decide."""
    found = re.sub(OTHERWISE_EACH_TIME, "", text.strip(), flags=re.M).splitlines()
    return [line.split() for line in found if set(line) != {"─"}]


def scenario(text: str, first: str) -> tuple[str, str]:
    """The name and the text of a scenario; that of another begins with its name, and has a table of its own."""
    if not text.startswith("# "):
        return "flowers.toml", text
    name, table = text.removeprefix("# ").split("\n", 1)
    changed, count = DATA.subn(table, first)
    assert count == 1
    return name, changed.replace('name = "flowers"', f'name = "{name.removesuffix(".toml")}"')


def test_the_page_prints_what_it_says(neurosim: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for simulator in SIMULATORS:
        pytest.importorskip(simulator)
    names: dict = {"__name__": "__main__"}
    first = printed = ""
    for kind, text in ((b["kind"], b["text"]) for b in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))):
        if kind == "toml":
            name, whole = scenario(text, first)
            first = first or whole
            assert len(whole.splitlines()) < MOST_LINES
            (tmp_path / name).write_text(whole, encoding="utf-8")
        elif kind == "sh":
            done = neurosim(*text.split()[1:])
            assert (done.code, done.err) == (0, "")
            printed = done.out
        elif kind == "python":
            exec(compile(text, PAGE.name, "exec"), names)
            printed = capsys.readouterr().out
        else:
            assert lines(printed) == lines(text)


def test_all_four_are_compared() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("T0") >= 4 * (1 + len(SIMULATORS))
