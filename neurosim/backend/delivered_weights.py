"""The weights that matrices deliver, computed from the learned arrays that they follow from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.statements import ENVIRONMENT, Statements
from neurosim.program.source.synapses import synapses_of


def delivered_weights(run: Run, learned: Mapping[str, Array]) -> dict[str, Array]:
    """W_eff = f(learned variables, constants) of each matrix.

    Parameters
    ----------
    run
        Its constants and fixed arrays are those of the matrices.
    learned
        All learned arrays of the program, by ``matrix.variable``.

    Returns
    -------
    dict of str to ndarray
        By name of the matrix, of shape (pre, post), or (synapses,) for a sparse one. A weight that is a stored variable
        is the learned array itself, not a copy.
    """
    statements, synapses = Statements(run), synapses_of(run.program)
    weights = {}
    for m in run.program.matrices:
        if m.is_plain:
            weights[m.name] = learned[f"{m.name}.{m.weight}"]
        else:
            scope: dict[str, Any] = {f"{m.name}__{v}": learned[f"{m.name}.{v}"] for v, _ in m.state}
            scope |= {f"{m.name}__{n}": run.fixed[f"{m.name}.{n}"] for n in m.fixed}
            scope[f"{m.name}__effective"] = np.empty(run.program.delivered_shape(m))
            scope |= {statements.synapses(m.name): synapses[m.name]} if m.kernel else {}
            exec("\n".join(statements.effective(m)), dict(ENVIRONMENT), scope)
            weights[m.name] = scope[f"{m.name}__effective"]
    return weights


class DeliveredWeights:
    """What the learned arrays of a session deliver, computed once for as long as these stay as they are.

    Weights that are an expression are kept, and computed again only for other constants of their matrices. Whoever
    changes learned arrays takes a new object.
    """

    def __init__(self) -> None:
        self._constants: dict[str, dict[str, float]] | None = None
        self._computed: dict[str, Array] = {}

    def of(self, run: Run, learned: Mapping[str, Array]) -> dict[str, Array]:
        """The weights under the constants of a run, as `delivered_weights` gives them; not to be written to."""
        expressions = [m.name for m in run.program.matrices if not m.is_plain]
        constants = {name: run.values(name) for name in expressions}
        if constants != self._constants:
            weights = delivered_weights(run, learned)
            self._computed, self._constants = {name: weights[name] for name in expressions}, constants
        stored = {m.name: learned[f"{m.name}.{m.weight}"] for m in run.program.matrices if m.is_plain}
        return {**stored, **self._computed}
