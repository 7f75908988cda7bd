"""Build one program's binary: ``python -m neurosim_brian2.build FOLDER < program.json``.

A process of its own, for Brian2's standalone device is global and its import takes seconds; a session that finds the
binary in the cache needs neither.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import brian2

from neurosim.program.program import Program
from neurosim_brian2 import layout
from neurosim_brian2.compiler import FLAGS, compile_project
from neurosim_brian2.cursor import HEADER, loop
from neurosim_brian2.objects import Objects
from neurosim_brian2.recordings import recorded

MANIFEST = "manifest.json"
"""The names of the files that the binary writes: of each learned array, and of each probe."""


def build(program: Program, folder: Path) -> None:
    """Write, compile and link a program into an empty folder."""
    brian2.set_device("cpp_standalone", build_on_run=False)
    brian2.prefs.codegen.loop_invariant_optimisations = False  # it would change the order of operations
    brian2.prefs.codegen.cpp.extra_compile_args_gcc = list(FLAGS)
    device = brian2.get_device()
    objects = Objects(program)

    def array(owner: str, variable: str) -> str:
        return str(device.get_array_name(objects.owner(owner).variables[variable], access_data=False))

    device.insert_code("after_network_run", loop(objects, array))
    objects.network.run(0 * brian2.second)
    (folder / "cursor.h").write_text(HEADER)
    device.build(directory=str(folder), compile=False, run=False, with_output=False)
    compile_project(folder, device.writer.source_files)
    (folder / MANIFEST).write_text(json.dumps(_manifest(objects, device), indent=1))


def _manifest(objects: Objects, device: Any) -> dict[str, Any]:
    def file(owner: Any, variable: str) -> str:
        return Path(device.get_array_filename(owner.variables[variable])).name

    program = objects.program
    learned = {n: file(objects.owner(owner), v) for n, (owner, v) in layout.learned_arrays(program).items()}
    probes = {q.name: [file(objects.probes[q.name], v) for v in recorded(q)] for q in program.probes}
    return {"learned": learned, "probes": probes}


if __name__ == "__main__":
    sys.excepthook = sys.__excepthook__  # Brian2's advises to report a bug, and keeps files
    build(Program.from_json(sys.stdin.read()), Path(sys.argv[1]))
