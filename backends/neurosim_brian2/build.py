"""Build one program's binary: ``python -m neurosim_brian2.build FOLDER < program.json``.

A process of its own, for Brian2's standalone device is global and its import takes seconds; a session that finds the
binary in the cache needs neither. The headers are compiled while Brian2 is imported and writes the sources. It ends
with the process that started it, and so do its compilers (`neurosim.backend.lineage`).
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from neurosim.backend import lineage
from neurosim.program.program import Program
from neurosim_brian2.compiler import compile_headers, compile_sources


def build(program: Program, folder: Path) -> None:
    """Write, compile and link a program in an empty folder."""
    with ThreadPoolExecutor(1) as pool:
        headers = pool.submit(compile_headers, folder)
        from neurosim_brian2.project import write_project

        units = write_project(program, folder)
        headers.result()
    compile_sources(folder, units)


if __name__ == "__main__":
    lineage.end_with_parent()
    try:
        build(Program.from_json(sys.stdin.read()), Path(sys.argv[1]))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")  # the session's user has no use for this process's traceback
