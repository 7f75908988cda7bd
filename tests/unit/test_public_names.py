"""The public names: what type checkers read, what is imported when first used, and what the library defines agree."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import neurosim as ns
from neurosim.model import learning, neurons, synapses
from neurosim.model.display.described import Described, modules_of

HOMES = {name: module for module, names in ns._HOMES.items() for name in names}


def imports_for_type_checkers() -> dict[str, str]:
    """Names that stand below ``if TYPE_CHECKING:``, and the modules that they come from."""
    body = ast.parse(Path(ns.__file__).read_text(encoding="utf-8")).body
    (block,) = (node for node in body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    found = {alias.asname or alias.name: node.module for node in block.body for alias in node.names}
    return {name: module for name, module in found.items() if name not in ns._PACKAGES}


def defined() -> list[tuple[str, str, Described]]:
    """Package, name and value of every model, synapse and rule that a module of the library defines."""
    packages = (neurons, synapses, learning)
    modules = [(package, module) for package in packages for module in modules_of(package)]
    return [
        (package.__name__, name, value)
        for package, module in modules
        for name, value in vars(module).items()
        if isinstance(value, Described) and not name.startswith("_")
    ]


def test_type_checkers_read_the_names_that_are_imported_when_first_used() -> None:
    assert imports_for_type_checkers() == HOMES


def test_all_names_are_listed_once() -> None:
    assert sorted(ns.__all__) == sorted([*HOMES, *ns._PACKAGES, "__version__"])
    assert dir(ns) == sorted(ns.__all__)


@pytest.mark.parametrize("name", HOMES)
def test_a_name_is_what_its_home_exports(name: str) -> None:
    home = import_module(HOMES[name])
    assert getattr(ns, name) is getattr(home, name)
    assert name in getattr(home, "__all__", [name])


@pytest.mark.parametrize(("package", "name", "value"), defined(), ids=lambda v: v if isinstance(v, str) else "")
def test_what_the_library_defines_is_public(package: str, name: str, value: Described) -> None:
    assert getattr(import_module(package), name) is value
    assert HOMES.get(name) == package, f"{name}: in neurosim/__init__.py, it is no public name"


def test_completion_finds_a_class_by_its_beginning() -> None:
    assert [name for name in imports_for_type_checkers() if name.startswith("Popu")] == ["Population"]
    assert [name for name in dir(ns) if name.startswith("Popu")] == ["Population"]


def test_importing_neurosim_imports_none_of_the_homes() -> None:
    code = f"import sys, neurosim; print(*sorted(set(sys.modules) & {{*{sorted({*HOMES.values(), 'numpy'})}}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
