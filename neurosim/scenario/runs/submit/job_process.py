"""A fresh interpreter that does jobs, one after another, for the process that started it, and ends with that one.

What crosses is pickled (`neurosim.scenario.runs.submit.pickles`): both sides are this program on this machine. Large
arrays lie in files of a folder, which all processes have in memory once.
"""

from __future__ import annotations

import functools
import os
import pickle
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from neurosim.backend.processes import interpreter, lineage
from neurosim.backend.remote.protocol import pack_error, unpack_error
from neurosim.errors import BackendError, NeurosimError
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.pickles import unpickled

SECONDS_BETWEEN_PROGRESS = 0.1

SECONDS_BETWEEN_LOOKS = 0.5

SECONDS_TO_END = 5.0

BEGIN = (
    "import sys; sys.path[:] = sys.argv[3:]; "  # before anything is imported from the folder it is started in
    # before what takes long to import
    "from neurosim.backend.processes.lineage import end_with_parent; end_with_parent(); "
    "from neurosim.scenario.runs.submit.job_process import serve; serve(int(sys.argv[1]), sys.argv[2])"
)

Hear = Callable[..., None]
"""Takes the name of a method of `JobsListener`, and its arguments but the first, the job."""


class ProcessKilled(BackendError):
    """The process of a job was killed."""


class JobUnwanted(Exception):
    """Nobody wants the outcome of a job any more."""


def wanted_in_any_case() -> bool:
    """What a job is that nobody takes back."""
    return True


class Reporter(ProgressListener):
    """Listens to a job's run in its process, and sends the events to the process that started that one."""

    def __init__(self, send: Callable[[Any], None]):
        super().__init__()
        self._send = send
        self._stage, self._due = "", 0.0

    def note(self, text: str) -> None:
        """Send the text."""
        self._send(("heard", "noted", text))

    def tell(self, share: float, stage: str) -> None:
        """Send the share, unless the same stage was sent a moment ago."""
        now = time.monotonic()
        if stage != self._stage or now >= self._due:
            self._send(("heard", "progress", share, stage))
            self._stage, self._due = stage, now + SECONDS_BETWEEN_PROGRESS


class JobProcess:
    """The interpreter, from here. It leads a process group, and prints where this process does.

    Parameters
    ----------
    threads
        Threads of its BLAS, unless the environment says how many.
    arrays
        The folder of the arrays that were left out of pickles.
    working_folder
        Where it starts; where this process is, if there is none.
    """

    def __init__(self, threads: int, arrays: Path, working_folder: str | None = None):
        here, there = Pipe()
        with there:
            arguments = [str(there.fileno()), str(arrays), *map(str, sys.path)]
            command = [sys.executable, *interpreter.SAFE, "-c", BEGIN, *arguments]
            environment = {**_blas(threads), **lineage.environment()}
            streams: dict[str, Any] = {"pass_fds": [there.fileno()], "stdin": subprocess.DEVNULL}
            self._process = lineage.lead(command, env=environment, cwd=working_folder, **streams)
        self._pipe: Connection = here

    def do(self, pickled: bytes, hear: Hear, wanted: Callable[[], bool] = wanted_in_any_case) -> bytes:
        """Do pickled work, and return how it ended: pickled, for `outcome_of`.

        Parameters
        ----------
        wanted
            Asked now and then whether the outcome is still wanted.

        Raises
        ------
        ProcessKilled
            If the process ends meanwhile.
        JobUnwanted
            If the outcome is wanted no more; the work goes on until the process is killed.
        """
        try:
            self._pipe.send_bytes(pickled)
            while True:
                kind, *values = self._answer(wanted)
                if kind == "ended":
                    [ended] = values
                    return bytes(ended)
                hear(*values)
        except (OSError, EOFError):
            raise ProcessKilled(f"its process {self._fate()}") from None

    def _answer(self, wanted: Callable[[], bool]) -> Any:
        """The next message. The end of the process is looked for too, as what it forked may hold the pipe open."""
        while not self._pipe.poll(SECONDS_BETWEEN_LOOKS):
            if self._process.poll() is not None and not self._pipe.poll():
                raise EOFError
            if not wanted():
                raise JobUnwanted
        return self._pipe.recv()

    def _fate(self) -> str:
        lineage.kill(self._process)
        code = self._process.returncode
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"

    def end(self) -> None:
        """Let the process end by itself, once it has an outcome; kill it if it does not."""
        self._pipe.close()
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            lineage.kill(self._process)

    def kill(self) -> None:
        """Kill the process, and all that it has started; a `do` that waits for it raises `ProcessKilled`."""
        if self._process.returncode is None:
            lineage.kill(self._process)


def _blas(threads: int) -> dict[str, str]:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return dict.fromkeys(names, str(threads))


# the other side


def serve(file: int, arrays: str) -> None:
    """Do jobs from the file descriptor of a pipe until the parent closes it."""
    os.set_inheritable(file, False)
    warnings.formatwarning = _in_a_line
    pipe = Connection(file)
    with suppress(EOFError):
        while True:
            pipe.send(
                ("ended", pickled_outcome(functools.partial(_do, pipe.recv_bytes(), arrays, Reporter(pipe.send))))
            )


def _do(content: bytes, arrays: str, reporter: Reporter) -> Any:
    return unpickled(content, Path(arrays))(reporter)


def _in_a_line(message: Warning | str, *_: object, **__: object) -> str:
    """A warning in one line as the command line shows it, without its place in the source."""
    return f"warning: {message}\n"


# how work ends


def pickled_outcome(work: Callable[[], Any]) -> bytes:
    """How work ends, pickled: its value, an error of neurosim's, or another exception."""
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(("done", work())))
    except NeurosimError as error:  # its class may take other arguments than pickle would give it
        return pickle.dumps(("failed", *pack_error(error)))
    except Exception as error:
        with suppress(Exception):  # which cannot be pickled
            return bytes(cloudpickle.dumps(("raised", error)))
        return pickle.dumps(("failed", *pack_error(error)))


def outcome_of(ended: bytes) -> Any:
    """The outcome of work that has ended; a `NeurosimError` that it ended in is an outcome.

    Raises
    ------
    Exception
        If the work ended in another exception, that one.
    """
    kind, *values = pickle.loads(ended)
    if kind == "failed":
        return unpack_error(*values)
    [value] = values
    if kind == "raised":
        raise value
    return value
