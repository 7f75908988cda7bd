"""A simulator in a process of its own, which answers a call in time or is killed with all that it started.

The child is an execnet gateway that leads a process group. Three things see to it that nothing outlives trouble:

* Here, whatever goes wrong with a call ends in killing the group. There is no attempt to repair a child.
* In the child, a thread watches for the death of this process, then kills the group.
* What the child forks is killed by the kernel together with the child (Linux). It cannot keep pipes open either, so
  that the end of the child is seen at once.

Only Python's resource tracker stays outside the group: it removes the shared memory that the dead have left, and ends.
On the wire are plain values and arrays as bytes, never pickles.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import os
import shutil
import signal
import struct
import sys
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import execnet
import numpy as np

from neurosim.errors import BackendError

STARTUP_SECONDS = 60.0
"""How long a fresh interpreter may take until it says its process id."""


class Worker:
    """A child process that runs a service, an object whose methods take and give plain values and arrays.

    Parameters
    ----------
    name
        What error messages call it.
    service
        ``"module:class"``, imported in the child at the first call.

    Raises
    ------
    BackendError
        If the child does not start.
    """

    def __init__(self, name: str, service: str):
        self.name, self.service = name, service
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._open = True
        self._late = False
        self._folder = tempfile.mkdtemp(prefix="neurosim-")
        self._children = execnet.Group()
        self.pid = 0
        try:
            gateway = self._children.makegateway("popen")
            place = {
                "service": service,
                "parent": self._owner,
                "folder": self._folder,
                "path": [str(p) for p in sys.path],
            }
            self._channel = gateway.remote_exec(_begin, **place)
            self.pid = self._channel.receive(STARTUP_SECONDS)
        except (OSError, EOFError, execnet.RemoteError) as error:
            self.close()
            raise BackendError(f"{name}: its process did not start ({_said(error)})") from error
        atexit.register(self.close)

    def call(self, method: str, deadline: float, **values: Any) -> dict[str, Any]:
        """Call a method of the service with keyword arguments.

        Raises
        ------
        BackendError
            If the method fails, the process dies, or there is no answer within `deadline` seconds. The process and
            all its descendants are then gone.
        """
        with self._lock:
            try:
                outcome, answer = self._exchange((method, pack(values)), deadline)
            except (OSError, EOFError, execnet.RemoteError, execnet.DumpError, struct.error) as error:
                raise self._broken(error, deadline) from error
            except BaseException:  # an interrupt: nobody would know any more what the child is at
                self.close()
                raise
            if outcome == "failed":
                self.close()
                raise BackendError(f"{self.name}: {answer}")
            result: dict[str, Any] = unpack(answer)
            return result

    def _exchange(self, message: tuple[str, Any], deadline: float) -> Any:
        """Send a message and wait for the next one; a child that takes too long is killed, which breaks the channel."""
        timer = threading.Timer(deadline, self._expire)
        timer.daemon = True
        timer.start()
        try:
            self._channel.send(message)
            return self._answer()
        finally:
            timer.cancel()
            timer.join()

    def _expire(self) -> None:
        self._late = True
        self._kill()

    def _answer(self) -> Any:
        """The next message. The end of the child is looked for too, as its descendants may hold the pipe open."""
        while True:
            try:
                return self._channel.receive(timeout=0.5)
            except self._channel.TimeoutError:
                if not self.alive():
                    raise EOFError from None

    def _broken(self, error: Exception, deadline: float) -> BackendError:
        if self._late:
            why = f"gave no answer within {deadline:g} s"
        elif isinstance(error, (OSError, EOFError)):
            why = self._fate() + self._printed()
        else:
            why = f"broke off ({_said(error)})"
        self.close()
        return BackendError(f"{self.name}: its process {why}")

    def _fate(self) -> str:
        """How the child ended, as far as can be told."""
        end = self._wait(1.0)
        if end is None:
            return "closed its pipe"
        killed = end.si_code in (os.CLD_KILLED, os.CLD_DUMPED)
        return f"was ended by {signal.Signals(end.si_status).name}" if killed else f"ended with status {end.si_status}"

    def _wait(self, seconds: float) -> os.waitid_result | None:
        """How the child ended, once it has."""
        until = time.monotonic() + seconds
        while (end := self._end()) is None and time.monotonic() < until:
            time.sleep(0.01)
        return end

    def _end(self) -> os.waitid_result | None:
        try:  # WNOWAIT: the exit status stays for execnet, which waits for its own child.
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except OSError:  # no such child
            return None

    def alive(self) -> bool:
        return self._open and self._owner == os.getpid() and self._end() is None

    def _printed(self) -> str:
        """The end of what the child wrote to its standard error."""
        try:
            lines = Path(self._folder, "stderr").read_text(errors="replace").split("\n")
        except OSError:
            return ""
        last = [line.strip() for line in lines if line.strip()][-3:]
        return f"; it printed last: {' | '.join(last)}" if last else ""

    def _kill(self) -> None:
        for kill in (os.killpg, os.kill) if self.pid else ():
            with suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill the child and all that it started. A forked copy of this process leaves them alone."""
        if not self._open or self._owner != os.getpid():
            return
        self._open = False
        self._kill()
        try:
            self._children.terminate(timeout=1.0)
        except RuntimeError:  # while Python 3.12 exits it starts no thread, so execnet cannot wait
            self._wait(1.0)
        shutil.rmtree(self._folder, ignore_errors=True)
        atexit.unregister(self.close)


