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
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurosim.model.connectivity import Wiring
from neurosim.model.equations.expressions import names_in, parse
from neurosim.model.fixed import FixedArray
from neurosim.program.constants import ConstantKey, length_of
from neurosim.program.features import Feature
from neurosim.program.precision.formats import BiasFormat, Format, GridFormat, SingleFormat, WeightFormat
from neurosim.program.schedule import StimulusKind

if TYPE_CHECKING:
    from neurosim.program.precision import Precision

Equations = tuple[tuple[str, str], ...]
"""Simultaneous assignments: (variable, expression)."""

RuleMoment = Literal["step", "spike", "end"]
"""A rule fires at every step, at a spike of the post-synaptic neuron, or at the end of a phase."""

ProbeMoment = Literal["step", "end"]
"""A probe records at every step, or at the end of a phase."""


def added(variable: str) -> str:
    """Return the name, in the update of shared weights, of what their synapses add to a variable."""
    return f"added__{variable}"


ONE_SYNAPSE = Wiring.of(np.zeros(1, np.int32), np.zeros(1, np.int32))
"""Stands for any wiring where only the structure counts."""

ONE_SHARED_WEIGHT = np.zeros(1, np.int32)
"""The weight that it has where synapses share weights."""

ONE_DELAYED_SYNAPSE = ONE_SYNAPSE.delayed(np.ones(1, np.int32))
"""The same where synapses have delays."""

NO_WIRINGS: Mapping[str, Wiring] = MappingProxyType({})
NO_SELECTIONS: Mapping[str, Selection] = MappingProxyType({})

NO_FIXED: Mapping[str, FixedArray] = MappingProxyType({})

HIDDEN_BITS = 24
"""In fixed point, what a delivered weight is computed from stays on the host, in multiples of 2**-24."""


