"""A group of entry points: the names that installed packages offer, and what is behind one of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

from neurosim.edges.extensions.entry_points import installed
from neurosim.edges.foreign_errors import border
from neurosim.errors import NeurosimError, SpecError, nearest


@dataclass(frozen=True)
class Extension:
    """What a package offers under a name, imported.

    Attributes
    ----------
    name
        The name of its entry point.
    source
        ``MODULE:OBJECT of DISTRIBUTION``, for messages.
    value
        The object.
    version
        Distribution and version; None where nothing tells them.
    """

    name: str
    source: str
    value: Any
    version: tuple[str, str] | None


@dataclass(frozen=True)
class ExtensionGroup:
    """All that installed packages offer in a group of entry points.

    Attributes
    ----------
    group
        As packages name it: ``neurosim.streams``.
    error
        What is raised for a name that is not there, or is not as it must be; it takes one text.
    """

    group: str
    error: type[NeurosimError] = SpecError

    def names(self) -> list[str]:
        """The names that are offered; no package is imported."""
        return sorted({entry.name for entry in installed(self.group)})

    def __contains__(self, name: object) -> bool:
        return any(entry.name == name for entry in installed(self.group))

    def load(self, name: str, where: str, others: tuple[str, ...] = ()) -> Extension:
        """Import what is offered under a name; only its package is imported.

        Parameters
        ----------
        where
            Begins the messages: the place where the name stands; empty where whoever calls tells it.
        others
            Names that are known beside those of installed packages.

        Raises
        ------
        NeurosimError
            Of the type `error`: for a name that nobody offers, or that several packages do, and for a package that does
            not import.
        """
        entry = self._entry(name, where, others)
        source = f"{entry.value}{_of(entry)}"
        try:
            with border(f"{_at(where)}{source} cannot be imported", self.error):
                value = entry.load()
        except SystemExit as ended:
            raise self.error(f"{_at(where)}{source} cannot be imported: SystemExit: {ended}") from None
        return Extension(name, source, value, _version(entry))

    def version(self, name: str) -> dict[str, str]:
        """The version of the distribution that offers a name, by the name of the distribution; it is not imported."""
        found = [_version(entry) for entry in installed(self.group) if entry.name == name]
        return dict(version for version in found if version is not None)

    def _entry(self, name: str, where: str, others: tuple[str, ...]) -> EntryPoint:
        entries = [entry for entry in installed(self.group) if entry.name == name]
        if not entries:
            raise self.error(f"{where}; {nearest(name, (*others, *self.names()))}")
        if len(entries) > 1:
            sources = " and ".join(f"{entry.value}{_of(entry)}" for entry in entries)
            raise self.error(
                f"{_at(where)}{sources} have this name in the group {self.group}; uninstall all but one of them"
            )
        return entries[0]


def _at(where: str) -> str:
    return f"{where}: " if where else ""


def _of(entry: EntryPoint) -> str:
    return f" of {entry.dist.name}" if entry.dist is not None else ""


def _version(entry: EntryPoint) -> tuple[str, str] | None:
    return None if entry.dist is None else (entry.dist.name, entry.dist.version)
