"""The misbehaving backends, installed as strangers' would be; sessions on them in workers; what must be gone later."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from worker_processes import assert_gone, processes

from neurosim.backend.remote import worker
from neurosim.backend.remote.backend import RemoteBackend
from neurosim.backend.remote.host import HERE, Place

NAMES = {"misbehaving": "MisbehavingReference", "misbehaving-nengo": "MisbehavingNengo"}
SSH = f"""#!{sys.executable}
# ssh as far as a worker sees it: two pipes to a process that is not its child in any other way.
import os, subprocess, sys, threading

remote = subprocess.Popen(["sh", "-c", sys.argv[-1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          start_new_session=True)

def pump(source, target):
    while part := os.read(source, 65536):
        while part:
            part = part[os.write(target, part):]
    os.close(target)

threading.Thread(target=pump, args=(0, remote.stdin.fileno()), daemon=True).start()
pump(remote.stdout.fileno(), 1)
sys.exit(remote.wait())
"""


@pytest.fixture
def mischief(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Ask for mischief in the next run, in workers that start during the test."""
    folder = tmp_path_factory.mktemp("installed")
    info = folder / "misbehaving-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: misbehaving\nVersion: 0.1\n")
    entries = "\n".join(f"{n} = misbehaving:{c}" for n, c in NAMES.items())
    (info / "entry_points.txt").write_text(f"[neurosim.backends]\n{entries}\n")
    (folder / "misbehaving.py").write_text(Path(__file__).with_name("misbehaving.py").read_text())
    monkeypatch.syspath_prepend(folder)
    path = os.pathsep.join([str(folder), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    monkeypatch.setenv("PYTHONPATH", path.rstrip(os.pathsep))  # for other interpreters
    request = folder / "request"
    monkeypatch.setenv("MISCHIEF", str(request))
    return lambda text: (request.write_text(text), None)[1]


@pytest.fixture(autouse=True)
def workers_of_this_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has workers of its own, and leaves none."""
    monkeypatch.setattr(worker, "_shared", {})
    yield
    left = processes()
    for w in worker._shared.values():
        w.close()
    assert_gone(left)


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Another host, as far as one can tell from here: the command `ssh` is one that runs what it is given."""
    command = tmp_path / "bin" / "ssh"
    command.parent.mkdir()
    command.write_text(SSH)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    return Place(python=sys.executable, ssh="user@host")


@pytest.fixture
def opened(mischief) -> Callable[..., RemoteBackend]:
    """A misbehaving backend somewhere."""
    return lambda backend="misbehaving", place=HERE: RemoteBackend("lab", backend, place, 60.0)
