"""How sessions store synapses: by source, then by target, whatever the order in which they were given.

What a neuron delivers then lies in one piece, and the terms of a sum come by ascending source in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosim.model.fixed import FixedArray
from neurosim.program.program import Program, ProgramProbe, Selection
from neurosim.program.schedule import Array

Value = TypeVar("Value", bound=np.generic)


class RowOrder:
    """Learned arrays in the order of a program's synapses, and in that of their rows.

    Attributes
    ----------
    program
        The program with its synapses, and its fixed arrays, in the order of their rows; probes record synapses in that
        in which they were given.
    """

    def __init__(self, program: Program):
        orders = {name: wiring.row_order() for name, wiring in program.wirings().items()}
        self._orders = {name: order for name, order in orders.items() if order is not None}
        given = program.wirings()
        rewired = program.rewired({name: given[name].in_order(o) for name, o in self._orders.items()})
        self._shared = {m.name for m in program.matrices if m.kernel}
        of_synapses = [q for q in program.probes if q.group in given and q.group not in self._shared]
        recorded = {q.name: self._places(q, len(given[q.group])) for q in of_synapses}
        fixed = {n: self._in_order(n, a) for n, a in program.fixed.items()}
        self.program = replace(rewired.selecting(recorded), fixed=fixed)

    def _places(self, probe: ProgramProbe, synapses: int) -> Selection:
        """Where the synapses that a probe records are stored, in the order in which it records them.

        Also where all are stored as they were given: that is data, and another wiring is the same program.
        """
        stored = np.arange(synapses, dtype=np.int32)
        if probe.group in self._orders:
            stored = _back(stored, self._orders[probe.group])
        return Selection(stored if probe.selection is None else stored[probe.selection.units])

    def stored(self, learned: Mapping[str, Array]) -> dict[str, Array]:
        """Take learned arrays from the order given, by name; of the shapes of `Program.shapes`."""
        return {n: a if (order := self._order(n)) is None else a[order] for n, a in learned.items()}

    def given(self, learned: Mapping[str, Array]) -> dict[str, Array]:
        """Bring learned arrays into the order given, by name; copies of the shapes of `Program.shapes`."""
        return {n: a.copy() if (order := self._order(n)) is None else _back(a, order) for n, a in learned.items()}

    def _in_order(self, name: str, array: FixedArray) -> FixedArray:
        order = self._order(name)
        return array if order is None else array.in_order(order)

    def _order(self, name: str) -> NDArray[np.integer] | None:
        """The order of the synapses that an array has values of; weights that synapses share stay as they are."""
        owner = name.partition(".")[0]
        return None if owner in self._shared else self._orders.get(owner)


def _back(values: NDArray[Value], order: NDArray[np.integer]) -> NDArray[Value]:
    given = np.empty_like(values)
    given[order] = values
    return given
