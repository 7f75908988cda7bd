"""Build one program's binary: ``python -m neurosim_brian2.building.build FOLDER NAME < program.json``.

Brian2's import takes seconds; a session that finds the binary in the cache does without. The headers are compiled while
Brian2 is imported and writes the sources.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from neurosim.program.program import Program
from neurosim_brian2.building import builder
from neurosim_brian2.building.compiler import compile_headers, compile_sources


def build(program: Program, folder: Path, name: str) -> None:
    """Write, compile and link a program in an empty folder; `name` is what its binary will be called by."""
    with ThreadPoolExecutor(1) as pool:
        headers = pool.submit(compile_headers, folder)
        from neurosim_brian2.building.project import write_project

        units = write_project(program, folder, name)
        headers.result()
    compile_sources(folder, units)


if __name__ == "__main__":
    builder.main(build)
