"""Where the cache is, and what is said where it cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from neurosim.backend.cache.digest import AlteredEntry
from neurosim.edges.foreign_errors import said
from neurosim.errors import BackendError

VARIABLE = "NEUROSIM_CACHE"


def root() -> Path:
    """The folder that holds all artefacts: ``$NEUROSIM_CACHE``, or the user's cache folder."""
    return Path(os.environ.get(VARIABLE) or user_cache_path("neurosim")).absolute()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What the system refuses inside becomes a BackendError, which says what to do."""
    try:
        yield
    except (OSError, AlteredEntry) as error:
        why = (isinstance(error, OSError) and error.strerror) or said(error)
        raise BackendError(
            f"the cache {folder} cannot be written ({why}); set {VARIABLE} to a folder that can"
        ) from None
