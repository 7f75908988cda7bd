"""The page on pictures and reports does what it says, and the page of pictures lists those that there are."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import neurosim as ns

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "pictures-and-reports.md"
REFERENCE = (ROOT / "docs" / "reference" / "plots.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```\n", re.M | re.S)


@pytest.fixture
def columns() -> int:
    return 100


def words(command: str) -> list[str]:
    """Those of a command; a pattern stands for what it matches here, as in a shell."""
    found = [[str(p) for p in sorted(Path().glob(w))] if "*" in w else [w] for w in shlex.split(command)[1:]]
    return [w for several in found for w in several]


def test_what_the_page_says_can_be_done(neurosim: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    names: dict = {"__name__": "__main__"}
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["kind"] == "sh":
            commands = block["text"].replace("0..2", "0,1").splitlines()
            assert [neurosim(*words(command)).code for command in commands] == [0] * len(commands)
        else:
            exec(compile(block["text"], PAGE.name, "exec"), names)
    assert {p.name for p in tmp_path.iterdir()} >= {"report.html", "two.html", "sleep.png", "curves.svg"}
    assert "Agreement of backends" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_page_of_pictures_lists_them_all_as_they_say_themselves() -> None:
    rows = dict(re.findall(r"^\| `(\w+\(.*?\))` \| (.*) \|$", REFERENCE, re.M))
    drawn = {name: getattr(ns.plots, name) for name in ns.plots.__all__}
    expected = {f"{n}({', '.join(inspect.signature(f).parameters)})": f for n, f in drawn.items()}
    assert list(rows) == list(expected)
    for name, function in expected.items():
        first = (inspect.getdoc(function) or "").splitlines()[0]
        assert rows[name].replace("\\|", "|") == first.removeprefix("Draw "), name


def test_the_pages_are_linked_and_their_pictures_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](docs/how-to/pictures-and-reports.md)" in readme
    assert "](docs/reference/plots.md)" in readme
    for path in re.findall(r"\]\((\.\./[^)#]*)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / path).exists(), path
