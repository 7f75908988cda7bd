"""Build one program's binary: ``python -m neurosim_brian2.build FOLDER NAME < program.json``.

A process of its own, for Brian2's standalone device is global and its import takes seconds; a session that finds the
binary in the cache needs neither. The headers are compiled while Brian2 is imported and writes the sources.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from neurosim.program.program import Program
from neurosim_brian2.compiler import compile_headers, compile_sources


def build(program: Program, folder: Path, name: str) -> None:
    """Write, compile and link a program in an empty folder; `name` is what its binary will be called by."""
    with ThreadPoolExecutor(1) as pool:
        headers = pool.submit(compile_headers, folder)
        from neurosim_brian2.project import write_project

        units = write_project(program, folder, name)
        headers.result()
    compile_sources(folder, units)


if __name__ == "__main__":
    try:
        os.umask(0o077)
        os.chdir(sys.argv[1])  # Brian2 executes a file `brian_preferences` of the working folder
        build(Program.from_json(sys.stdin.read()), Path(sys.argv[1]), sys.argv[2])
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")  # the session's user has no use for this process's traceback
