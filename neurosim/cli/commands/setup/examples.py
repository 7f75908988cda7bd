"""Examples that come with neurosim: scenarios, plain networks and studies, with the files that they name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import neurosim
from neurosim.edges.toml import text
from neurosim.errors import SpecError, nearest

COMMANDS = {"simulation": "simulate", "study": "study", "scenario": "run"}
"""The command that an example is for, by the table that it has; the first counts."""


@dataclass(frozen=True)
class Example:
    """An example.

    Attributes
    ----------
    name
        Its path in the folder of examples, without ``.toml``.
    path
        Where it is.
    """

    name: str
    path: Path

    @cached_property
    def tables(self) -> dict[str, Any]:
        """What the file has."""
        return text.document(text.text_of(self.path))

    @property
    def kind(self) -> str:
        """``simulation``, ``study`` or ``scenario``."""
        return next(kind for kind in COMMANDS if kind in self.tables)

    @property
    def description(self) -> str:
        """What it says of itself."""
        return str(self.tables[self.kind]["description"])

    def files(self) -> list[Path]:
        """It, and all that it names: files that it extends, trained weights, data; from the folder of examples."""
        return list(dict.fromkeys(path.relative_to(folder()) for path in _with_named(self.path)))


def folder() -> Path:
    """The folder of examples: in the package, or in the checkout that neurosim is imported from."""
    package = Path(neurosim.__file__).resolve().parent
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent / "scenarios"


def examples() -> list[Example]:
    """All examples, studies last.

    Raises
    ------
    SpecError
        If there are none: neurosim was installed without them.
    """
    paths = [p.relative_to(folder()) for p in folder().rglob("*.toml")]
    if not paths:
        raise SpecError(f"{folder()}: no examples are there; install neurosim anew")
    in_order = sorted(paths, key=lambda path: (len(path.parts), path))
    return [Example(path.with_suffix("").as_posix(), folder() / path) for path in in_order]


def example(name: str) -> Example:
    """The example of a name; ``.toml`` at its end, or a missing folder before it, does not matter.

    Raises
    ------
    SpecError
        If there is none; it has the nearest name.
    """
    known = {one.name: one for one in examples()}
    wanted = name.removesuffix(".toml")
    for one in known.values():
        if wanted in (one.name, one.path.stem):
            return one
    raise SpecError(f"'{name}': no example of that name; {nearest(wanted, known)}; `neurosim init` lists them")


def _with_named(path: Path) -> Iterator[Path]:
    """A file, and files beside it that its texts name."""
    yield path
    if path.suffix == ".toml":
        for value in _texts(text.document(text.text_of(path))):
            named = (path.parent / value).resolve()
            if named.is_relative_to(folder()) and named.is_file():
                yield from _with_named(named)


def _texts(value: Any) -> Iterator[str]:
    """All texts in tables and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
