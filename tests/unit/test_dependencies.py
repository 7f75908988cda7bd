"""What neurosim imports is what it asks to have installed: the core alone at once, extras where they are used."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import metadata, packages_distributions
from pathlib import Path

import pytest

import neurosim

ROOT = Path(neurosim.__file__).parent
OF_TESTS = ROOT / "testing"  # the conformance suite, which pytest runs
OF_SEARCH = ROOT / "scenario" / "search"  # imported where one is asked for, and behind the error that names the extra
REQUIREMENT = re.compile(r"^([\w.-]+)(?:[^;]*)(?:;(.*))?$")


def requirements(extra: bool) -> set[str]:
    """The distributions that the core asks for, or those that extras do."""
    found = [REQUIREMENT.match(line) for line in metadata("neurosim").get_all("Requires-Dist") or []]
    return {normal(m[1]) for m in found if m and ("extra ==" in (m[2] or "")) == extra}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


CORE, EXTRAS = requirements(extra=False), requirements(extra=True)
DISTRIBUTIONS = packages_distributions()
BROUGHT_BY = {"pydantic_core": "pydantic", "cycler": "matplotlib", "quantities": "neo", "dask": "distributed"}
"""Packages that come with one that is asked for."""


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """The packages of others that a module imports, each with whether it does so as soon as it is imported itself."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for name in imported(node):
            if name not in sys.stdlib_module_names and not name.startswith("neurosim"):
                yield name, node in tree.body


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.partition(".")[0]]
    return []


def distributions(package: str) -> set[str]:
    """What brings a package; where it is not installed, what has its name."""
    return {normal(name) for name in [*DISTRIBUTIONS.get(package, [package]), BROUGHT_BY.get(package, package)]}


FILES = [file for file in ROOT.rglob("*.py") if OF_TESTS not in file.parents]
EVER = {name for file in FILES for name, _ in imports(file)}
AT_ONCE = {name for file in FILES if OF_SEARCH not in file.parents for name, at_once in imports(file) if at_once}


@pytest.mark.parametrize("package", sorted(AT_ONCE))
def test_a_package_that_is_imported_at_once_is_one_of_the_core(package: str) -> None:
    assert distributions(package) & CORE


@pytest.mark.parametrize("package", sorted(EVER))
def test_a_package_that_is_imported_is_one_of_the_core_or_of_an_extra(package: str) -> None:
    assert distributions(package) & (CORE | EXTRAS)


def test_the_core_asks_for_nothing_that_it_does_not_import() -> None:
    assert CORE - {name for package in EVER for name in distributions(package)} == set()


PROGRAM = """
import sys
for absent in ("scipy", "sklearn", "pooch", "pandas", "matplotlib", "brian2", "nengo", "lava", "torch"):
    sys.modules[absent] = None
from neurosim.cli import app
app(["run", "tiny.toml", "--out", "runs"])
"""


def test_the_core_alone_runs_a_scenario_of_digits(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "digits_sleep.toml").read_text(encoding="utf-8")
    small = text.replace("test = 360", "test = 20").replace("validation = 287", "validation = 1737")
    (tmp_path / "tiny.toml").write_text(small, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "runs").iterdir())) == 1
