"""A process of its own for a simulator, which answers a call in time or is killed with all that it started.

The child is an execnet gateway that leads a process group, in this interpreter, another one, or on another host
(`neurosim.backend.remote.host`). Nothing outlives trouble:

* Here, whatever goes wrong with a call ends in killing the group, and of a child on another host the ssh client. There
  is no attempt to repair a child.
* There, the group ends when this process has died or hung up (`neurosim.backend.remote.child`).

A child cannot keep pipes open either, so that its end is seen at once. Only Python's resource tracker stays outside the
group: it removes the shared memory that the dead have left, and ends.
"""

from __future__ import annotations

import atexit
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import execnet
from execnet import gateway_bootstrap

import neurosim
from neurosim.backend.processes.scratch import Scratch
from neurosim.backend.remote import child
from neurosim.backend.remote.host import HERE, Pipes, Place
from neurosim.backend.remote.protocol import PROTOCOL, pack, unpack, unpack_error
from neurosim.edges.foreign_errors import said
from neurosim.errors import BackendError, NeurosimError

STARTUP_SECONDS = 60.0
"""How long a fresh interpreter may take for each of: an answer, its process id, its version."""

LEAST_STARTUP_SECONDS = 5.0
"""What it is given in any case: it takes a second or two, whatever the deadline of a call."""

BROKEN = (OSError, EOFError, execnet.RemoteError, execnet.DumpError, struct.error)
"""What talking to a child may end in."""


