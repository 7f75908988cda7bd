"""From a TOML file to a checked scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.edges.files import path_of
from neurosim.edges.toml.text import document, text_of
from neurosim.scenario.schema.scenario import Scenario
from neurosim.scenario.schema.varied.documents import ScenarioFile, from_document, with_paths_relative_to
from neurosim.scenario.schema.varied.extending import FORMAT

__all__ = ["FORMAT", "document", "from_document", "parse", "read", "text_of", "with_paths_relative_to"]


def read(path: str | Path, variant: str | None = None, settings: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of a TOML file.

    Parameters
    ----------
    variant
        One of the file's variants; None for the file itself.
    settings
        Values by their keys, which take the place of what is there.

    Raises
    ------
    SpecError
        For a missing file, a mistake in the TOML, an unknown key or a value of the wrong kind; it names the place.
    """
    return ScenarioFile.read(path_of(path, "read: path")).document(variant, settings or {}).scenario()


def parse(text: str) -> Scenario:
    """The scenario of a TOML text.

    Raises
    ------
    SpecError
        For what is no TOML, an unknown key or a value of the wrong kind; it names the place.
    """
    return from_document(document(text))
