"""``[network] nir`` in a file that users write: a file of NIR, and what NIR leaves open."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from neurosim.edges.toml.table import Table
from neurosim.interchange.nir.graphs import hdf5_file
from neurosim.interchange.nir.imported import Imported
from neurosim.interchange.nir.traffic import graph_of, with_choices


class ChoicesTable(Table):
    """What NIR leaves open; see `neurosim.interchange.nir.choices.Choices`. A key that is not there is left open."""

    dt: Annotated[float, Field(gt=0)] | str | None = None
    integrator: Literal["euler", "exact"] | None = None
    reset: Literal["value", "subtract"] | None = None
    current: Literal["new", "old"] | None = None
    charge: Literal["current", "impulse"] | None = None
    threshold: Literal["above", "at"] | None = None
    bias: Literal["aligned", "immediate"] | None = None
    feedback_bias: Literal["at-once", "step-later"] | None = None
    delays: Literal["nearest", "up", "down"] | None = None
    chains: Literal["multiplied", "relayed"] | None = None
    input: Literal["events", "values"] | None = None

    def read(self, file: str, **others: Any) -> Imported:
        """The network of a file; a file that is unchanged is not looked through again.

        Parameters
        ----------
        others
            Choices that are made elsewhere.

        Raises
        ------
        NeurosimError
            As of `neurosim.interchange.nir.read`.
        """
        image = hdf5_file.content(Path(file))
        made = {**self.model_dump(), **others}
        return _imported(Path(file), _Image(image), tuple(sorted((n, v) for n, v in made.items() if v is not None)))


class _Image:
    """The bytes of a file, which are equal to others of the same digest."""

    def __init__(self, content: bytes):
        self.content, self.digest = content, hashlib.sha256(content).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Image) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@functools.lru_cache(maxsize=4)
def _imported(path: Path, image: _Image, choices: tuple[tuple[str, Any], ...]) -> Imported:
    return with_choices(graph_of(path, image.content), dict(choices), f"import of {path.name}")
