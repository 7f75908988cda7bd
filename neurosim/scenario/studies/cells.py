"""The cells of a study: each variant of a file with each combination of the values of its grid."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from neurosim.errors import SpecError, nearest
from neurosim.results.studies import Cell, place_of
from neurosim.scenario.schema import Document, ScenarioFile
from neurosim.scenario.schema.varied.tables import check_values

MOST_CELLS = 1_000
"""More are a slip of the finger: each has a network of its own, and runs with each seed on each backend."""

Grid = Mapping[str, Sequence[Any]]
"""The values of each setting, by its key."""


@dataclass(frozen=True)
class StudiedCell:
    """A cell and its document."""

    cell: Cell
    document: Document


def cells_of(file: ScenarioFile, variants: Sequence[str] | None = None, grid: Grid | None = None) -> list[StudiedCell]:
    """The cells of a file, variant by variant, of each the combinations of the grid in their order.

    A file without variants is one itself, by the name of its scenario.

    Parameters
    ----------
    variants
        Those that are asked for; None for all of the file.
    grid
        Values of settings in place of those of the file's grid, or beside them.

    Raises
    ------
    SpecError
        For a variant that there is not, a value of the grid that is there twice,
        more than `MOST_CELLS` cells, or a cell that is no scenario.
    """
    names = _variants(file, variants)
    values = {**file.studies.grid, **(grid or {})}
    for key, of_key in (grid or {}).items():
        check_values(key, of_key)
    count = len(names) * math.prod(len(v) for v in values.values())
    if count > MOST_CELLS:
        raise SpecError(f"{file.path}: its variants and grid make {count:,} cells; expected at most {MOST_CELLS:,}")
    return list(_cells(file, names, values))


def _variants(file: ScenarioFile, asked: Sequence[str] | None) -> list[str | None]:
    known = list(file.studies.variants)
    for name in asked or ():
        if name not in known:
            raise SpecError(f"{file.path}: there is no variant '{name}'; {nearest(name, known)}")
    return list(dict.fromkeys(asked)) if asked else list(known) or [None]


def _cells(file: ScenarioFile, names: Sequence[str | None], grid: Grid) -> Iterator[StudiedCell]:
    for name in names:
        for values in product(*grid.values()):
            settings = dict(zip(grid, values, strict=True))
            document = file.document(name, settings)
            variant = name or document.scenario().scenario.name
            yield StudiedCell(Cell(place_of(variant, settings), variant, settings, document.digest), document)
