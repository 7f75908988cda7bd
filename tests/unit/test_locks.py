"""A run directory is one process's at a time, on any file system that knows locks; one that does not is refused."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from neurosim.errors import InputError
from neurosim.results.store import lock, new_directory
from neurosim.results.store.lock import InUse, Lock


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    held = Lock(tmp_path)
    with pytest.raises(InUse, match="another process is working on this run"):
        Lock(tmp_path)
    held.release()
    Lock(tmp_path).release()


def test_it_can_be_waited_for(tmp_path: Path) -> None:
    held = Lock(tmp_path)
    threading.Timer(0.2, held.release).start()
    begun = time.monotonic()
    Lock(tmp_path, wait=30).release()
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused_by_name_and_nothing_remains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(InputError, match=r"its file system knows no locks \(.+\).*choose a folder on another one"):
        new_directory.made_at(tmp_path / "run", lambda folder: None)
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / lock.NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="cannot be written"):
        Lock(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_directory_at_its_place_is_made_once(tmp_path: Path) -> None:
    place, held = new_directory.made_at(tmp_path / "run", lambda folder: (folder / "mine").touch())
    held.release()
    with pytest.raises(InputError, match="something is there"):
        new_directory.made_at(place, lambda folder: (folder / "other").touch())
    assert sorted(p.name for p in place.iterdir()) == ["lock", "mine"]
    assert list(tmp_path.iterdir()) == [place]
