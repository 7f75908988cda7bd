"""Counts of values that registers could not hold: the reference repeats a run in fixed point and watches them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.model.equations.expressions import function_of, parse, text_of, value_of
from neurosim.program.arithmetic.registers import state_limit, wrap_limit
from neurosim.program.precision.formats import ALIGNMENT
from neurosim.program.program import Group
from neurosim.program.run import Run, check_learned
from neurosim.program.schedule import Array
from neurosim.program.source.listing import compiled, in_parts, listing
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import synapses_of

WOULD_BE = "wanted"
"""Begins the names of states that hold what a register was to hold, beside it, in the program that is looked at."""


Kind = Literal["saturates", "wraps"]


@dataclass(frozen=True, eq=False)
class Counts:
    """Values of one state that its register could not hold.

    Attributes
    ----------
    kind
        What then happens: the value ``saturates``, or it ``wraps``.
    beyond
        How many of the population's values, for each step: shape (trials, steps).
    values
        How many were computed in all.
    largest
        The largest absolute value that was to be held, and `limit`, the largest that can be.
    """

    kind: Kind
    beyond: NDArray[np.int64]
    values: int
    largest: float
    limit: float

    @property
    def total(self) -> int:
        """Number of the values that the register could not hold, over all trials and steps."""
        return int(self.beyond.sum())


def saturations(run: Run, learned: Mapping[str, Array]) -> dict[str, Counts]:
    """Count the values that were saturated or wrapped, by ``population.state``; learned arrays are not changed.

    Looked at are the updates of all states, before resets and assignments. A state whose equation cannot leave its
    register has no entry.

    Parameters
    ----------
    learned
        Arrays as they were before the run, of the shapes that `Program.shapes` gives; those missing have their
        initial values.

    Raises
    ------
    InputError
        If the program is not in fixed point, or learned arrays do not fit it.
    """
    if run.program.activation_bits is None:
        raise InputError("only programs in fixed point have registers that saturate; lower with precision=FixedPoint()")
    bits = run.program.activation_bits + ALIGNMENT
    watched = {g.name: _registers(g, bits) for g in run.program.groups}
    program = replace(run.program, groups=tuple(_looked_at(g, watched[g.name]) for g in run.program.groups))
    watches = {
        f"{g.name}.{v}": _Watch(g, v, kind, _limit(kind, bits), run)
        for g in run.program.groups
        for v, (kind, _) in watched[g.name].items()
    }

    def watch(trial: int, step: int, scope: Mapping[str, Array]) -> None:
        for w in watches.values():
            w.look(trial, step, scope)

    looked_at = replace(run, program=program)
    function = compiled(listing(looked_at, watch=True))
    function.__globals__["watch"] = watch
    with np.errstate(all="ignore"):
        arrays = synapses_of(program), run.fixed, _complete(run, learned), Recorder(looked_at).arrays
        for first, part in in_parts(looked_at):
            function(part.count, first, part.stimuli, *arrays)
    return {n: w.counts() for n, w in watches.items()}


def _complete(run: Run, learned: Mapping[str, Array]) -> dict[str, Array]:
    """Copies of the learned arrays; those not given have their initial values."""
    shapes, initial, given = run.program.shapes(), run.program.initial(), check_learned(run.program, learned)
    return {n: given.get(n, np.full(shape, initial[n])) for n, shape in shapes.items()}


def _limit(kind: Kind, bits: int) -> float:
    return wrap_limit(bits) if kind == "wraps" else state_limit(bits)


def _registers(g: Group, bits: int) -> dict[str, tuple[Kind, str]]:
    """Return the states whose update can leave their register: what then happens, and what the register was to hold."""
    registers: dict[str, tuple[Kind, str]] = {}
    for v, text in g.update:
        tree = parse(text)
        if isinstance(tree, ast.Call) and function_of(tree) == "wrap":
            registers[v] = ("wraps", text_of(tree.args[0]))
        elif isinstance(tree, ast.Call) and function_of(tree) == "clip" and _is(tree.args[2], state_limit(bits)):
            registers[v] = ("saturates", text_of(tree.args[0]))
    return registers


def _is(tree: ast.expr, value: float) -> bool:
    return isinstance(tree, ast.Constant) and value_of(tree) == value


def _looked_at(g: Group, registers: Mapping[str, tuple[Kind, str]]) -> Group:
    """Return the group with a state beside each register, which holds what the register was to hold."""
    wanted = [(f"{WOULD_BE}_{v}", text) for v, (_, text) in registers.items()]
    return replace(g, state=(*g.state, *((v, 0.0) for v, _ in wanted)), update=(*g.update, *wanted))


class _Watch:
    def __init__(self, g: Group, variable: str, kind: Kind, limit: float, run: Run):
        self.name, self.kind, self.limit = f"{g.name}__{WOULD_BE}_{variable}", kind, limit
        self.values = run.count * run.steps * g.size
        self.beyond = np.zeros((run.count, run.steps), dtype=np.int64)
        self.largest = 0.0

    def look(self, trial: int, step: int, scope: Mapping[str, Array]) -> None:
        wanted = scope[self.name]
        outside = ~(np.abs(wanted) <= self.limit)  # what is NaN is outside, too
        if self.kind == "wraps":
            outside |= wanted == -self.limit
        self.beyond[trial, step] = np.count_nonzero(outside)  # twice where a phase ends, of the same values
        self.largest = float(np.maximum(self.largest, np.abs(wanted).max()))

    def counts(self) -> Counts:
        return Counts(self.kind, self.beyond, self.values, self.largest, self.limit)