class Worker:
    """A child process that runs a service, an object whose methods take and give plain values and arrays.

    Parameters
    ----------
    name
        What error messages call it.
    service
        ``"module:class"``, imported in the child at the first call.
    place
        Where the child runs.
    deadline
        That of its calls, which counts for its start as well, but for `LEAST_STARTUP_SECONDS`.

    Attributes
    ----------
    pid
        Of the child, on its host.

    Raises
    ------
    BackendError
        If the child does not start in time, or has another neurosim.
    """

    def __init__(self, name: str, service: str, place: Place = HERE, deadline: float = STARTUP_SECONDS):
        self.name, self.service, self.place = name, service, place
        self._startup = min(max(deadline, LEAST_STARTUP_SECONDS), STARTUP_SECONDS)
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._open = True
        self._late = False
        self._scratch = Scratch()
        self._kept: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._folder = str(self._scratch.path)
        self._process: subprocess.Popen[bytes] | None = None
        self._pipes: Pipes | None = None
        self._gateway: execnet.Gateway | None = None
        self.pid = 0
        atexit.register(self.close)
        try:
            self._start()
        except (*BROKEN, AssertionError, execnet.HostNotFound, ValueError) as error:
            self._kill()
            why = self._why_not_started(error)
            self.close()
            raise BackendError(f"{name}: {place.name} {why}") from error
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        with open(Path(self._folder, "stderr"), "ab") as errors:
            self._process = self.place.start(errors)
        self._pipes = Pipes(self._process)
        with self._within(self._startup):
            self._gateway = gateway_bootstrap.bootstrap(self._pipes, self.place.spec())
        folder = "" if self.place.ssh else self._folder
        path = [str(p) for p in sys.path if p] if self.place.is_here else []  # without the working folder
        self._channel = self._gateway.remote_exec(child.begin, service=self.service, folder=folder, path=path)
        with self._within(self._startup):
            self.pid = self._answer()
            there = self._answer()
        here = {"neurosim": neurosim.__version__, "protocol": PROTOCOL}
        if there != here:
            self.close()
            raise BackendError(
                f"{self.name}: {self.place.name} has {_versions(there)}, but here is {_versions(here)}; "
                f"install neurosim {neurosim.__version__} there"
            )

    def call(
        self, method: str, deadline: float, progress: Callable[[int, int], None] | None = None, **values: Any
    ) -> dict[str, Any]:
        """Call a method of the service with keyword arguments.

        Parameters
        ----------
        deadline
            Seconds until an answer, or until progress, after which there are as many again.
        progress
            Hears of the method's progress; the method then gets a keyword argument ``progress`` to tell of it.

        Raises
        ------
        BackendError
            If the method fails, the process dies, or there is no answer in time. The process and all its descendants
            are then gone.
        NeurosimError
            Any other of neurosim's own errors that the method raises; the process then goes on.
        """
        with self._lock:
            try:
                outcome, answer = self._exchange((method, pack(values), progress is not None), deadline, progress)
            except BROKEN as error:
                raise self._broken(error, deadline) from error
            except BaseException:  # an interrupt: nobody would know any more what the child is at
                self.close()
                raise
            with self._understanding():
                if outcome == "done":
                    return dict(unpack(answer))
                kind, text, values = answer
                failed = unpack_error(kind, text, values)
            raise self._failed(failed)

    def call_once(self, method: str, deadline: float, **values: Any) -> dict[str, Any]:
        """`call`, for a method whose answer does not change while the process lives: it is asked once.

        Parameters
        ----------
        deadline
            Seconds until an answer.
        values
            Keyword arguments, which have to be hashable.

        Raises
        ------
        BackendError, NeurosimError
            As `call` does; the next call then asks again.
        """
        key = (method, *sorted(values.items()))
        if key not in self._kept:
            self._kept[key] = self.call(method, deadline, **values)
        return self._kept[key]

    def _exchange(self, message: tuple[Any, ...], deadline: float, progress: Callable[[int, int], None] | None) -> Any:
        """Send a message and wait for its answer, through all progress."""
        with self._within(deadline):
            self._channel.send(message)
        while True:
            with self._within(deadline):
                message = self._answer()
            with self._understanding():
                outcome, answer = message
                if outcome != "progress":
                    return outcome, answer
                done, total = map(int, answer)
            if progress is not None:
                progress(done, total)

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        """A child that sends what nobody understands is killed: nobody knows what it is at."""
        try:
            yield
        except Exception as error:
            self.close()
            raise BackendError(f"{self.name}: its process sent what is no answer ({said(error)})") from error

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """A child that takes longer is killed, which breaks the channel."""
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
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
                return self._channel.receive(timeout=0.2)
            except self._channel.TimeoutError:
                if not self.alive():
                    raise EOFError("it has ended") from None

    def _failed(self, error: NeurosimError) -> NeurosimError:
        """The error of a method; what neurosim refuses on purpose leaves the child as it was."""
        if type(error) is not BackendError:
            return error
        self.close()
        return BackendError(f"{self.name}: {error}")

    def _broken(self, error: Exception, deadline: float) -> BackendError:
        if self._late:
            why = f"gave no answer within {deadline:g} s"
        elif isinstance(error, EOFError) and not error.args:  # execnet's words where the pipe had not ended
            why = "sent what is no message" + self._printed()
        elif isinstance(error, (OSError, EOFError)):
            why = self._fate() + self._printed()
        else:
            why = f"broke off ({said(error)})"
        self.close()
        return BackendError(f"{self.name}: its process {why}")

    def _fate(self) -> str:
        """How the child ended, as far as can be told."""
        until = time.monotonic() + 0.5
        while (end := self._end()) is None and time.monotonic() < until:
            time.sleep(0.01)
        if end is None:
            return "closed its pipe"
        killed = end.si_code in (os.CLD_KILLED, os.CLD_DUMPED)
        return f"was ended by {signal.Signals(end.si_status).name}" if killed else f"ended with status {end.si_status}"

    def _end(self) -> os.waitid_result | None:
        """How the child ended, once it has."""
        assert self._process is not None
        try:  # WNOWAIT: until `close` nobody else can get its process id
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # a forked copy asks
            return None

    def alive(self) -> bool:
        """Whether the child runs, and is this process's own."""
        return self._open and self._owner == os.getpid() and self._end() is None

    def _printed(self) -> str:
        """The end of what the child wrote to its standard error."""
        try:
            lines = Path(self._folder, "stderr").read_text(errors="replace").split("\n")
        except OSError:
            return ""
        last = [line.strip() for line in lines if line.strip()][-3:]
        return f"; it printed last: {' | '.join(last)}" if last else ""

    def _why_not_started(self, error: Exception) -> str:
        text = self._pipes.text_before_protocol() if self._pipes is not None else ""
        if text:
            silent = "what a shell or an interpreter prints when it starts has to go to its standard error"
            return f"did not start: it printed {text!r} where neurosim's answer was expected; {silent}{self._printed()}"
        late = f"gave no answer within {self._startup:g} s of its start"
        return (late if self._late else f"did not start ({said(error)})") + self._printed()

    def _kill(self) -> None:
        """Kill the group that was started, or the ssh client, and the group that the child leads by now."""
        groups = [self._process.pid] if self._process is not None else []
        groups += [self.pid] if self.pid and not self.place.ssh else []
        for group in groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    def close(self) -> None:
        """Kill the child and all that it started. A forked copy of this process leaves them alone."""
        if not self._open or self._owner != os.getpid():
            return
        self._open = False
        self._kill()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        if self._gateway is not None:
            self._gateway.join(0.5)
        self._scratch.close()
        atexit.unregister(self.close)


_shared: dict[tuple[str, str, Place], Worker] = {}
_sharing = threading.Lock()


def shared(name: str, service: str, place: Place = HERE, deadline: float = STARTUP_SECONDS) -> Worker:
    """The worker of that name, service and place that this process keeps; another one where it is no longer alive."""
    with _sharing:
        worker = _shared.get((name, service, place))
        if worker is None or not worker.alive():
            if worker is not None:
                worker.close()
            worker = _shared[name, service, place] = Worker(name, service, place, deadline)
        return worker


def _versions(stated: Any) -> str:
    return ", ".join(f"{n} {v}" for n, v in stated.items()) if isinstance(stated, dict) else repr(stated)