_shared: dict[str, Worker] = {}
_sharing = threading.Lock()


def shared(name: str, service: str) -> Worker:
    """The worker of a service that this process keeps; another one where it is no longer alive."""
    with _sharing:
        worker = _shared.get(service)
        if worker is None or not worker.alive():
            if worker is not None:
                worker.close()
            worker = _shared[service] = Worker(name, service)
        return worker


def pack(value: Any) -> Any:
    """Plain values: an array becomes ``("array", dtype, shape, bytes)``."""
    if isinstance(value, dict):
        return {k: pack(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return ("array", value.dtype.str, value.shape, value.tobytes())
    return value


def unpack(value: Any) -> Any:
    """What `pack` was given. Arrays are read-only."""
    if isinstance(value, dict):
        return {k: unpack(v) for k, v in value.items()}
    if isinstance(value, tuple) and value[:1] == ("array",):
        _, dtype, shape, content = value
        return np.frombuffer(content, dtype).reshape(shape)
    return value


def _said(error: BaseException) -> str:
    """An exception in one line."""
    text = str(error).strip().rsplit("\n", 1)[-1]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


# In the child.


def _begin(channel, service, parent, folder, path):  # type: ignore[no-untyped-def]
    # execnet sends the text of this function, so it stands alone.
    import os
    import sys
    import tempfile
    from multiprocessing import resource_tracker

    os.dup2(1, 2)  # to nowhere, as execnet has left it
    resource_tracker.ensure_running()  # before setsid: it outlives the group, and keeps its remarks to itself
    os.setsid()
    errors = os.open(os.path.join(folder, "stderr"), os.O_WRONLY | os.O_CREAT)
    os.dup2(errors, 2)
    os.close(errors)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    channel.send(os.getpid())
    sys.path[:] = path
    from neurosim.backend.worker import serve

    serve(channel, service, parent, folder)


def serve(channel: Any, service: str, parent: int, folder: str) -> None:
    """Answer calls until the other side goes away."""
    threading.Thread(target=_follow, args=(parent, folder), daemon=True).start()
    if sys.platform == "linux":
        _forked_processes_die_too()
    serving: Any = None
    for method, values in channel:
        try:
            serving = serving or _load(service)()
            answer = ("done", pack(getattr(serving, method)(**unpack(values))))
        except Exception as error:
            traceback.print_exc()
            answer = ("failed", str(error) if isinstance(error, BackendError) else _said(error))
        channel.send(answer)


def _follow(parent: int, folder: str) -> None:
    """End the group, this process included, soon after the parent has ended."""
    while os.getppid() == parent:
        time.sleep(0.3)
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
