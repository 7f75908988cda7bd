"""A program as a C++ project of Brian2's standalone device, with the cursor in place of Brian2's loop."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import brian2

from neurosim.program.program import Program
from neurosim_brian2 import layout
from neurosim_brian2.compiler import FLAGS
from neurosim_brian2.cursor import HEADER, loop
from neurosim_brian2.dense import DenseCodeObject
from neurosim_brian2.objects import Objects
from neurosim_brian2.recordings import recorded

sys.excepthook = sys.__excepthook__  # Brian2's advises to report a bug, and keeps files


def write_project(program: Program, folder: Path) -> list[str]:
    """Write the sources of a program, and a manifest of the files that its binary will write.

    Returns
    -------
    sources
        Names of the files to compile.
    """
    brian2.set_device("cpp_standalone", build_on_run=False)
    brian2.prefs.codegen.loop_invariant_optimisations = False  # it would change the order of operations
    brian2.prefs.codegen.cpp.extra_compile_args_gcc = list(FLAGS)
    brian2.prefs.codegen.cpp.headers += ['"cursor.h"']
    device = brian2.get_device()
    objects = Objects(program, summing=DenseCodeObject)

    def array(owner: str, variable: str) -> str:
        return str(device.get_array_name(objects.owner(owner).variables[variable], access_data=False))

    device.insert_code("after_network_run", loop(objects, array))
    objects.network.run(0 * brian2.second)
    (folder / "cursor.h").write_text(HEADER)
    device.build(directory=str(folder), compile=False, run=False, with_output=False)
    (folder / "manifest.json").write_text(json.dumps(_manifest(objects, device), indent=1))
    return [s for s in device.writer.source_files if s.endswith(".cpp")]


def _manifest(objects: Objects, device: Any) -> dict[str, Any]:
    """The names of the files: of each learned array, and of each probe's variables."""

    def file(owner: Any, variable: str) -> str:
        return Path(device.get_array_filename(owner.variables[variable])).name

    program = objects.program
    learned = {n: file(objects.owner(owner), v) for n, (owner, v) in layout.learned_arrays(program).items()}
    probes = {q.name: [file(objects.probes[q.name], v) for v in recorded(q)] for q in program.probes}
    return {"learned": learned, "probes": probes}
