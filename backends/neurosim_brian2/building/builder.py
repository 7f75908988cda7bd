"""The process that compiles for a session: what ``python -m MODULE FOLDER ARGUMENT... < program.json`` does.

A process of its own, for Brian2's devices and preferences are global; and so that compilers end with it, however the
session's process ends (`neurosim.backend.processes.lineage`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from neurosim.backend.processes import interpreter, lineage
from neurosim.errors import BackendError
from neurosim.program.program import Program


def fill(folder: Path, module: str, program: Program, *arguments: str) -> None:
    """Have a module build what it builds of a program in an empty folder.

    Raises
    ------
    BackendError
        With the end of what it printed.
    """
    command = interpreter.module(lineage.__name__, module, str(folder), *arguments)
    pipe = subprocess.PIPE
    with lineage.leading(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        _, errors = process.communicate(program.to_json())
    if process.returncode:
        raise BackendError(f"brian2: the program could not be built ({errors.strip()[-2000:]})")


def main(build: Callable[..., None]) -> None:
    """In that process: build the program of the standard input in the folder of the first argument, with the others."""
    folder, *arguments = sys.argv[1:]
    try:
        os.umask(0o077)
        os.chdir(folder)  # Brian2 and Cython take some files of the working folder for settings, and execute them
        build(Program.from_json(sys.stdin.read()), Path(folder), *arguments)
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")  # the session's user has no use for this process's traceback
