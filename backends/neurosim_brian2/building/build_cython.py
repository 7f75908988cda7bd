"""One program's Cython modules: a session asks for them by `fill`, and its builder makes them by `build`.

Brian2 would build them in the session's process, into a folder of all programs, and where that is killed its compilers
go on, and a module may be half written. So the builder builds them, and a session finds them.
"""

from __future__ import annotations

from pathlib import Path

from neurosim.program.program import Program
from neurosim_brian2.building import builder


def fill(folder: Path, program: Program) -> None:
    """Have a program's modules built in an empty folder.

    Raises
    ------
    BackendError
        If they cannot be built.
    """
    builder.fill(folder, __name__, program)


def build(program: Program, folder: Path) -> None:
    """In the builder: make the objects of a program as a session does, which writes the modules."""
    from neurosim_brian2.runtime import made, target

    with target("cython", folder):
        made(program)
