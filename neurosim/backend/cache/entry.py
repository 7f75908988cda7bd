"""One entry of the cache: a folder with its final name is whole, for it was sealed and then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from neurosim.backend.cache import digest, folders
from neurosim.backend.cache.digest import AlteredEntry
from neurosim.backend.cache.place import root, writing
from neurosim.backend.processes.locked_file import FOREVER, LockedFile

PART = ".part-"
"""Between an entry's name and some letters: a folder in which it is being built, or which is being removed."""

LOCK = ".lock"

TITLE = "title"
"""File that says in a line what an entry is of."""

Build = Callable[[Path], None]


@dataclass(frozen=True)
class Entry:
    """An artefact's place.

    Attributes
    ----------
    kind, key
        A backend's name, and a hash of everything that the artefact depends on.
    """

    kind: str
    key: str

    @property
    def home(self) -> Path:
        """The folder of all entries of its kind."""
        return root() / self.kind

    @property
    def folder(self) -> Path:
        """Where it is once it is whole."""
        return self.home / self.key

    @property
    def name(self) -> str:
        """What its list of files begins with: ``kind/key``."""
        return f"{self.kind}/{self.key}"

    @property
    def lock(self) -> Path:
        """The file beside it that is locked while it is built or removed."""
        return self.home / f"{self.key}{LOCK}"

    @property
    def exists(self) -> bool:
        """Whether anything is there."""
        return os.path.lexists(self.folder)

    def check(self, look: Callable[[Path, str], None] = digest.check) -> None:
        """See whether it may be used; `look` compares its files with its seal.

        Raises
        ------
        AlteredEntry
            If it is not as it was built.
        BackendError
            If somebody else could have filled it.
        """
        for folder in (root(), self.home):
            folders.check(folder)
        if self.folder.is_symlink() or not self.folder.is_dir():
            raise AlteredEntry("it is no folder")
        folders.check(self.folder)
        look(self.folder, self.name)

    def touch(self) -> None:
        """Note that it was used now, where that can be written."""
        with suppress(OSError):
            os.utime(self.folder)

    @contextmanager
    def locked(self, wait: float = FOREVER) -> Iterator[None]:
        """Hold its lock; who has it may build or remove the entry.

        Raises
        ------
        Held
            If another process holds it for so many seconds; by default it is waited for.
        BackendError
            If the cache cannot be written, or somebody else could have filled it.
        """
        with writing(self.home):
            for folder in (root(), self.home):
                folders.make(folder)
                folders.check(folder)
            if not os.access(self.home, os.W_OK):
                raise PermissionError(13, "no permission")
            if self.lock.is_symlink() or (self.lock.exists() and not self.lock.is_file()):
                warnings.warn(f"the cache's lock {self.lock} was no file; it is made anew", stacklevel=2)
                self._put_away(self.lock)
            held = LockedFile(self.lock, wait)
        with held:
            yield

    def build(self, fill: Build, title: str) -> None:
        """Fill a folder aside and move it in, in place of what is there; whoever calls holds the lock.

        Raises
        ------
        Exception
            Whatever `fill` raises; what was there is then gone.
        """
        self.sweep()
        with writing(self.home):
            self.remove()
            part = Path(tempfile.mkdtemp(prefix=f"{self.key}{PART}", dir=self.home))
            part.chmod(folders.ALONE)
        try:
            fill(part)
            with writing(self.home):
                (part / TITLE).write_text(title + "\n", encoding="utf-8")
                digest.close(part, self.name)
                part.rename(self.folder)
                digest.force(self.home)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def remove(self) -> None:
        """Remove whatever is there, at once: nobody sees a part of it."""
        if self.exists:
            self._put_away(self.folder)

    def _put_away(self, path: Path) -> None:
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            aside = Path(tempfile.mkdtemp(prefix=f"{self.key}{PART}", dir=self.home))
            path.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)

    def parts(self) -> list[Path]:
        """What builds of it that died have left, if the lock is held."""
        return list(self.home.glob(f"{self.key}{PART}*"))

    def sweep(self) -> None:
        """Remove what builds of it that died have left; whoever calls holds the lock."""
        for part in self.parts():
            shutil.rmtree(part, ignore_errors=True)