@dataclass(frozen=True)
class Group:
    """A population in one mode.

    Attributes
    ----------
    size
        Number of neurons.
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
    update, reset
        New values of states in each step, and of neurons that spike.
    spike
        The condition under which a neuron spikes; None where none does.
    output
        ``"spike"``, or the variable that is delivered.
    ports
        Sums of what arrives; none for an input.
    arrived
        Whether some rule reads what this group delivered.
    bound
        The largest possible absolute value of the output; infinite if unknown.
    derived
        The constants that follow from others, each after those that it reads; computed once for a run.
    formats
        In fixed point: (learned variable, its format).
    fixed
        Names that equations read as constants and that have a value for each neuron: those that `Program.fixed` has,
        then those that follow from them. They are not among `constants`.
    initial
        States whose values at a trial's start are in `Program.fixed`, in place of that of `state`.
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
    fixed: tuple[str, ...] = ()
    initial: tuple[str, ...] = ()

    @property
    def is_input(self) -> bool:
        """Whether stimuli set what the group delivers: nothing arrives at it."""
        return not self.ports


@dataclass(frozen=True)
class Matrix:
    """The synapses of a projection: learned arrays, and the weight that they deliver.

    Attributes
    ----------
    pre, post
        The groups at both ends.
    state
        (learned variable, initial value), one value a synapse.
    constants
        Names; their values are run arguments ``matrix.name``.
    weight
        The delivered weight: the name of a state, or an expression of states and constants.
    wiring
        The source and the target of each synapse, so that learned arrays have shape (synapses,). None where every pair
        of neurons has a synapse; learned arrays then have shape (pre, post). That there is a wiring is structure; which
        one is data, as weights are.
    format
        In fixed point, the format of the delivered weight; else None.
    longest_delay
        The steps of the longest delay of a synapse, rounded up to a power of two; 0 where synapses have none. The
        delays are part of `wiring`.
    kernel
        The shape of learned arrays where synapses share weights; the weight of each synapse is part of `wiring`. Empty
        where each synapse has a weight of its own.
    fixed
        Names that equations read as constants and that have a value for each synapse, in `Program.fixed`. They are not
        among `constants`.
    """

    name: str
    pre: str
    post: str
    state: tuple[tuple[str, float], ...]
    constants: tuple[str, ...]
    weight: str
    wiring: Wiring | None = None
    format: WeightFormat | None = None
    longest_delay: int = 0
    fixed: tuple[str, ...] = ()
    kernel: tuple[int, ...] = ()

    @property
    def behind_weight(self) -> tuple[str, ...]:
        """States that the delivered weight is made of. A program on a grid keeps them on the grid."""
        names = names_in(parse(self.weight))
        return tuple(v for v, _ in self.state if v in names)

    @property
    def is_stored(self) -> bool:
        """Whether the delivered weight is a stored variable, of each synapse or of all that share it."""
        return self.weight in dict(self.state)

    @property
    def is_plain(self) -> bool:
        """Whether the delivered weight is a stored variable of each synapse."""
        return self.is_stored and not self.kernel


@dataclass(frozen=True)
class Edge:
    """One direction of a matrix: what a source delivers to a port of a target.

    Attributes
    ----------
    matrix, source, target, port
        The matrix, the groups at both ends, and the port of the target that takes the sum.
    variable
        The variable of the source that is delivered: its output (``"spike"`` or a variable), or for a projection with
        one delay for all pairs the state that keeps an older output.
    transposed
        Whether the direction is from post to pre.
    events
        Whether spikes are delivered that may differ from step to step.
    constant
        Whether what is delivered does not change within a trial. It is then computed once.
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
class TrialSum:
    """What a rule adds up over the trials of a batch.

    Attributes
    ----------
    name
        What the rule's expressions call the sum; no variable has such a name.
    products
        What is added up, each term a product of expressions: (f(pre), g(post)) in a rule of a matrix, (f,) of the
        group's own variables in a rule of a group. Under a grid each is rounded to the bits of outputs.
    """

    name: str
    products: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Rule:
    """A learning rule of a matrix or of a group.

    Attributes
    ----------
    owner
        The matrix or group whose variables the rule updates.
    of_matrix
        Whether the owner is a matrix.
    when
        When the rule fires: at every ``"step"``, at a post-synaptic ``"spike"``, or at the ``"end"`` of a phase.
    phase
        The index of the phase at whose end the rule fires; else -1.
    update
        In the expressions, ``pre.x``, ``post.x`` and ``arrived`` are of the matrix's two groups. The other names are
        the owner's variables, and the rule's constants.
    constants
        Names; their values are run arguments ``owner.name.constant``.
    increments
        Where synapses share weights, for each variable what a synapse adds to it; rounded first, where the variable is.
        `update` then is of a weight, not of a synapse: it has the sum over all synapses that share the weight, and of
        a rule at spikes over those whose target spiked, as `added` names it, and no variable of either side. A rule at
        spikes updates all weights in a step in which some target spikes.
    outer
        For each update the pairs (f(pre), g(post)) with w' = w + sum of f*g, before any rounding to a grid, or None.
    sums
        Where trials learn in batches: what is added up over the trials of a batch, at whose end the rule fires once.
        Its expressions then read nothing else that differs from trial to trial.
    estimate
        A part of the update that one trial estimates, if the rule names it; no part of the structure.
    """

    owner: str
    name: str
    of_matrix: bool
    when: RuleMoment
    phase: int
    update: Equations
    constants: tuple[str, ...]
    outer: tuple[tuple[tuple[str, str], ...] | None, ...]
    increments: Equations = ()
    sums: tuple[TrialSum, ...] = ()
    estimate: str = field(default="", compare=False, repr=False)

    @property
    def equations(self) -> Equations:
        """All of its expressions: what synapses add, then new values."""
        return (*self.increments, *self.update)

    @property
    def full_name(self) -> str:
        """``owner.name``, which no other rule has."""
        return f"{self.owner}.{self.name}"


@dataclass(frozen=True)
class ProgramPhase:
    """A phase of the schedule.

    Attributes
    ----------
    overrides
        ``group.constant`` of each constant that the phase sets, and of each that follows from those.
    assign
        (group, variable, expression): what the phase assigns at its end.
    """

    name: str
    overrides: tuple[str, ...]
    assign: tuple[tuple[str, str, str], ...]

    @property
    def overridden(self) -> tuple[ConstantKey, ...]:
        """The constants of `overrides` as keys, without the phase."""
        return tuple(map(ConstantKey.from_text, self.overrides))


@dataclass(frozen=True, eq=False)
class Selection:
    """The neurons or synapses that a probe records. That there is one is structure; which ones is data.

    Attributes
    ----------
    units
        Indices, int32 of shape (units,), of synapses into their learned array as it lies, row by row.
    """

    units: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.units)

    def __eq__(self, other: object) -> bool:
        return np.array_equal(self.units, other.units) if isinstance(other, Selection) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.units.tobytes())


