"""The process that compiles for a session: what ``python -m MODULE FOLDER < program.json`` does.

A process of its own, for Brian2's devices and preferences are global; and so that compilers end with it, however the
session's process ends (`neurosim.backend.lineage`).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from neurosim.backend import lineage
from neurosim.errors import BackendError
from neurosim.program.program import Program


def fill(folder: Path, module: str, program: Program) -> None:
    """Have a module build what it builds of a program in an empty folder.

    Raises
    ------
    BackendError
        With the end of what it printed.
    """
    command, pipe = [sys.executable, "-m", lineage.__name__, module, str(folder)], subprocess.PIPE
    with lineage.leading(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        _, errors = process.communicate(program.to_json())
    if process.returncode:
        raise BackendError(f"brian2: the program could not be built ({errors.strip()[-2000:]})")


def main(build: Callable[[Program, Path], None]) -> None:
    """In that process: build the program of the standard input in the folder of the first argument."""
    try:
        build(Program.from_json(sys.stdin.read()), Path(sys.argv[1]))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")  # the session's user has no use for this process's traceback
