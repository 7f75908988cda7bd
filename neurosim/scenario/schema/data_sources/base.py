"""What every table has that says where data are from."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, TypeVar

from neurosim.edges.toml.table import Table

Own = TypeVar("Own", bound="SourceTable")


class SourceTable(Table):
    """``[data]``, which is known by one of its keys.

    Attributes
    ----------
    source
        That key.
    """

    source: ClassVar[str]

    @property
    def path(self) -> str | None:
        """The path of the user's own file or folder that the data are from; None if there is none."""
        return None

    @property
    def versions(self) -> dict[str, str]:
        """The version of the package that offers the data, by the name of its distribution; empty where none does."""
        return {}

    def at(self: Own, path: str) -> Own:
        """The same table, with its file at another path; where it has none, the table itself."""
        return self

    def beside(self: Own, folder: Path) -> Own:
        """The same table, with the path of its file taken from a folder, and whole."""
        return self if self.path is None else self.at(str((folder / self.path).absolute()))