@dataclass(frozen=True)
class ProgramProbe:
    """A recording of a variable of a group, or of a matrix.

    Attributes
    ----------
    group
        The group or matrix.
    variable
        A state, a learned variable, or ``"spike"``.
    when
        The moment of the recording: ``"step"``, or ``"end"`` of a phase.
    phase
        The index of the phase at whose end the probe records; else -1.
    every
        Of every step: those that are multiples of it.
    selection
        What is recorded of the variable; None for all.
    """

    name: str
    group: str
    variable: str
    when: ProbeMoment
    phase: int
    every: int = 1
    selection: Selection | None = None

    def rows(self, steps: int) -> int:
        """Return how often the probe records in a trial of so many steps, if the phase of an end has any."""
        return -(-steps // self.every) if self.when == "step" else 1


@dataclass(frozen=True)
class Program:
    """A network in one mode with a schedule, lowered.

    Attributes
    ----------
    mode
        The mode of the network.
    groups, matrices, edges
        The populations, the synapses of the projections, and each direction in which these deliver.
    rules
        The learning rules, in an order in which they may be executed one after another.
    phases, probes
        The schedule of a trial, and what it records.
    stimuli
        (``group.variable``, kind).
    grid
        (bits of outputs, bits of weights) under grid arithmetic and in fixed point, where these are the finest of any
        matrix; else None.
    constants
        Default values of all run arguments, by the text of their `ConstantKey`: ``group.constant``,
        ``matrix.constant``, ``owner.rule.constant``, ``group.constant@phase``, ``steps.phase``. Only the names are part
        of the structure.
    activation_bits
        In fixed point: sums that arrive are multiples of 2**-activation_bits, states of 2**-(activation_bits + 6).
    single
        Whether values are single precision.
    requires
        (``group``, ``matrix`` or ``owner.rule``, conditions that its constants must meet in a run). They are of values,
        so no part of the structure.
    fixed
        By ``group.name`` and ``matrix.name``, the values of fixed parameters for each neuron or synapse, of shape
        (size,), (pre, post) or (synapses,), and of states at a trial's start. They are data, as weights are; that they
        are there is structure.
    batch
        How many trials learn together, from the same weights; 1 where each learns by itself. That it is more than 1 is
        structure, for then rules have sums; how many is not.
    exact
        The same program in float64, before the roundings of its number format, and that format: what a device changes
        comes before it. None for a program that was read from JSON.
    """

    mode: str
    groups: tuple[Group, ...]
    matrices: tuple[Matrix, ...]
    edges: tuple[Edge, ...]
    rules: tuple[Rule, ...]
    phases: tuple[ProgramPhase, ...]
    probes: tuple[ProgramProbe, ...]
    stimuli: tuple[tuple[str, StimulusKind], ...]
    grid: tuple[int, int] | None
    constants: Mapping[str, float] = field(hash=False)
    activation_bits: int | None = None
    single: bool = False
    requires: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), compare=False)
    fixed: Mapping[str, FixedArray] = field(default_factory=dict, hash=False)
    batch: int = 1
    exact: tuple[Program, Precision] | None = field(default=None, compare=False, repr=False)

    @property
    def parts(self) -> tuple[Group | Matrix, ...]:
        """Its groups, then its matrices."""
        return (*self.groups, *self.matrices)

    def group(self, name: str) -> Group:
        """Return the group of a name.

        Raises
        ------
        StopIteration
            If the program has none.
        """
        return next(g for g in self.groups if g.name == name)

    def matrix(self, name: str) -> Matrix:
        """Return the matrix of a name.

        Raises
        ------
        StopIteration
            If the program has none.
        """
        return next(m for m in self.matrices if m.name == name)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Steps of each phase in the schedule; a run may have others."""
        return tuple(int(self.constants[str(length_of(p.name))]) for p in self.phases)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each learned array, by ``owner.variable``: that of a group, or of `shape`."""
        of_groups = {f"{g.name}.{v}": (g.size,) for g in self.groups for v, _ in g.learned}
        return of_groups | {f"{m.name}.{v}": self.shape(m) for m in self.matrices for v, _ in m.state}

    def shape(self, m: Matrix) -> tuple[int, ...]:
        """Return the shape of a matrix's learned arrays: (pre, post), (synapses,), or that of its kernel."""
        return m.kernel or self.delivered_shape(m)

    def delivered_shape(self, m: Matrix) -> tuple[int, ...]:
        """Return the shape of what a matrix delivers: (pre, post), or (synapses,)."""
        if m.wiring is not None:
            return (len(m.wiring),)
        return self.group(m.pre).size, self.group(m.post).size

    def synapses(self, m: Matrix) -> int:
        """Return how many synapses a matrix has."""
        return math.prod(self.delivered_shape(m))

    def initial(self) -> dict[str, float]:
        """Return the initial value of each learned array, by ``owner.variable``."""
        of_groups = {f"{g.name}.{v}": x for g in self.groups for v, x in g.learned}
        return of_groups | {f"{m.name}.{v}": x for m in self.matrices for v, x in m.state}

    def formats(self) -> dict[str, Format]:
        """Return the format of each learned array that may not hold every float64, by ``owner.variable``."""
        if self.single:
            return dict.fromkeys(self.shapes(), SingleFormat())
        formats = {f"{m.name}.{v}": self._format(m) for m in self.matrices for v in m.behind_weight if self.grid}
        for g in self.groups:
            formats |= {f"{g.name}.{v}": form for v, form in g.formats}
        return formats

    def _format(self, m: Matrix) -> Format:
        """Return the format of a stored weight, or of what a delivered weight is made of."""
        assert self.grid is not None
        if m.format is None:
            return GridFormat(self.grid[1])
        return m.format if m.is_stored else GridFormat(HIDDEN_BITS)

    def on_grid(self) -> tuple[str, ...]:
        """Return the names of the learned arrays that have a format."""
        return tuple(self.formats())

    def is_learned(self, probe: ProgramProbe) -> bool:
        """Return whether a probe records what is learned."""
        return f"{probe.group}.{probe.variable}" in self.shapes()

    def recorded_shape(self, probe: ProgramProbe) -> tuple[int, ...]:
        """Return the shape of what a probe records at once: (units,), or that of a learned array."""
        if probe.selection is not None:
            return (len(probe.selection),)
        learned = self.shapes().get(f"{probe.group}.{probe.variable}")
        return (self.group(probe.group).size,) if learned is None else learned

    def selections(self) -> dict[str, Selection]:
        """Return the selection of each probe that has one, by its name."""
        return {q.name: q.selection for q in self.probes if q.selection is not None}

    def selecting(self, selections: Mapping[str, Selection]) -> Program:
        """Return the program with another selection of some probes, by their names."""
        probes = (replace(q, selection=selections.get(q.name, q.selection)) for q in self.probes)
        return replace(self, probes=tuple(probes))

    def features(self) -> frozenset[Feature]:
        """What a backend must be able to do; compared with its capabilities before anything runs."""
        features = {Feature(f"stimulus:{kind}") for _, kind in self.stimuli}
        features |= {Feature(f"probe:{p.when}") for p in self.probes}
        features |= {Feature(f"learning:{r.when}") for r in self.rules}
        needed = {
            Feature.SOME_RECORDED: any(q.selection is not None or q.every > 1 for q in self.probes),
            Feature.LEARNED_RECORDED: any(self.is_learned(q) for q in self.probes),
            Feature.SEVERAL_PORTS: any(len(g.ports) > 1 for g in self.groups),
            Feature.OUTPUT_EXPRESSION: any(g.present for g in self.groups),
            Feature.RECIPROCAL_PROJECTION: any(e.transposed for e in self.edges),
            Feature.DELAY: any(e.variable != self.group(e.source).output for e in self.edges),
            Feature.SYNAPTIC_DELAYS: any(m.longest_delay for m in self.matrices),
            Feature.SPARSE_PROJECTION: any(m.wiring is not None for m in self.matrices),
            Feature.WEIGHT_EXPRESSION: not all(m.is_stored for m in self.matrices),
            Feature.SHARED_WEIGHTS: any(m.kernel for m in self.matrices),
            Feature.BATCHES: self.batch > 1,
            Feature.FIXED_PARAMETERS: any(part.fixed for part in self.parts),
            Feature.INITIAL_VALUES: any(g.initial for g in self.groups),
        }
        return frozenset(features | {feature for feature, is_needed in needed.items() if is_needed})

    def pasts(self) -> dict[str, int]:
        """Return how many past outputs of a group synapses with delays read, by its name, where any does."""
        read: dict[str, int] = {}
        for e in self.edges:
            longest = self.matrix(e.matrix).longest_delay
            if longest:
                read[e.source] = max(longest, read.get(e.source, 0))
        return read

    def digest(self) -> str:
        """Return a hash of the structure. Programs that differ only in constants, arrays and wiring have the same."""
        d = _without_newer(_plain(self))
        d["constants"] = sorted(self.constants)
        for g in d["groups"]:
            if "initial" in g:
                del g["bound"]  # it follows from the values, too
        del d["requires"]
        d.pop("batch", None)
        return hashlib.sha256(json.dumps(d, sort_keys=True).encode()).hexdigest()[:20]

    def to_json(self) -> str:
        """Return the program as JSON text, from which `from_json` makes an equal one, given wiring and fixed arrays."""
        return json.dumps(_plain(self))

    def wirings(self) -> dict[str, Wiring]:
        """Return the wiring of each matrix that has one, by its name."""
        return {m.name: m.wiring for m in self.matrices if m.wiring is not None}

    def rewired(self, wirings: Mapping[str, Wiring]) -> Program:
        """Return the program with another wiring of some matrices, by their names."""
        return replace(self, matrices=tuple(replace(m, wiring=wirings.get(m.name, m.wiring)) for m in self.matrices))

    @classmethod
    def from_json(
        cls,
        text: str,
        wirings: Mapping[str, Wiring] = NO_WIRINGS,
        fixed: Mapping[str, FixedArray] = NO_FIXED,
        selections: Mapping[str, Selection] = NO_SELECTIONS,
    ) -> Program:
        """Make the program that `to_json` wrote, for backends that build in another process.

        Parameters
        ----------
        wirings
            Those of `wirings`, by the name of the matrix. A program that is only compiled can do without: it then has
            one synapse in their place.
        fixed
            Those of `fixed`, which a program that is only compiled can do without.
        selections
            Those of `selections`, by the name of the probe. One that is only compiled has one unit in their place.
        """
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
            any_one = ONE_DELAYED_SYNAPSE if m["longest_delay"] else ONE_SYNAPSE
            any_one = replace(any_one, share=ONE_SHARED_WEIGHT) if m["kernel"] else any_one
            m["wiring"] = wirings.get(m["name"], any_one) if m.pop("indices") else None
        for r in d["rules"]:
            r["sums"] = [TrialSum(s["name"], _tuples(s["products"])) for s in r["sums"]]
        for q in d["probes"]:
            q["selection"] = selections.get(q["name"], ONE_UNIT) if q["selection"] else None
        flat: dict[str, Any] = {
            k: tuple(part(**{n: _tuples(v) for n, v in x.items()}) for x in d[k]) for k, part in parts.items()
        }
        rest: dict[str, Any] = {n: _tuples(v) for n, v in d.items() if n not in parts}
        return cls(**flat, **rest, fixed=dict(fixed))


