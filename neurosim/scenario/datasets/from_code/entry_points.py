"""Data sets of installed packages: entry points `neurosim.datasets`, each a name and a function that gives samples."""

from __future__ import annotations

from pathlib import Path

from neurosim.edges.extensions import ExtensionGroup
from neurosim.scenario.datasets.from_code.function import called
from neurosim.scenario.datasets.samples import Samples

DATA_SETS = ExtensionGroup("neurosim.datasets")
"""Data sets of other packages: an entry point is a `DatasetFunction`."""


def read(name: str, folder: Path | None, steps: int | None, others: tuple[str, ...] = ()) -> Samples:
    """The samples that an installed package offers under a name; only that package is imported.

    Parameters
    ----------
    others
        Names that are known beside those of installed packages.

    Raises
    ------
    SpecError
        For a name that nobody offers, or several packages do, a package that does not import, and what are no samples;
        it names the entry point.
    """
    where = f"[data] name = {name!r}"
    offered = DATA_SETS.load(name, where, others)
    return called(offered.value, folder, steps, f"{where}: {offered.source}")
