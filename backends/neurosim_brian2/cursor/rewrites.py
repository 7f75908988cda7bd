"""Arrays that a run writes anew between trials: the lines of C++ that do so, and their files.

What matrices deliver before and after is told by its largest absolute values, synapse by synapse, so that a session can
know that its sums were exact all the way.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.trial.writes import Writes
from neurosim_brian2 import layout
from neurosim_brian2.layout import NameOfArray

if TYPE_CHECKING:
    from neurosim_brian2.objects import Objects


def opened(program: Program) -> list[str]:
    """Lines that open the files, where there are any."""
    keys = layout.rewritable(program)
    lines = [f'cursor::Rewrites rewrites("{layout.REWRITES}");'] if keys else []
    lines += [f'cursor::Rewritten rewritten_{k}("rewritten_{k}");' for k in range(len(keys))]
    return lines + [f'cursor::Largest largest_{k}("largest_{k}");' for k in range(len(program.matrices) if keys else 0)]


def rewritten(objects: Objects, array: NameOfArray) -> list[str]:
    """Lines that write what is due before a trial."""
    program = objects.program
    keys = layout.rewritable(program)
    if not keys:
        return []
    seen = [f"largest_{k}.see({array(m.name, layout.weight(m))});" for k, m in enumerate(program.matrices)]
    written = [
        f"rewritten_{k}.next({array(key.owner, layout.of_synapse(key.variable))});" for k, key in enumerate(keys)
    ]
    computed = [f"_run_{code.name}();" for runner in objects.weights.values() for code in runner.code_objects]
    return [f"if (rewrites.due(trial)) {{ {' '.join([*seen, *written, *computed, *seen])} }}"]


def left(program: Program) -> list[str]:
    """Lines that leave the largest values."""
    of_each = range(len(program.matrices) if layout.rewritable(program) else 0)
    return [f"largest_{k}.leave();" for k in of_each]


def write(folder: Path, run: Run) -> None:
    """Write what a run is to write anew to where the cursor reads it."""
    if not run.writes:
        return
    np.array(run.writes.trials, np.int64).tofile(folder / layout.REWRITES)
    names = {str(key): k for k, key in enumerate(layout.rewritable(run.program))}
    for name, arrays in run.writes.arrays.items():
        arrays.tofile(folder / f"rewritten_{names[name]}")


def can_be_written(program: Program, writes: Writes) -> bool:
    """Whether the cursor can write what is written."""
    return {*writes.arrays} <= {str(key) for key in layout.rewritable(program)}


def largest_weights(folder: Path, program: Program) -> dict[str, Array]:
    """Return the largest absolute values that each matrix delivered, just before and after it was written anew."""
    shapes = {m.name: program.delivered_shape(m) for m in program.matrices}
    return {name: np.fromfile(folder / f"largest_{k}").reshape(shape) for k, (name, shape) in enumerate(shapes.items())}
