"""The slots of a group on a device: which values its neurons have, and where their binary points are."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.device.board.words.operations import Operation
from neurosim.device.board.words.term import Term
from neurosim.errors import UnsupportedFeature
from neurosim.model.equations.expressions import fold, function_of, names_in, parse, text_of, value_of
from neurosim.model.equations.printers import NumpyPrinter
from neurosim.program.precision.formats import ALIGNMENT, PAYLOAD_BITS, STATE_BITS
from neurosim.program.program import Group, Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.statements import ENVIRONMENT

SPIKE = "spike"
NUMBER_BITS = 31
"""Of a number that a host shows or sets, without its sign."""


@dataclass(frozen=True)
class Slot:
    """A value of each neuron: a whole number that is the value times 2**places.

    Attributes
    ----------
    low, high
        Bounds of the number.
    is_kept
        Whether it stays from trial to trial.
    initial
        The number at a trial's start.
    """

    places: int
    low: int
    high: int
    is_kept: bool = False
    initial: int = 0

    def numbers(self, values: Array) -> Array:
        """Return values*2**places, rounded to the nearest, halves upwards."""
        return np.floor(values * 2.0**self.places + 0.5)

    def values(self, numbers: NDArray[np.int32]) -> Array:
        """Return numbers*2**-places."""
        return np.asarray(numbers * 2.0**-self.places, np.float64)


def symmetric(bits: int, places: int, is_kept: bool = False, initial: float = 0.0) -> Slot:
    """Return a slot for signed numbers of so many bits beside the sign."""
    return Slot(places, -(2**bits), 2**bits, is_kept, whole(initial, places))


def whole(value: float, places: int) -> int:
    """Return value*2**places, rounded to the nearest, halves upwards."""
    return int(np.floor(value * 2.0**places + 0.5))


class Slots:
    """The slots of one group in a run, by the names of their variables, in the order in which they are laid out.

    Parameters
    ----------
    run
        Its program is in fixed point.

    Attributes
    ----------
    set_once
        Numbers that stay for a run, by name: constants with a value for each neuron.
    """

    def __init__(self, group: Group, run: Run):
        assert run.program.activation_bits is not None
        assert run.program.grid is not None
        self.group, self.run = group, run
        self.state_bits = run.program.activation_bits + ALIGNMENT
        self.output_bits = run.program.grid[0]
        self.set_once: dict[str, Array] = {}
        self._slots: dict[str, Slot] = dict(self._variables())

    def __getitem__(self, name: str) -> Slot:
        return self._slots[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def index(self, name: str) -> int:
        """Return the number of a slot."""
        return list(self._slots).index(name)

    def add(self, name: str, slot: Slot) -> int:
        """Add a slot, and return its number."""
        self._slots[name] = slot
        return len(self._slots) - 1

    def _variables(self) -> Iterator[tuple[str, Slot]]:
        g, kinds = self.group, dict(self.run.program.stimuli)
        places = self.output_bits if g.is_input else self.state_bits
        whole_states, late = _whole(g, self.run.program), _delivered_late(g, self.run.program)
        for v, x in g.state:
            fewer = 0 if v in whole_states else self.output_bits if v in late else places
            yield v, symmetric(STATE_BITS - 1, fewer, initial=x)
        yield from ((v, symmetric(STATE_BITS - 1, self.state_bits, True, x)) for v, x in g.learned)
        for v, default in g.driven:
            is_bit = kinds.get(f"{g.name}.{v}") == "events"
            places = 0 if is_bit else self.output_bits if g.output == v else self.state_bits
            yield v, Slot(0, 0, 1) if is_bit else symmetric(PAYLOAD_BITS - 1, places, initial=default)
        most = int(min(g.bound * 2.0**self.output_bits, 2.0 ** (PAYLOAD_BITS - 1)))
        yield from ((v, Slot(self.output_bits, -most, most)) for v, _ in g.present)
        if g.spike is not None:
            yield SPIKE, Slot(0, 0, 1)

    # variables in equations

    def load(self, name: str) -> Term:
        """Return the term of a variable.

        Raises
        ------
        UnsupportedFeature
            For a constant with a value for each neuron that no rounding stands around.
        """
        if name not in self._slots:
            raise UnsupportedFeature(f"'{name}' of {self.group.name} without a rounding", "a board", ["reference"])
        slot = self._slots[name]
        return Term((Operation.SLOT.word(self.index(name)),), slot.places, slot.low, slot.high)

    def computed_here(self, tree: ast.expr) -> ast.expr:
        """Return an expression with the parts that are constant for each neuron as slots of their own.

        They are rounded, and the host computes them.
        """
        if isinstance(tree, ast.Call) and names_in(tree) and names_in(tree) <= set(self.group.fixed):
            return self._constant(tree)
        if isinstance(tree, ast.UnaryOp):
            return ast.UnaryOp(tree.op, self.computed_here(tree.operand))
        if isinstance(tree, ast.BinOp):
            return ast.BinOp(self.computed_here(tree.left), tree.op, self.computed_here(tree.right))
        if isinstance(tree, ast.BoolOp):
            return ast.BoolOp(tree.op, [self.computed_here(v) for v in tree.values])
        if isinstance(tree, ast.Compare):
            return ast.Compare(
                self.computed_here(tree.left), tree.ops, [self.computed_here(c) for c in tree.comparators]
            )
        if isinstance(tree, ast.Call):
            return ast.Call(tree.func, [self.computed_here(a) for a in tree.args], [])
        return tree

    def _constant(self, tree: ast.Call) -> ast.expr:
        name = text_of(tree)
        if name not in self._slots:
            fixed = {n: self.run.fixed[f"{self.group.name}.{n}"] for n in self.group.fixed}
            values = np.asarray(eval(NumpyPrinter(lambda n: n)(tree), dict(ENVIRONMENT), dict(fixed)), np.float64)
            numbers = values * 2.0**self.state_bits
            if (numbers != np.trunc(numbers)).any() or np.abs(numbers).max() >= 2**NUMBER_BITS:
                raise UnsupportedFeature(f"values of '{name}' of {self.group.name}", "a board", ["reference"])
            self.set_once[name] = values
            self.add(name, Slot(self.state_bits, int(numbers.min()), int(numbers.max()), is_kept=True))
        return ast.Name(name, ast.Load())


def _delivered_late(g: Group, program: Program) -> set[str]:
    """Return the states that others receive: they are rounded as outputs are."""
    return {e.variable for e in program.edges if e.source == g.name} & {v for v, _ in g.state}


def _whole(g: Group, program: Program) -> set[str]:
    """Return the states that are given whole numbers, and each other's values, such as spikes that are kept."""
    writers: dict[str, list[ast.expr]] = {v: [ast.Constant(x)] for v, x in g.state}
    assigned = [(v, t) for p in program.phases for owner, v, t in p.assign if owner == g.name]
    for v, text in (*g.update, *g.reset, *assigned):
        writers[v].append(parse(text))
    found = set(writers)
    while True:
        left = {v for v in found if all(_is_whole(t, found) for t in writers[v])}
        if left == found:
            return found
        found = left


def _is_whole(tree: ast.expr, whole_states: Collection[str]) -> bool:
    if isinstance(tree, ast.Constant):
        return value_of(tree).is_integer()
    if isinstance(tree, ast.Name):
        return tree.id in whole_states
    if isinstance(tree, ast.Call) and function_of(tree) == "where":
        return all(_is_whole(a, whole_states) for a in tree.args[1:])
    return isinstance(tree, ast.Call) and function_of(tree) == "step"


def folded(text: ast.expr, constants: Mapping[str, float], slots: Slots) -> ast.expr:
    """Return an equation with all constants put in."""
    return slots.computed_here(fold(text, constants))
