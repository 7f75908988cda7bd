"""What a session's builder does: it imports Brian2 once, and then builds each program in a fork of itself.

A request is a line of JSON on the socket that is its standard input, and so is the answer: the exit status of the
build, and the end of what that printed. It has no threads, and holds nothing between two builds. Its parent kills it;
it ends by itself when nobody has asked for long, for it takes a tenth of a gigabyte.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from neurosim.backend.processes.scratch import Scratch
from neurosim.program.program import Program

SECONDS_IDLE = 300.0

PREFERENCES = "logging.file_log = False\nlogging.save_script = False\n"
"""Brian2 would leave a file of each where it is killed."""


def main() -> None:
    """Answer requests."""
    os.umask(0o077)
    _import_brian2()
    link = socket.socket(fileno=0)
    with link.makefile("rb") as requests:
        while select.select([link], [], [], SECONDS_IDLE)[0] and (line := requests.readline()):
            link.sendall(json.dumps(_answer(json.loads(line))).encode() + b"\n")


def _import_brian2() -> None:
    """Import Brian2 without matplotlib and pytest, which take half of the time: it offers them to its users.

    What fails here fails in the build as well, which says so.
    """
    tests = ModuleType("brian2.tests")
    tests.run = None  # type: ignore[attr-defined]
    sys.modules["brian2.tests"] = tests
    sys.modules["matplotlib"] = None  # type: ignore[assignment]
    with Scratch() as place:
        (place / "brian_preferences").write_text(PREFERENCES)
        os.chdir(place)  # Brian2 takes preferences of the working folder, and executes them
        with suppress(Exception):
            importlib.import_module("neurosim_brian2.building.project")
        os.chdir("/")


def _answer(request: Mapping[str, Any]) -> tuple[int, str]:
    with tempfile.TemporaryFile() as printed:
        build = os.fork()
        if build == 0:
            _build(request, printed.fileno())
        code = os.waitstatus_to_exitcode(os.waitpid(build, 0)[1])
        printed.seek(0)
        return code, printed.read().decode(errors="replace")[-2000:]


def _build(request: Mapping[str, Any], printed: int) -> NoReturn:
    """In the fork: build what is asked for, and end."""
    code = 1
    try:
        for own, other in enumerate((os.open(os.devnull, os.O_RDONLY), printed, printed)):
            os.dup2(other, own)
        os.environ.clear()
        os.environ.update(request["environment"])
        tempfile.tempdir = None  # may be another one there
        folder = Path(request["folder"])
        os.chdir(folder)  # Cython, too, takes some files of the working folder for settings
        module = importlib.import_module(request["module"])
        module.build(Program.from_json(request["program"]), folder, *request["arguments"])
        code = 0
    except BaseException as error:  # the session's user has no use for this process's traceback
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
