"""Files that extend others: which are read, and paths that lead to the same files from wherever they are said."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurosim.edges import format_version
from neurosim.edges.toml.layers import laid_over
from neurosim.edges.toml.setting_paths import Place, Setting, matches, replaced, value_at
from neurosim.edges.toml.text import document, text_of
from neurosim.errors import SpecError
from neurosim.scenario.schema.varied.tables import VARYING

FORMAT = 1
"""Version of the scenario file, in its key ``format``; a file without that key has this one."""

CODE = ("data", "code")

PATHS = (".".join(CODE), "data.file", "pretraining.file", "network.nir", "devices.*.calibration")
"""Keys whose values are paths from the folder of the file, or begin with one."""

DEEPEST = 20
"""Files that extend one another."""


@dataclass
class FilesRead:
    """The files that a scenario is made from, in the order in which they were read.

    Attributes
    ----------
    texts
        By their paths.
    """

    texts: dict[Path, str] = field(default_factory=dict)

    def document(self, path: Path) -> dict[str, Any]:
        """Tables and values of a file, without its version.

        Raises
        ------
        SpecError
            For what is no file, no TOML, or of a newer version; it names the file.
        """
        if path not in self.texts:
            self.texts[path] = text_of(path)
        try:
            found = document(self.texts[path])
            format_version.check(found.pop("format", FORMAT), FORMAT, "a scenario file", SpecError)
        except SpecError as error:
            raise SpecError(f"{path}: {error}") from None
        return found

    def scenario_tables(self, path: Path, before: tuple[Path, ...] = ()) -> dict[str, Any]:
        """The tables of a scenario of a file, laid over those of the file that it extends.

        Parameters
        ----------
        before
            The files that extend this one.

        Raises
        ------
        SpecError
            For files that extend one another in a circle, or more than `DEEPEST` of them; as `document`.
        """
        if path.resolve() in [p.resolve() for p in before]:
            raise SpecError(f"{path} extends itself in a circle; expected a file that does not lead back to it")
        if len(before) > DEEPEST:
            raise SpecError(f"{path}: more than {DEEPEST} files extend one another")
        found = self.document(path)
        own = {name: value for name, value in found.items() if name not in VARYING}
        extends = found.get("extends")
        if extends is None:
            return own
        if not isinstance(extends, str):
            raise SpecError(f"{path}: 'extends' = {extends!r:.80}: expected the path of a scenario file")
        return laid_over(self.extended(path, extends, before), own)

    def extended(self, path: Path, extends: str, before: tuple[Path, ...] = ()) -> dict[str, Any]:
        """The tables of a file that another one, `path`, names in ``extends``; its paths are from the folder of that.

        Raises
        ------
        SpecError
            As `scenario_tables`.
        """
        base = Path(os.path.normpath(path.parent / extends))
        try:
            return with_paths_from(path.parent, base.parent, self.scenario_tables(base, (*before, path)))
        except SpecError as error:
            raise SpecError(f"{path}: extends = {extends!r:.80}: {error}") from None


def with_paths_from(folder: Path, home: Path, tables: dict[str, Any]) -> dict[str, Any]:
    """Tables whose paths are from a folder; they were from `home`."""
    return tables if folder.absolute() == home.absolute() else replaced(tables, moved_paths(tables, home, folder))


def moved_paths(tables: Mapping[str, Any], home: Path, folder: Path) -> dict[Place, Setting]:
    """The paths of tables that are from `home`, as they are from another folder; those that are whole stay."""
    moved: dict[Place, Setting] = {}
    for place in _paths(tables):
        value = value_at(tables, place)
        path, function = _halves(value) if place == CODE else (value, "")
        if isinstance(path, str) and not os.path.isabs(path):
            moved[place] = os.path.relpath(home.absolute() / path, folder.absolute()) + function
    return moved


def _halves(code: object) -> tuple[str | None, str]:
    """The Python file and the rest of what names a function in one; no file where it names a module."""
    path, colon, function = str(code).rpartition(":")
    return (path, colon + function) if path.endswith(".py") else (None, "")


def _paths(tables: Mapping[str, Any]) -> Iterator[Place]:
    for key in PATHS:
        try:
            yield from matches(tables, key.split("."))
        except SpecError:  # there is none
            continue
