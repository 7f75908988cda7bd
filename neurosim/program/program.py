"""The Program: what backends compile. Flat and frozen; every expression is text of the equation language.

Aliases are resolved, precision is part of the expressions, unused states are gone, rules are in the order in which
they may be executed one after another, and whatever a backend needs to know about timing (what is constant over a
trial, what arrives as events) is stated. Values of constants and numbers of steps are run arguments.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from neurosim.model.connectivity import Indices
from neurosim.model.equations.expressions import names_in, parse
from neurosim.program.features import Feature
from neurosim.program.precision.formats import BiasFormat, Format, GridFormat, SingleFormat, WeightFormat

Equations = tuple[tuple[str, str], ...]
"""Simultaneous assignments: (variable, expression)."""

HIDDEN_BITS = 24
"""In fixed point, what a delivered weight is computed from stays on the host, in multiples of 2**-24."""


@dataclass(frozen=True)
class Group:
    """A population in one mode.

    Attributes
    ----------
    state
        (variable, value at a trial's start).
    constants
        Names; their values are run arguments ``group.name``, or follow from those.
    learned
        (variable, initial value), one value a neuron.
    driven
        (variable, default), one value a neuron, set by a stimulus.
    present
        (``"output"``, expression) where the output is an expression: evaluated when a step delivers, from the state
        as the previous step left it; empty where the output is a variable or spikes.
    output
        ``"spike"``, or the variable that is delivered.
    ports
        Sums of what arrives; none for an input.
    arrived
        Some rule reads what this group delivered.
    bound
        The largest possible absolute value of the output; infinite if unknown.
    derived
        The constants that follow from others, each after those that it reads; computed once for a run.
    formats
        In fixed point: (learned variable, its format).
    """

    name: str
    size: int
    state: tuple[tuple[str, float], ...]
    constants: tuple[str, ...]
    learned: tuple[tuple[str, float], ...]
    driven: tuple[tuple[str, float], ...]
    present: Equations
    update: Equations
    spike: str | None
    reset: Equations
    output: str
    ports: tuple[str, ...]
    arrived: bool
    bound: float
    derived: Equations = ()
    formats: tuple[tuple[str, BiasFormat], ...] = ()

    @property
    def is_input(self) -> bool:
        return not self.ports


@dataclass(frozen=True)
class Matrix:
    """The synapses of a projection: learned arrays, and the weight that they deliver.

    `weight` is the name of a state, or an expression of states and constants. `indices` are the source and the target
    of each synapse, and learned arrays have shape (synapses,); where it is None, every pair of neurons has a synapse,
    and they have shape (pre, post). `format` is that of the delivered weight in fixed point, else None.
    """

    name: str
    pre: str
    post: str
    state: tuple[tuple[str, float], ...]
    constants: tuple[str, ...]
    weight: str
    indices: Indices | None = None
    format: WeightFormat | None = None

    @property
    def behind_weight(self) -> tuple[str, ...]:
        """States that the delivered weight is made of; they are on the grid where there is one."""
        names = names_in(parse(self.weight))
        return tuple(v for v, _ in self.state if v in names)

    @property
    def is_plain(self) -> bool:
        """The delivered weight is a stored variable."""
        return self.weight in dict(self.state)


@dataclass(frozen=True)
class Edge:
    """One direction of a matrix: from `source` to a port of `target`; `transposed` if that is from post to pre.

    `variable` of the source is delivered: its output (``"spike"`` or a variable), or an older one that it keeps in a
    state, for a projection with a delay. `events`: spikes that may differ from step to step. `constant`: what it
    delivers does not change within a trial, so that it needs to be computed once.
    """

    matrix: str
    source: str
    variable: str
    target: str
    port: str
    transposed: bool
    events: bool
    constant: bool


@dataclass(frozen=True)
class Rule:
    """A learning rule of a matrix or of a group (`owner`).

    `when` is ``"step"``, ``"spike"`` or ``"end"`` (of `phase`, an index; else -1). In the expressions, ``pre.x``,
    ``post.x`` and ``arrived`` are of the matrix's two groups, the rest are the owner's variables and the rule's
    constants, whose run arguments are ``owner.name.constant``. `outer` has, for each update, the pairs
    (f(pre), g(post)) with w' = w + sum of f*g, before any rounding to a grid, or None.
    """

    owner: str
    name: str
    of_matrix: bool
    when: str
    phase: int
    update: Equations
    constants: tuple[str, ...]
    outer: tuple[tuple[tuple[str, str], ...] | None, ...]


@dataclass(frozen=True)
class ProgramPhase:
    """A phase: the constants that it overrides, or that follow from those, and its assignments.

    An assignment is (group, variable, expression).
    """

    name: str
    overrides: tuple[str, ...]
    assign: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class ProgramProbe:
    """A recording: `when` is ``"step"`` or ``"end"`` (of `phase`); `variable` may be ``"spike"``."""

    name: str
    group: str
    variable: str
    when: str
    phase: int


@dataclass(frozen=True)
class Program:
    """A network in one mode with a schedule, lowered.

    Attributes
    ----------
    stimuli
        (``group.variable``, kind).
    grid
        (bits of outputs, bits of weights) under grid arithmetic and in fixed point, where these are the finest of any
        matrix; else None.
    constants
        Default values of all run arguments: ``group.constant``, ``matrix.constant``, ``owner.rule.constant``,
        ``group.constant@phase``, ``steps.phase``. Only the names are part of the structure.
    activation_bits
        In fixed point: sums that arrive are multiples of 2**-activation_bits, states of 2**-(activation_bits + 6).
    single
        Whether values are single precision.
    requires
        (``group``, ``matrix`` or ``owner.rule``, conditions that its constants must meet in a run). They are of values,
        so no part of the structure.
    """

    mode: str
    groups: tuple[Group, ...]
    matrices: tuple[Matrix, ...]
    edges: tuple[Edge, ...]
    rules: tuple[Rule, ...]
    phases: tuple[ProgramPhase, ...]
    probes: tuple[ProgramProbe, ...]
    stimuli: tuple[tuple[str, str], ...]
    grid: tuple[int, int] | None
    constants: Mapping[str, float] = field(hash=False)
    activation_bits: int | None = None
    single: bool = False
    requires: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), compare=False)

    def group(self, name: str) -> Group:
        return next(g for g in self.groups if g.name == name)

    def matrix(self, name: str) -> Matrix:
        return next(m for m in self.matrices if m.name == name)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each learned array."""
        of_groups = {f"{g.name}.{v}": (g.size,) for g in self.groups for v, _ in g.learned}
        return of_groups | {f"{m.name}.{v}": self.shape(m) for m in self.matrices for v, _ in m.state}

    def shape(self, m: Matrix) -> tuple[int, ...]:
        """Shape of a matrix's learned arrays: (pre, post), or (synapses,)."""
        if m.indices is not None:
            return (len(m.indices[0]),)
        return self.group(m.pre).size, self.group(m.post).size

    def synapses(self, m: Matrix) -> int:
        """How many synapses a matrix has."""
        return math.prod(self.shape(m))

    def initial(self) -> dict[str, float]:
        """Initial value of each learned array."""
        of_groups = {f"{g.name}.{v}": x for g in self.groups for v, x in g.learned}
        return of_groups | {f"{m.name}.{v}": x for m in self.matrices for v, x in m.state}

    def formats(self) -> dict[str, Format]:
        """The learned arrays that may not hold just any values, and which they may."""
        if self.single:
            return dict.fromkeys(self.shapes(), SingleFormat())
        found = {f"{m.name}.{v}": self._format(m) for m in self.matrices for v in m.behind_weight if self.grid}
        for g in self.groups:
            found |= {f"{g.name}.{v}": form for v, form in g.formats}
        return found

    def _format(self, m: Matrix) -> Format:
        """Of a stored weight, or of what a delivered weight is made of."""
        assert self.grid is not None
        if m.format is None:
            return GridFormat(self.grid[1])
        return m.format if m.is_plain else GridFormat(HIDDEN_BITS)

    def on_grid(self) -> tuple[str, ...]:
        """Learned arrays that have a format."""
        return tuple(self.formats())

    def features(self) -> frozenset[Feature]:
        """What a backend must be able to do; compared with its capabilities before anything runs."""
        features = {Feature(f"stimulus:{kind}") for _, kind in self.stimuli}
        features |= {Feature(f"probe:{p.when}") for p in self.probes}
        features |= {Feature(f"learning:{r.when}") for r in self.rules}
        needed = {
            Feature.SEVERAL_PORTS: any(len(g.ports) > 1 for g in self.groups),
            Feature.OUTPUT_EXPRESSION: any(g.present for g in self.groups),
            Feature.RECIPROCAL_PROJECTION: any(e.transposed for e in self.edges),
            Feature.DELAY: any(e.variable != self.group(e.source).output for e in self.edges),
            Feature.SPARSE_PROJECTION: any(m.indices is not None for m in self.matrices),
            Feature.WEIGHT_EXPRESSION: not all(m.is_plain for m in self.matrices),
        }
        return frozenset(features | {feature for feature, is_needed in needed.items() if is_needed})

    def digest(self) -> str:
        """Hash of the structure: equal for programs that differ only in values of constants."""
        d = _without_newer(asdict(self))
        d["constants"] = sorted(self.constants)
        del d["requires"]
        return hashlib.sha256(json.dumps(d, sort_keys=True).encode()).hexdigest()[:20]

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Program:
        """The program that `to_json` wrote; for backends that build in another process."""
        d = json.loads(text)
        parts = {
            "groups": Group,
            "matrices": Matrix,
            "edges": Edge,
            "rules": Rule,
            "phases": ProgramPhase,
            "probes": ProgramProbe,
        }
        for g in d["groups"]:
            g["formats"] = [(v, BiasFormat(**form)) for v, form in g["formats"]]
        for m in d["matrices"]:
            m["format"] = m["format"] and WeightFormat(**m["format"])
        flat: dict[str, Any] = {
            k: tuple(part(**{n: _tuples(v) for n, v in x.items()}) for x in d[k]) for k, part in parts.items()
        }
        rest: dict[str, Any] = {n: _tuples(v) for n, v in d.items() if n not in parts}
        return cls(**flat, **rest)


_NEWER: Mapping[str, Any] = {"activation_bits": None, "single": False, "format": None, "formats": ()}
"""Fields that are left out of the digest where they say nothing, so that programs without them keep theirs."""


def _without_newer(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_newer(v) for k, v in value.items() if k not in _NEWER or v != _NEWER[k]}
    return [_without_newer(v) for v in value] if isinstance(value, (list, tuple)) else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