ONE_UNIT = Selection(np.zeros(1, np.int32))
"""Stands for any selection where only the structure counts."""

_NEWER: Mapping[str, Any] = {
    "activation_bits": None, "single": False, "format": None, "formats": (), "fixed": (), "initial": (),
    "longest_delay": 0, "every": 1, "selection": None, "kernel": (), "increments": (), "sums": (), "batch": 1,
}  # fmt: skip
"""Fields that are left out of the digest where they say nothing, so that programs without them keep theirs."""


def _plain(program: Program) -> dict[str, Any]:
    """Return all but wiring, arrays and selections as plain values; it says where there is a wiring or a selection."""
    unwired = replace(
        program,
        matrices=tuple(replace(m, wiring=None) for m in program.matrices),
        probes=tuple(replace(q, selection=None) for q in program.probes),
        fixed={},
        exact=None,
    )
    d = asdict(unwired)
    del d["fixed"], d["exact"]
    for rule in d["rules"]:
        del rule["estimate"]
    for q, plain in zip(program.probes, d["probes"], strict=True):
        plain["selection"] = None if q.selection is None else "data"
    for m, plain in zip(program.matrices, d["matrices"], strict=True):
        del plain["wiring"]
        plain["indices"] = None if m.wiring is None else "data"
    return d


def _without_newer(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_newer(v) for k, v in value.items() if k not in _NEWER or v != _NEWER[k]}
    return [_without_newer(v) for v in value] if isinstance(value, (list, tuple)) else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
