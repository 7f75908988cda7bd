"""The child's side of a worker: answer calls until the other side goes away, then end with all that was started.

Two things see to the end, whatever the service is at: a thread that looks for the death of the parent and for the
closing of the channel (all that is seen of a parent on another host), and the kernel, which kills what the child
forks together with the child (Linux).
"""

from __future__ import annotations

import ctypes
import importlib
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

import neurosim
from neurosim.backend.remote.protocol import PROTOCOL, pack, pack_error, unpack

SECONDS_BETWEEN_PROGRESS = 0.1


def begin(channel, service, folder, path):  # type: ignore[no-untyped-def]
    """The first code of the child: make it the leader of a group of its own, with a log, and serve."""
    # execnet sends the text of this function, so it stands alone.
    import os
    import signal
    import sys
    import tempfile
    from multiprocessing import resource_tracker

    os.dup2(1, 2)  # to nowhere, as execnet has left it
    # The resource tracker outlives this group and that of the parent, so it starts in one of its own.
    other = os.posix_spawnp("sleep", ["sleep", "60"], os.environ, setpgroup=0)
    os.setpgid(0, other)
    before = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    os.chdir("/")  # it would import from the working folder
    resource_tracker.ensure_running()
    os.fchdir(before)
    os.close(before)
    os.setsid()
    os.kill(other, signal.SIGKILL)
    os.waitpid(other, 0)
    sys.path[:] = path or sys.path
    if not folder:
        from neurosim.backend.processes.scratch import Scratch

        folder = str(Scratch().path)
    errors = os.open(os.path.join(folder, "stderr"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(errors, 2)
    os.close(errors)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    channel.send(os.getpid())
    from neurosim.backend.remote.child import serve

    serve(channel, service, folder)


def serve(channel: Any, service: str, folder: str) -> None:
    """Say who is here, then answer calls until the other side goes away."""
    threading.Thread(target=_follow, args=(channel, folder), daemon=True).start()
    if sys.platform == "linux":
        _forked_processes_die_too()
    channel.send({"neurosim": neurosim.__version__, "protocol": PROTOCOL})
    serving: Any = None
    for method, values, reports in channel:
        more = {"progress": _teller(channel)} if reports else {}
        try:
            serving = serving or _load(service)()
            answer = ("done", pack(getattr(serving, method)(**unpack(values), **more)))
        except Exception as error:
            traceback.print_exc()
            answer = ("failed", pack_error(error))
        channel.send(answer)
    _end(folder)


def _teller(channel: Any) -> Callable[[int, int], None]:
    """Tells the other side of progress, not too often, and only if there is some: it gets more time for it."""
    reported, due = 0, 0.0

    def tell(done: int, total: int) -> None:
        nonlocal reported, due
        now = time.monotonic()
        if done > reported and (now >= due or done == total):
            channel.send(("progress", (int(done), int(total))))
            reported, due = done, now + SECONDS_BETWEEN_PROGRESS

    return tell


def _follow(channel: Any, folder: str) -> None:
    """End soon after the parent has ended or hung up."""
    parent = os.getppid()
    while os.getppid() == parent:
        try:
            channel.waitclose(0.3)
        except channel.TimeoutError:
            continue
        except Exception:  # however it was closed
            break
        break
    _end(folder)


def _end(folder: str) -> None:
    """End the group, this process included."""
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _forked_processes_die_too() -> None:
    """What is forked from now on is killed by the kernel when its parent dies."""
    prctl, set_death_signal = ctypes.CDLL(None).prctl, 1
    forking = 0

    def before() -> None:
        nonlocal forking
        forking = os.getpid()

    def after_in_child() -> None:
        prctl(set_death_signal, signal.SIGKILL)
        if os.getppid() != forking:  # it died in between
            os._exit(1)

    os.register_at_fork(before=before, after_in_child=after_in_child)


def _load(service: str) -> Any:
    module, _, name = service.partition(":")
    return getattr(importlib.import_module(module), name)
