"""Compiled artefacts on disk: a folder for each key, built aside, moved in whole, at most once at a time.

The root is ``$NEUROSIM_CACHE``, or the user's cache folder. A folder that has its final name is complete, for it was
renamed when it was; whatever a killed build left has another name, and goes away with the next build of that key.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from neurosim.errors import BackendError

VARIABLE = "NEUROSIM_CACHE"


def root() -> Path:
    """The folder that holds all artefacts."""
    return Path(os.environ.get(VARIABLE) or user_cache_path("neurosim")).absolute()


def artefact(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """The folder of an artefact; what is not there is built, by one process while others wait.

    Parameters
    ----------
    kind, key
        A backend's name, and a hash of everything that the artefact depends on; both parts of a file's name.
    build
        Fills the empty folder that it is given; whatever it raises is passed on, and nothing is kept.

    Raises
    ------
    BackendError
        If the cache cannot be written.
    """
    home = root() / kind
    final = home / key
    if final.is_dir():
        return final
    _writable(home)
    with FileLock(home / f"{key}.lock"):
        if not final.is_dir():
            for left in home.glob(f"{key}.part-*"):  # nobody else builds this key, so these are of builds that died
                shutil.rmtree(left, ignore_errors=True)
            _build_aside(final, build)
    return final


def _writable(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        denied = None if os.access(home, os.W_OK) else "no permission"
    except OSError as error:
        denied = error.strerror
    if denied:
        raise BackendError(f"the cache {home} cannot be written ({denied}); set {VARIABLE} to a folder that can")


def _build_aside(final: Path, build: Callable[[Path], None]) -> None:
    part = Path(tempfile.mkdtemp(prefix=f"{final.name}.part-", dir=final.parent))
    try:
        build(part)
        part.rename(final)
    finally:
        shutil.rmtree(part, ignore_errors=True)
