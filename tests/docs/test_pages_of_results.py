"""What the pages on results show is what their files, commands and programs print, in one folder and from its top."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = ROOT / "docs" / "tutorials"
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```\n", re.M | re.S)


@pytest.fixture
def columns() -> int:
    return 80


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("read-a-run.md", {"runs", "tasks.svg", "sleep.svg"}),
        pytest.param(
            "paper.md",
            {"nights.toml", "studies", "table.tex", "variants.pdf", "tasks.pdf", "nights.html"},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_page_prints_what_it_says(
    page: str, left: set[str], neurosim: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("pandas", "xarray", "neo", "scipy", "matplotlib", "jinja2"):
        pytest.importorskip(package)
    pytest.importorskip("matplotlib").use("Agg")
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    names: dict = {"__name__": "__main__"}
    printed = ""
    for block in BLOCK.finditer((TUTORIALS / page).read_text(encoding="utf-8")):
        if block["kind"] == "toml":
            (tmp_path / "nights.toml").write_text(block["text"])
        elif block["kind"] == "sh":
            done = [neurosim(*command.split()[1:]) for command in block["text"].splitlines()]
            assert [d.code for d in done] == [0] * len(done), "".join(d.err for d in done)
            printed = "".join(d.out for d in done)
        elif block["kind"] == "python":
            exec(compile(block["text"], page, "exec"), names)
            printed = capsys.readouterr().out
        else:
            assert lines(printed) == lines(block["text"])
    assert {p.name for p in tmp_path.iterdir()} == left | {"scenarios"}
