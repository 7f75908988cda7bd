"""What holds for all sources: small folders, one meaning a name, and docstrings that say what is taken and raised.

That all that is public has a docstring, and what one looks like, is asked by ruff.
"""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path

import pytest

import neurosim as ns

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "neurosim", *sorted(p for p in ROOT.glob("*/neurosim_*") if p.is_dir())]

MOST_SIBLINGS = 12
MOST_FLOORS = 15
"""Of neurosim itself, which has a folder for each floor."""
NO_SIBLINGS = {"__init__.py", "__main__.py", "py.typed", "__pycache__"}

CONTRACT = (
    *(f"neurosim.backend.contract.{n}" for n in ("Backend", "Session", "Records", "Capabilities")),
    "neurosim.backend.sessions.timing.Timing",
    *(f"neurosim.backend.host_session.{n}" for n in ("HostSession", "Outcome")),
)
"""What a backend is written against."""

CALLED = ("__call__", "__getitem__")
"""Methods that are public without a name."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Definition:
    """A public class, function or method."""

    module: str
    name: str
    node: ast.ClassDef | Function
    owner: ast.ClassDef | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        return ".".join([self.module, *([self.owner.name] if self.owner else []), self.name])

    @cached_property
    def doc(self) -> str:
        return inspect.cleandoc(ast.get_docstring(self.node) or "")

    def has_section(self, *titles: str) -> bool:
        lines = self.doc.splitlines()
        return any(line in titles and set(below) == {"-"} for line, below in pairwise(lines))


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Name and syntax tree of every module."""
    for package in PACKAGES:
        for file in sorted(package.rglob("*.py")):
            name = ".".join(file.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(file.read_text(encoding="utf-8"))


def definitions() -> Iterator[Definition]:
    """All that is public, in modules and in public classes."""
    for module, tree in modules():
        for node in tree.body:
            if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
                yield Definition(module, node.name, node)
                if isinstance(node, ast.ClassDef):
                    shown = (m for m in methods(node) if m.name in CALLED or not m.name.startswith("_"))
                    yield from (Definition(module, m.name, m, node) for m in shown)


def methods(node: ast.ClassDef) -> list[Function]:
    return [m for m in node.body if isinstance(m, Function)]


DEFINITIONS = list(definitions())
CLASSES = [d for d in DEFINITIONS if isinstance(d.node, ast.ClassDef)]


def takes(d: Definition) -> bool:
    """Whether it has arguments, fields, or a constructor with arguments."""
    if not isinstance(d.node, ast.ClassDef):
        return arguments(d.node) > (d.owner is not None)
    constructors = [m for m in methods(d.node) if m.name == "__init__"]
    fields = [n for n in d.node.body if isinstance(n, ast.AnnAssign) and not ast.unparse(n.target).startswith("_")]
    return bool(fields) or any(arguments(m) > 1 for m in constructors)


def arguments(function: Function) -> int:
    a = function.args
    return len(a.posonlyargs) + len(a.args) + len(a.kwonlyargs) + (a.vararg is not None) + (a.kwarg is not None)


def raises(d: Definition) -> bool:
    """Whether the function, or the constructor of the class, raises something on purpose."""
    constructors = ("__init__", "__post_init__")
    bodies = [m for m in methods(d.node) if m.name in constructors] if isinstance(d.node, ast.ClassDef) else [d.node]
    raised = (n.exc for body in bodies for n in ast.walk(body) if isinstance(n, ast.Raise))
    return any(exc is not None and ast.unparse(exc) != "NotImplementedError" for exc in raised)


def promised() -> Iterator[Definition]:
    """What users and authors of backends hold on to: public names, the contract, the entry points."""
    by_place = {d.place: d for d in DEFINITIONS}
    public = [getattr(ns, name) for name in ns.__all__]
    places = [f"{v.__module__}.{v.__name__}" for v in public if inspect.isclass(v) or inspect.isfunction(v)]
    places += CONTRACT
    for group in ("neurosim.backends", "neurosim.trainers"):
        places += [e.value.replace(":", ".") for e in entry_points(group=group)]
    for place in places:
        module, _, name = place.rpartition(".")
        candidates = [d for d in CLASSES if d.name == name and f"{d.module}.".startswith(f"{module}.")]
        yield by_place.get(place) or candidates[0]  # a package may export what a module of its own defines


PROMISED = list(promised())
FOLDERS = [folder for package in PACKAGES for folder in [package, *package.rglob("*")] if folder.is_dir()]
FOLDERS = [folder for folder in FOLDERS if folder.name != "__pycache__"]


def as_module(folder: Path) -> str:
    root = next(p for p in PACKAGES if folder.is_relative_to(p)).parent
    return ".".join(folder.relative_to(root).parts)


def is_left_over(path: Path) -> bool:
    """A folder of an earlier version, of which only Python's caches are left."""
    return path.is_dir() and all("__pycache__" in p.parts or p.is_dir() for p in path.rglob("*"))


@pytest.mark.parametrize("folder", FOLDERS, ids=as_module)
def test_a_folder_is_seen_at_a_glance(folder: Path) -> None:
    siblings = sorted(p.name for p in folder.iterdir() if p.name not in NO_SIBLINGS and not is_left_over(p))
    most = MOST_FLOORS if folder == ROOT / "neurosim" else MOST_SIBLINGS
    assert len(siblings) <= most, f"{as_module(folder)} has {len(siblings)}: {', '.join(siblings)}"


def test_a_class_variable_says_of_what_type_it_is() -> None:
    """On Python 3.10 pydantic cannot read the annotation of a table that says ClassVar alone."""
    annotations = [
        (name, n.annotation) for name, tree in modules() for n in ast.walk(tree) if isinstance(n, ast.AnnAssign)
    ]
    assert {name for name, annotation in annotations if ast.unparse(annotation) == "ClassVar"} == set()


def test_a_class_name_has_one_meaning() -> None:
    times = Counter(d.name for d in CLASSES)
    assert {d.place for d in CLASSES if times[d.name] > 1} == set()


@pytest.mark.parametrize("d", PROMISED, ids=lambda d: d.place)
def test_what_is_promised_says_what_it_takes_and_raises(d: Definition) -> None:
    if takes(d):
        assert d.has_section("Parameters", "Attributes"), f"{d.place}: no section Parameters or Attributes"
    for part in [d, *(m for m in DEFINITIONS if m.owner is d.node)]:
        if raises(part):
            assert part.has_section("Raises"), f"{part.place}: no section Raises"
