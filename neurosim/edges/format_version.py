"""Versions of file formats: what a newer neurosim wrote is refused before anything of it is used."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from importlib.metadata import version as installed

from neurosim.edges.values import shown
from neurosim.errors import InputError, NeurosimError


def check(found: object, known: int | Sequence[int], what: str, error: type[NeurosimError] = InputError) -> None:
    """Refuse a file of another format version than those that this neurosim reads.

    Parameters
    ----------
    found
        The version that the file gives, whatever that is.
    known
        The version that is read, or all that are, the newest last.
    what
        The file in the user's words: ``"runs/a: a run"``.

    Raises
    ------
    InputError
        Or `error`; for a newer version it says to install a newer neurosim.
    """
    version, read = _whole(found), (known,) if isinstance(known, int) else known
    if version in read:
        return
    named = found if version is None else version  # NumPy's numbers, of attributes, are shown as Python's
    text = f"{what} of format {shown(named)}; this neurosim reads format {' or '.join(map(str, read))}"
    if version is not None and version > read[-1]:
        text += f"; a newer neurosim wrote it: install one that is newer than {installed('neurosim')}"
    raise error(text)


def _whole(found: object) -> int | None:
    """A version as a whole number; None for anything else."""
    try:
        return None if isinstance(found, bool) else operator.index(found)  # type: ignore[arg-type]
    except TypeError:
        return None
