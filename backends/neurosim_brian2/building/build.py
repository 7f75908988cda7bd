"""One program's binary: a session asks for it by `fill`, and its builder makes it by `build`."""

from __future__ import annotations

from pathlib import Path

from neurosim.program.program import Program
from neurosim_brian2.building import builder, headers
from neurosim_brian2.building.compiler import compile_sources


def fill(folder: Path, program: Program, name: str) -> None:
    """Have a program built in an empty folder; `name` is what its binary will be called by.

    Raises
    ------
    BackendError
        If it cannot be built.
    """
    builder.begin()  # imports Brian2 while the headers are compiled, where they are not yet
    builder.fill(folder, __name__, program, name, str(headers.compiled()))


def build(program: Program, folder: Path, name: str, compiled_headers: str) -> None:
    """In the builder: write, compile and link."""
    from neurosim_brian2.building.project import write_project

    units = write_project(program, folder, name)
    with headers.placed(folder, Path(compiled_headers)):
        compile_sources(folder, units)
