"""A run directory is one process's at a time, on any file system that knows locks; one that does not is refused."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from neurosim.backend import cache
from neurosim.backend.processes.locked_file import Held, LockedFile, NoLocks
from neurosim.device.board.link.lease import Lease
from neurosim.errors import BackendError, InputError, NeurosimError
from neurosim.results.store import lock, new_directory
from neurosim.results.store.lock import InUse, Lock
from neurosim.scenario.search import storage


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


@pytest.fixture(params=[errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that knows no locks."""

    def refuse(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("no_locks")
def test_a_file_system_without_locks_is_refused_by_name_and_nothing_remains(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"its file system knows no locks \(.+\).*choose a folder on another one"):
        new_directory.made_at(tmp_path / "run", lambda folder: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_locks")
def test_no_other_kind_of_lock_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    with pytest.raises(NoLocks):
        LockedFile(tmp_path / "file")
    refused = r"the cache .+ cannot be written \(its file system knows no locks .+set NEUROSIM_CACHE"
    with pytest.raises(BackendError, match=refused):
        cache.artefact("kind", "key", lambda folder: None)
    with pytest.raises(BackendError, match=refused):
        Lease("board", "board")


@pytest.mark.usefixtures("no_locks")
def test_a_search_needs_locks_too(tmp_path: Path) -> None:
    with (
        pytest.raises(NeurosimError, match=r"trials\.db: cannot be locked \(its file system knows no locks"),
        storage.opened(None, tmp_path / "trials.db"),  # type: ignore[arg-type]  # it does not get so far
    ):
        pass


def test_a_file_that_its_last_holder_removed_is_not_held(tmp_path: Path) -> None:
    file, got = tmp_path / "file", []
    first = LockedFile(file)
    waiting = threading.Thread(target=lambda: got.append(LockedFile(file, wait=30)))
    waiting.start()
    time.sleep(0.1)
    file.unlink()
    first.release()
    waiting.join()
    with pytest.raises(Held):
        LockedFile(file)
    assert got[0].is_held


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / lock.NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="cannot be written"):
        Lock(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_that_leads_nowhere_is_in_the_way_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to("nowhere")
    with pytest.raises(InputError, match="run: something is there that is no run directory; move it away"):
        new_directory.made_at(tmp_path / "run", lambda folder: None)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_directory_at_its_place_is_made_once(tmp_path: Path) -> None:
    place, held = new_directory.made_at(tmp_path / "run", lambda folder: (folder / "mine").touch())
    held.release()
    with pytest.raises(InputError, match="something is there"):
        new_directory.made_at(place, lambda folder: (folder / "other").touch())
    assert sorted(p.name for p in place.iterdir()) == ["lock", "mine"]
    assert list(tmp_path.iterdir()) == [place]
