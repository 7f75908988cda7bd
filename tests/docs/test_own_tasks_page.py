"""What the page of tasks of your own shows is what its files and commands print."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "own-tasks.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```\n", re.M | re.S)
OTHERWISE_EACH_TIME = r"[\d,.]+(?= (?:training samples/s|s in all))|(?<=peak memory )[\d.]+ [MG]B|\d{8}T\d{6}Z(?:-\d+)?"


@pytest.fixture
def columns() -> int:
    return 100


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in re.sub(OTHERWISE_EACH_TIME, "...", text).strip().splitlines()]


def test_the_page_prints_what_it_says(neurosim: Callable, tmp_path: Path) -> None:
    blocks = [(b["kind"], b["text"]) for b in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]
    assert [kind for kind, _ in blocks] == ["toml", "sh", "text", "python", "toml", "sh", "text"]
    whole, first, printed, code, changed, second, printed_then = (text for _, text in blocks)
    (tmp_path / "own.toml").write_text(whole, encoding="utf-8")
    (tmp_path / "my_digits.py").write_text(code, encoding="utf-8")
    before, _, rest = whole.partition("[data]")
    _, network, after = rest.partition("[network.population.input]")
    (tmp_path / "mine.toml").write_text(before + changed + network + after, encoding="utf-8")
    for command, text in ((first, printed), (second, printed_then)):
        done = neurosim(*command.split()[1:])
        assert (done.code, done.err) == (0, "")
        assert lines(done.out) == lines(text)


def test_the_two_files_of_the_page_differ_in_data_and_stream(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("[data]\n") == 2
    assert text.count("[network.population.input]\n") == 1
