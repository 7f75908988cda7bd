"""A device is held by one session at a time, and whoever waits is told by whom."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from neurosim.device.board.link.lease import FOLDER, DeviceHeld, Lease


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("NEUROSIM_CACHE", str(folder))
    return folder


@contextmanager
def other_process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the device."""
    code = (
        "import time; from neurosim.device.board.link.lease import Lease; "
        "lease = Lease('tcp:x:1', 'board'); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def test_a_device_is_held_by_one_process_and_freed_when_that_is_killed() -> None:
    with other_process() as process:
        message = rf"device board is in use by process {process.pid} since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \(-c\)"
        with pytest.raises(DeviceHeld, match=message):
            Lease("tcp:x:1", "board")
        Lease("tcp:x:2", "another board").release()
        process.kill()
        process.wait()
        Lease("tcp:x:1", "board").release()


def test_a_device_is_held_by_one_session_of_a_process() -> None:
    with (
        Lease("tcp:x:1", "board"),
        pytest.raises(DeviceHeld, match=f"in use by process {os.getpid()}"),
    ):
        Lease("tcp:x:1", "board")
    Lease("tcp:x:1", "board").release()


def test_a_device_is_waited_for() -> None:
    held = Lease("tcp:x:1", "board")
    freeing = threading.Timer(0.2, held.release)
    freeing.start()
    Lease("tcp:x:1", "board", wait=10).release()
    freeing.join()


def test_a_lease_that_ends_twice_frees_nobody_elses() -> None:
    first = Lease("tcp:x:1", "board")
    first.release()
    with Lease("tcp:x:1", "board"):
        first.release()
        with pytest.raises(DeviceHeld, match=f"process {os.getpid()}"):
            Lease("tcp:x:1", "board")


def test_a_holder_that_has_said_nothing_is_told(own_cache: Path) -> None:
    with Lease("tcp:x:1", "board"):
        (holder,) = (own_cache / FOLDER).glob("*.holder")
        holder.write_text("{")
        with pytest.raises(DeviceHeld, match="device board is in use by another process"):
            Lease("tcp:x:1", "board")


def test_leases_are_no_entries_of_the_cache() -> None:
    from neurosim.backend.cache.contents import entries

    with Lease("tcp:x:1", "board"):
        assert entries() == []
