"""What rounding does to weights that are computed when they are delivered, such as the sign of a hidden one."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import numpy as np

from neurosim.model.equations.expressions import fold, parse
from neurosim.model.equations.printers import NumpyPrinter
from neurosim.program.constants import by_key
from neurosim.program.precision.ledger import LedgerEntry, ledger_entry
from neurosim.program.program import Matrix, Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.statements import ENVIRONMENT


def delivered_ledger(program: Program, learned: Mapping[str, Array]) -> list[LedgerEntry]:
    """Return an entry, by the name of the projection, for each whose delivered weights fixed point changes.

    Stored weights that are delivered as they are have theirs from `quantise`. Constants are the program's own.

    Parameters
    ----------
    learned
        Arrays of the shapes that `Program.shapes` gives, by ``owner.variable``.
    """
    entries = []
    for m in program.matrices:
        if m.format is not None and not m.is_plain:
            exact = _exact(m, program, learned)
            entries.append(ledger_entry(m.name, exact, m.format.rounded(exact), m.format))
    return [e for e in entries if e.changed]


def _exact(m: Matrix, program: Program, learned: Mapping[str, Array]) -> Array:
    """The delivered weights without the rounding into their format, which is the outermost of the expression."""
    rounded = parse(m.weight)
    assert isinstance(rounded, ast.Call)
    within = rounded.args[0]
    assert isinstance(within, ast.Call)
    constants = Run(program, 0, {}, by_key(program.constants), False).values(m.name)
    text = NumpyPrinter(lambda n: n)(fold(within.args[0], constants))
    scope = {v: learned[f"{m.name}.{v}"] for v, _ in m.state}
    scope |= {n: program.fixed[f"{m.name}.{n}"].values for n in m.fixed}
    return np.broadcast_to(eval(text, dict(ENVIRONMENT), scope), program.shape(m)).astype(np.float64)
