"""Paths in a file that lead to files beside it: what a user's file makes neurosim read lies in its folder or below."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from neurosim.edges.toml.table import FOLDER


def beside(path: str, info: ValidationInfo) -> str:
    """The path from the folder of the file, which it does not leave, through no link either."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith(("/", "~")) or "\\" in path or "\0" in path:
        raise ValueError("expected a file in the folder of this one, or below it")
    folder = Path((info.context or {}).get(FOLDER, "."))
    if not (folder / path).resolve().is_relative_to(folder.resolve()):
        raise ValueError("a link leads out of the folder of this file; expected a file in it, or below it")
    return str(folder / path)


Beside = Annotated[str, AfterValidator(beside)]
