"""A program as a C++ project of Brian2's standalone device, with the cursor in place of Brian2's loop.

Brian2 writes a file for each code object. Here one unit includes them all, each in a namespace of its own, for they
define the same small functions: they are compiled faster so, and the cursor's calls of them can be inlined.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import brian2

from neurosim.program.program import Program
from neurosim_brian2 import layout
from neurosim_brian2.building.dense import DenseCodeObject, go_by_rows
from neurosim_brian2.building.sparse import SparseCodeObject
from neurosim_brian2.cursor.loop import HEADER, checked_at_start, loop
from neurosim_brian2.objects import Objects

sys.excepthook = sys.__excepthook__  # Brian2's advises to report a bug, and keeps files


def write_project(program: Program, folder: Path, name: str) -> dict[str, str]:
    """Write the sources of a program, and a manifest of the files that its binary will write.

    Parameters
    ----------
    name
        What the binary is told at its start; told another one, it ends.

    Returns
    -------
    units
        Text of each unit to compile, by its name.
    """
    brian2.set_device("cpp_standalone", build_on_run=False)
    brian2.prefs.codegen.loop_invariant_optimisations = False  # it would change the order of operations
    brian2.prefs.codegen.cpp.extra_compile_args = []  # ours are not known to Brian2, which would try each of its own
    brian2.prefs.codegen.cpp.headers += ['"cursor.h"']
    device = brian2.get_device()
    objects = Objects(program, dense=DenseCodeObject, sparse=SparseCodeObject)
    go_by_rows(objects)

    def array(owner: str, variable: str) -> str:
        return str(device.get_array_name(objects.owner(owner).variables[variable], access_data=False))

    objects.network.run(0 * brian2.second)
    device.insert_code("before_start", f"cursor::end_with_parent();\n{checked_at_start(name)}")
    device.insert_code("main", loop(objects, array))
    ends = [array(m, f"_synaptic_{side}") for m in program.wirings() for side in ("pre", "post")]
    for m in (m for m in program.matrices if m.longest_delay):
        shown = [layout.LATE[back] for back in layout.shown_late(program, m)]
        ends += [array(m.name, variable) for variable in (layout.DELAY, *shown)]
    ends += [array(m.name, layout.of_synapse(n)) for m in program.matrices for n in m.fixed if not m.kernel]
    for m in layout.shared(program):
        rules = [r for r in program.rules if r.owner == m.name]
        copies = map(layout.of_synapse, layout.copied_to_synapses(program, m))
        summed = dict.fromkeys(v for r in rules for v in layout.summed(r))
        ends += [array(m.name, v) for v in (layout.SHARE, layout.EFFECTIVE, *copies, *summed)]
    ends += [array(r.owner, layout.of_synapse(s.name)) for r in program.rules if r.of_matrix for s in r.sums]
    device.insert_code("before_end", "\n".join(f"cursor::forget(brian::{name});" for name in ends))
    (folder / "cursor.h").write_text(HEADER)
    device.build(directory=str(folder), compile=False, run=False, with_output=False)
    (folder / "manifest.json").write_text(json.dumps(_manifest(objects, device), indent=1))
    return _units(sorted(s for s in device.writer.source_files if s.endswith(".cpp")), set(device.code_objects))


def _units(sources: Iterable[str], in_every_step: Collection[str]) -> dict[str, str]:
    """What runs in a step, `main` first, for it declares the functions of the others; and what surrounds it."""
    step, around = ['#include "main.cpp"'], ['#pragma GCC optimize("O0")']
    for source in sources:
        path = Path(source)
        if path.parent.name == "code_objects":
            function = f"_run_{path.stem}" if path.stem in in_every_step else f"_{path.stem}"
            step.append(_in_namespace(source, f"of_{path.stem}", function))
        elif source != "main.cpp":
            around.append(f'#include "{source}"')
    return {"step": "\n".join(step), "around": "\n".join(around)}


def _in_namespace(source: str, namespace: str, function: str) -> str:
    return f'namespace {namespace} {{\n#include "{source}"\n}}\nvoid {function}() {{ {namespace}::{function}(); }}'


def _manifest(objects: Objects, device: Any) -> dict[str, Any]:
    """The names of the files: of each learned array, and of each state."""

    def file(owner: Any, variable: str) -> str:
        return Path(device.get_array_filename(owner.variables[variable])).name

    program = objects.program
    learned = {n: file(objects.owner(owner), v) for n, (owner, v) in layout.learned_arrays(program).items()}
    state = {n: file(objects.owner(owner), v) for n, (owner, v) in layout.left_state(program).items()}
    return {"learned": learned, "state": state}
