"""Data sets of installed packages: entry points `neurosim.datasets`, each a name and a function that gives samples."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from neurosim.edges.foreign_errors import border
from neurosim.errors import SpecError, nearest
from neurosim.scenario.datasets.from_code.function import called
from neurosim.scenario.datasets.samples import Samples

GROUP = "neurosim.datasets"


def names() -> list[str]:
    """The names of all data sets that installed packages offer; none of these packages is imported."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def read(name: str, folder: Path | None, steps: int | None, others: tuple[str, ...] = ()) -> Samples:
    """The samples that an installed package offers under a name; only that package is imported.

    Parameters
    ----------
    others
        Names that are known beside those of installed packages.

    Raises
    ------
    SpecError
        For a name that nobody offers, a package that does not import, and what are no samples; it names the entry
        point.
    """
    entry = _entry_point(name, others)
    of = f" of {entry.dist.name}" if entry.dist is not None else ""
    where = f"[data] name = {name!r}: {entry.value}{of}"
    with border(f"{where} cannot be imported", SpecError):
        function = entry.load()
    return called(function, folder, steps, where)


def _entry_point(name: str, others: tuple[str, ...]) -> EntryPoint:
    for entry in entry_points(group=GROUP):
        if entry.name == name:
            return entry
    raise SpecError(f"[data] name = {name!r}; {nearest(name, (*others, *names()))}")
