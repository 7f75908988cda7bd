"""A cell of a study: a variant with the settings of its place in the grid, and the folder that its runs have."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

LONGEST = 120
"""Characters of a place that is written out."""

_OTHER = re.compile(r"[^A-Za-z0-9_.+-]")

Place = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.,=+-]*$", max_length=2 * LONGEST)]


@dataclass(frozen=True, config={"strict": True, "extra": "forbid"})
class Cell:
    """A cell of a study.

    Attributes
    ----------
    place
        The name of its folder, as of `place_of`.
    variant
        The name of the variant; that of the scenario where the study has no variants.
    settings
        The values of the grid by their keys.
    digest
        SHA-256 of its document.
    """

    place: Place
    variant: str
    settings: dict[str, Any]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @property
    def words(self) -> str:
        """The variant and its settings, for people."""
        return ", ".join([self.variant, *(f"{key} = {in_words(value)}" for key, value in self.settings.items())])

    def document(self) -> dict[str, Any]:
        """What ``study.json`` has of it."""
        return {n: getattr(self, n) for n in ("place", "variant", "settings", "digest")}


def place_of(variant: str, settings: Mapping[str, Any]) -> str:
    """The folder of a cell: the variant and ``KEY=VALUE``, with commas between, in letters that a file name may have.

    Where that is too long, or has other letters, a digest of the variant and the settings stands at its end.
    """
    parts = [variant, *(f"{key}={in_words(value)}" for key, value in settings.items())]
    kept = [_OTHER.sub("_", variant), *(f"{_named(key)}={_named(in_words(value))}" for key, value in settings.items())]
    place = ",".join(kept)
    if kept == parts and len(place) <= LONGEST:
        return place
    digest = hashlib.sha256(json.dumps([variant, list(settings.items())]).encode()).hexdigest()
    return f"{place[: LONGEST - 13]}-{digest[:12]}"


def _named(text: str) -> str:
    return _OTHER.sub("_", text)


def in_words(value: Any) -> str:
    """A value of a setting as people write it: a text as it is, anything else as JSON has it."""
    return value if isinstance(value, str) else json.dumps(value)


def backend_folder(backend: str, mode: str) -> str:
    """The folder of a backend in one of its modes, within that of a cell."""
    return f"{backend}-{mode}"


def seed_folder(seed: int) -> str:
    """The run directory of a seed, within the folder of a backend."""
    return f"seed{seed}"
