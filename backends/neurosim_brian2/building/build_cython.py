"""Build one program's Cython modules: ``python -m neurosim_brian2.building.build_cython FOLDER < program.json``.

Brian2 would build them in the session's process, into a folder of all programs, and where that is killed its compilers
go on, and a module may be half written. So they are built here (`neurosim_brian2.building.builder`), and found there.
"""

from __future__ import annotations

from pathlib import Path

from neurosim.program.program import Program
from neurosim_brian2.building import builder


def build(program: Program, folder: Path) -> None:
    """Make the objects of a program as a session does, which writes the modules."""
    from neurosim_brian2.runtime import made, target

    with target("cython", folder):
        made(program)


if __name__ == "__main__":
    builder.main(build)
