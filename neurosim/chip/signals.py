"""What a learning rule may read of the two neurons of a synapse, as a chip has it: spikes, traces of spikes, values.

A variable of the equation language is one of these by its equations, not by its name:

- a state that every step clears and a spike sets to 1 is the **spike**,
- a state that every step multiplies and a spike adds to is a **trace**, and so is a state of the synapse that does the
  same with what arrived,
- any other state, and a driven parameter, is a **value**, which a neuron of Loihi 2 can send with its spike (pre) or
  hand to the synapse (post).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.chip.sums import Sum, sum_of
from neurosim.model.equations.derived import compute
from neurosim.model.equations.expressions import ANY, Interval, bounds, fold, parse
from neurosim.program.constants import ConstantKey, by_key
from neurosim.program.program import Group, Matrix, Program, Rule

PRE, POST = "x", "y"

DIFFERS = "it has a value for each neuron or synapse, and a rule on a chip has one number for all"


@dataclass(frozen=True, order=True)
class Spike:
    """1 where the neuron of a side spikes in this step, else 0; on the pre-synaptic side, where its spike arrives."""

    side: str


@dataclass(frozen=True, order=True)
class Trace:
    """trace' = keep*trace + rise*spike, read after this step's spike."""

    side: str
    keep: float
    rise: float
    name: str


@dataclass(frozen=True, order=True)
class Value:
    """A number that the neuron has, in [low, high], at the end of a phase or (empty) in every step.

    `assumed`: nothing in the equations bounds it; of an input [0, 1] is taken, of anything else [-1, 1].
    """

    side: str
    name: str
    low: float
    high: float
    phase: str = ""
    assumed: bool = False


@dataclass(frozen=True, order=True)
class Weight:
    """The weight itself."""


Signal = Spike | Trace | Value | Weight


class NotOnChip(Exception):
    """A chip cannot do a rule: why, and the term of the equation that is the cause."""

    def __init__(self, reason: str, term: str):
        self.reason, self.term = reason, term
        super().__init__(f"{term}: {reason}")


Reading = tuple[tuple[float, tuple[Signal, ...]], ...]
"""What a name stands for: a sum of coefficient * signals."""


class Signals:
    """The signals that the names in one rule of a matrix stand for.

    Parameters
    ----------
    constants
        Run arguments that are not at their defaults, by name.
    """

    def __init__(self, program: Program, rule: Rule, constants: Mapping[str, float] | None = None):
        self.program, self.rule = program, rule
        self.matrix: Matrix = program.matrix(rule.owner)
        self.groups = {"pre": program.group(self.matrix.pre), "post": program.group(self.matrix.post)}
        self._given = by_key({**program.constants, **(constants or {})})
        self._by_side = {side: self._constants(group) for side, group in self.groups.items()}
        self._pre_spikes: set[str] = set()

    @property
    def numbers(self) -> dict[str, float]:
        """The values of all constants that the rule may name."""
        own = {c: self._given[ConstantKey(self.rule.owner, c, self.rule.name)] for c in self.rule.constants}
        synapse = {c: self._given[ConstantKey(self.matrix.name, c)] for c in self.matrix.constants}
        return own | synapse | {f"{s}.{c}": x for s, values in self._by_side.items() for c, x in values.items()}

    def read(self, name: str) -> Reading:
        """Return what a name stands for.

        Raises
        ------
        NotOnChip
            If it is none of the signals.
        """
        side, _, variable = name.rpartition(".")
        if name == self.matrix.weight:
            return ((1.0, (Weight(),)),)
        if name == "arrived" or variable.startswith("past_"):
            return self._arrived(name)
        if side:
            return ((1.0, (self._of_neuron(side, variable),)),)
        return self._of_synapse(name)

    def _constants(self, group: Group) -> dict[str, float]:
        derived = dict(group.derived)
        phase = "" if self.rule.phase < 0 else self.program.phases[self.rule.phase].name
        plain = {
            c: self._given.get(ConstantKey(group.name, c, phase=phase), self._given.get(ConstantKey(group.name, c)))
            for c in group.constants
            if c not in derived
        }
        known = {c: x for c, x in plain.items() if x is not None}
        alike = ((c, text) for c, text in group.derived if c not in group.fixed)
        return known | compute(alike, known, f"population {group.name}")

    def _arrived(self, name: str) -> Reading:
        group = self.groups["pre"]
        if group.output == "spike":
            return ((1.0, (self._pre_spike("arrived"),)),)
        if group.present:
            raise NotOnChip("what the source delivers is an expression, which no trace holds", name)
        return ((1.0, (self._value("pre", group.output),)),)

    def _pre_spike(self, name: str) -> Spike:
        """Return a spike at its start or at its arrival; the synapse sees one of the two."""
        self._pre_spikes.add(name)
        if len(self._pre_spikes) > 1:
            raise NotOnChip(
                "a synapse sees a spike when it arrives, and not when it was fired",
                " and ".join(sorted(self._pre_spikes)),
            )
        return Spike(PRE)

    def _of_neuron(self, side: str, variable: str) -> Signal:
        group, letter = self.groups[side], PRE if side == "pre" else POST
        if variable in group.fixed:
            raise NotOnChip(DIFFERS, f"{side}.{variable}")
        update, reset = self._equation(side, group.update, variable), self._equation(side, group.reset, variable)
        if update == {} and reset == {(): 1.0}:
            return self._pre_spike(f"pre.{variable}") if side == "pre" else Spike(POST)
        if update is not None and reset is not None and set(update) == {(variable,)}:
            rise = reset.get((), 0.0)
            if reset == {(variable,): 1.0, (): rise} and 0 < update[variable,] < 1 and rise > 0:
                return Trace(letter, update[variable,], rise, f"{side}.{variable}")
        if variable in dict(group.learned):
            raise NotOnChip("a learned parameter of the neuron is not among the traces", f"{side}.{variable}")
        return self._value(side, variable)

    def _equation(self, side: str, equations: tuple[tuple[str, str], ...], variable: str) -> Sum | None:
        text = dict(equations).get(variable)
        return None if text is None else sum_of(fold(parse(text), self._by_side[side]))

    def _value(self, side: str, variable: str) -> Value:
        group, name, phase = self.groups[side], variable, ""
        if self.rule.when == "end" and variable in dict(group.state):
            phase = self.program.phases[self.rule.phase].name
            for earlier in self.program.phases:
                for owner, assigned, text in earlier.assign:
                    if (owner, assigned) == (group.name, variable):
                        name, phase = text, earlier.name
        if not isinstance(parse(name), ast.Name):
            raise NotOnChip(f"it is assigned '{name}', which no neuron keeps", f"{side}.{variable}")
        low, high = self._bounds(side, name)
        assumed = math.inf in (-low, high)
        if assumed:
            low, high = (0.0 if group.is_input else -1.0, 1.0)
        return Value(PRE if side == "pre" else POST, f"{side}.{name}", low, high, phase, assumed)

    def _bounds(self, side: str, variable: str) -> Interval:
        """Return the bounds of a state; a driven parameter has none."""
        group = self.groups[side]
        intervals = [(x, x) for v, x in group.state if v == variable]
        for v, text in (*group.update, *group.reset) if intervals else ():
            if v == variable:
                intervals.append(bounds(fold(parse(text), self._by_side[side]), {}))
        return (min(i[0] for i in intervals), max(i[1] for i in intervals)) if intervals else ANY

    def _of_synapse(self, name: str) -> Reading:
        """A trace at the synapse, trace' = keep*trace + arrived: its old value is (trace' - arrived)/keep."""
        if name in self.matrix.fixed:
            raise NotOnChip(DIFFERS, name)
        text = dict(self.rule.update).get(name)
        new = None if text is None else sum_of(fold(parse(text), self.numbers))
        if new is not None and set(new) == {(name,), ("arrived",)} and self.groups["pre"].output == "spike":
            keep, rise = new[name,], new["arrived",]
            if 0 < keep < 1 and rise > 0:
                trace = Trace(PRE, keep, rise, name)
                return ((1 / keep, (trace,)), (-rise / keep, (self._pre_spike("arrived"),)))
        raise NotOnChip("a variable of the synapse that is no trace of what arrived", name)
