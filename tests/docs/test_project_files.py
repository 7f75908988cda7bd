"""How to cite, hooks before a commit, and the list of changes agree with what they are about."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
FRAGMENTS = sorted(p for p in (ROOT / "changelog.d").iterdir() if p.name not in ("README.md", ".gitignore"))


@pytest.mark.parametrize(("key", "value"), [("version", PYPROJECT["project"]["version"]), ("title", "neurosim")])
def test_what_is_cited_is_this_project(key: str, value: str) -> None:
    assert re.findall(rf"^{key}: (.+)$", CITATION, re.M) == [value]


def test_who_is_cited_are_the_authors_of_the_package() -> None:
    assert re.findall(r"^  - name: (.+)$", CITATION, re.M) == [a["name"] for a in PYPROJECT["project"]["authors"]]


def test_the_hooks_run_what_make_lint_runs() -> None:
    hooks = re.findall(r"entry: \.venv/bin/(\S+)", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    lint = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint: setup\n")[2].partition("\n\n")[0]
    assert hooks == re.findall(r"\$\(BIN\)/(\S+)", lint)


def test_the_hooks_need_no_network() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", text) == ["local"]
    assert set(re.findall(r"language: (\S+)", text)) == {"system"}


def test_a_file_of_changes_has_a_name_and_a_kind() -> None:
    kinds = "|".join(PYPROJECT["tool"]["towncrier"]["fragment"])
    assert [p.name for p in FRAGMENTS if not re.fullmatch(rf"[a-z][\w.-]*\.({kinds})\.md", p.name)] == []


def test_the_list_that_a_release_would_write_has_every_change() -> None:
    pytest.importorskip("towncrier")
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "9.9.9"]
    written = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "## 9.9.9 - " in written
    one_line = " ".join(written.split())
    assert [p.name for p in FRAGMENTS if " ".join(p.read_text(encoding="utf-8").split()) not in one_line] == []


def test_the_list_of_changes_has_the_place_where_a_release_writes() -> None:
    assert PYPROJECT["tool"]["towncrier"]["start_string"] in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
