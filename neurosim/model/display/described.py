"""What the parts of a network say of themselves: their equations, the text of the library, what a notebook shows.

The text of a model stands below its definition in the source, where editors look for it. It is read from there when it
is asked for, so that a model is its equations and nothing else: equal, stored and pickled as they are.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import Any

from neurosim.model.display.notebook import equations_html
from neurosim.model.units import Quantity

LIBRARY = (
    "neurosim.model.neurons",
    "neurosim.model.ode",
    "neurosim.model.ode.on_spikes",
    "neurosim.model.synapses",
    "neurosim.model.learning",
)
"""The packages, or modules, that the models of the library are in."""


class OwnText:
    """The ``__doc__`` of a class whose instances have a text of their own."""

    def __init__(self, of_class: str | None):
        self.of_class = of_class

    def __get__(self, instance: Described | None, owner: type) -> str | None:
        return self.of_class if instance is None else help_text(instance)


class Described:
    """Equations that `help` and notebooks show."""

    name: str
    params: Mapping[str, Any]

    def __init_subclass__(cls) -> None:
        cls.__doc__ = OwnText(cls.__doc__)  # type: ignore[assignment]  # Python accepts a descriptor

    def equations(self) -> tuple[str, ...]:
        """Its equations as lines of text."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return equations_html(f"{type(self).__name__} {self.name}", self.equations(), parameters(self))


def help_text(part: Described) -> str:
    """What `help` shows: the text of the library where it is from there, its equations, its parameters."""
    sections = [library_text(part) or f"The {type(part).__name__} {part.name}."]
    for title, lines in (("Equations", part.equations()), ("Parameters", parameters(part))):
        if lines:
            sections.append("\n".join([title, "-" * len(title), *lines]))
    return "\n\n".join(sections)


def parameters(part: Described) -> tuple[str, ...]:
    """A line for each parameter: a number is given, others say what sets them."""
    return tuple(f"{name} = {_shown(value)}" for name, value in part.params.items())


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return shortest(value)
    if isinstance(value, Quantity):
        return shortest(value.value) + (f" {value.dimension}" if value.dimension else "")
    (field,) = fields(value)  # learned or driven, with a first value
    return f"{shortest(getattr(value, field.name))} ({type(value).__name__.lower()})"


def shortest(value: float) -> str:
    """A number with as few digits as say which it is."""
    rounded = f"{value:g}"
    return rounded if float(rounded) == value else repr(value)


def library_text(part: Described) -> str | None:
    """The text below the definition in the library, also for other values of its parameters; None for other parts."""
    found = (text for known, text in _library() if _form(known) == _form(part))
    return next(found, None)


def _form(part: Described) -> tuple[object, ...]:
    """What two parts have in common that differ in the values of parameters alone."""
    own = {f.name: getattr(part, f.name) for f in fields(part) if f.compare and f.name != "params"}  # type: ignore[arg-type]
    return type(part), own, list(part.params)


@cache
def _library() -> tuple[tuple[Described, str], ...]:
    modules = [module for package in LIBRARY for module in modules_of(import_module(package))]
    texts = ((getattr(module, name), text) for module in modules for name, text in texts_below(module))
    return tuple((part, text) for part, text in texts if isinstance(part, Described))


def modules_of(package: ModuleType) -> list[ModuleType]:
    """The modules of a package in the order of their names, or the one module that it is."""
    if not hasattr(package, "__path__"):
        return [package]
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    return [import_module(f"{package.__name__}.{name}") for name in names]


def texts_below(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The names that a module assigns, each with the string that stands below it."""
    try:
        source = inspect.getsource(module)
    except OSError:  # installed without its source
        return
    body = ast.parse(source).body
    for assignment, below in pairwise(body):
        match assignment, below:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
