"""One run of a program: trials, constants and learned arrays, checked against it before anything starts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import by_name, number, real_array, shown, truth
from neurosim.errors import EquationError, InputError, ModelError, nearest
from neurosim.model.equations.conditions import check_conditions, check_each
from neurosim.model.equations.derived import compute, compute_each, follows_from
from neurosim.model.equations.expressions import Interval, bounds, names_in, parse
from neurosim.program.constants import ConstantKey, by_key, length_of
from neurosim.program.lowering.bounds import largest
from neurosim.program.memory.footprint import check_run
from neurosim.program.precision import check_format, on_grid
from neurosim.program.precision.formats import PAYLOAD_BITS, Format, SingleFormat
from neurosim.program.program import Group, Program
from neurosim.program.schedule import Array, Stimulus, StimulusKind, Trials
from neurosim.program.trial.stimuli import Events, Rows, trials_at_once
from neurosim.program.trial.writes import Writes
from neurosim.program.variables import VariableKey


@dataclass(frozen=True, eq=False)
class Run:
    """One run of a program, checked: all that a backend needs beside the learned arrays.

    Attributes
    ----------
    count
        Number of trials.
    rows
        What the trials show, by ``group.variable``, as it is stored. Numbers are on the grid where the program has one.
    constants
        A value for every name in `program.constants`, and for every constant that follows from those.
    learn
        Whether rules fire.
    fixed
        By ``group.name`` and ``matrix.name``: float64 arrays of shape (size,), (pre, post) or (synapses,), which nobody
        writes to. Those of `program.fixed`, and the constants with a value for each neuron that follow from them.
    state
        What the trial goes on from, as `start_state` has it, where it goes on; None where trials start.
    ends
        Whether the last phase ends with the run, or another run goes on within it.
    writes
        What is written between trials; nothing but where a session asks for it.
    """

    program: Program
    count: int
    rows: Mapping[str, Rows]
    constants: Mapping[ConstantKey, float]
    learn: bool
    fixed: Mapping[str, Array] = field(default_factory=dict)
    state: Mapping[str, Array] | None = None
    ends: bool = True
    writes: Writes = field(default_factory=Writes)

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Steps of each phase, in their order."""
        return tuple(int(self.constants[length_of(p.name)]) for p in self.program.phases)

    @cached_property
    def steps(self) -> int:
        """Steps of a trial."""
        return sum(self.lengths)

    @property
    def learns_in_batches(self) -> bool:
        """Whether rules fire at the ends of batches, each of `Program.batch` trials, the last perhaps of fewer."""
        return self.learn and bool(self.program.rules) and self.program.batch > 1

    @property
    def text_key(self) -> tuple[object, ...]:
        """What the printed texts of runs of one program depend on."""
        return (self.learn, self.state is None, self.ends, *sorted(self.constants.items()))

    def values(self, owner: str, phase: str | None = None) -> dict[str, float]:
        """Return the constants of a group, matrix or rule by their names in equations.

        Parameters
        ----------
        owner
            A group, a matrix, or ``owner.rule``.
        phase
            The name of a phase, whose values come before those that hold elsewhere; None for the latter alone.
        """
        own = [(key, value) for key, value in self.constants.items() if key.part == owner]
        usual = {key.name: value for key, value in own if not key.phase}
        return usual | {key.name: value for key, value in own if key.phase and key.phase == phase}

    def phase_ends(self) -> dict[int, int]:
        """Return, by the step of the trial with which a phase ends, the index of the phase."""
        ends, step = {}, 0
        for i, length in enumerate(self.lengths):
            step += length
            if length:
                ends[step - 1] = i
        if not self.ends:
            ends.pop(step - 1, None)
        return ends

    def ends_phase(self, phase: int) -> bool:
        """Return whether the phase of this index ends in the run: it has steps, and no other run goes on within it."""
        return phase in self.phase_ends().values()

    def input_bounds(self) -> dict[str, float]:
        """Return the largest absolute value that each input group delivers, by its name: now, or from before, late."""
        limits: dict[str, float] = {}
        for g in self.program.groups:
            if g.is_input and g.output == "spike":
                limits[g.name] = 1.0
            elif g.is_input:
                known = {v: self.interval(f"{g.name}.{v}") for v, _ in g.driven}
                now = largest(bounds(parse(dict(g.present).get("output", g.output)), known))
                limits[g.name] = max(now, self._largest_before(g.name))
        return limits

    def _largest_before(self, group: str) -> float:
        """Of what an input put out before the state that the run goes on from; all of its state is that."""
        kept = [values for name, values in (self.state or {}).items() if name.partition(".")[0] == group]
        return max((float(np.abs(values).max(initial=0.0)) for values in kept), default=0.0)

    def interval(self, stimulus: str) -> Interval:
        """Return an interval that holds 0 and all values of a stimulus of numbers."""
        low, high = self.rows[stimulus].limits
        return (min(low, 0.0), max(high, 0.0))

    @cached_property
    def stimuli(self) -> Mapping[str, Array | Events]:
        """What all trials show, gathered when it is first asked for; of a long run, ask its parts.

        By ``group.variable``: contiguous float64 arrays of shape (trials, units) or (trials, steps, units), or
        `Events`.
        """
        return {name: rows.gathered() for name, rows in self.rows.items()}

    @property
    def trials_at_once(self) -> int:
        """Number of trials whose stimuli may be gathered at once."""
        numbers = sum(math.prod(rows.shape[1:]) for rows in self.rows.values() if not rows.is_events)
        return trials_at_once(numbers)

    def part(self, start: int, stop: int) -> Run:
        """Return the run of trials start to stop - 1."""
        stop = min(stop, self.count)
        rows = {name: r.part(start, stop) for name, r in self.rows.items()}
        return replace(self, count=stop - start, rows=rows)


def bind(
    program: Program,
    trials: Trials,
    constants: Mapping[str, float] | None = None,
    learn: bool = True,
    *,
    state: Mapping[str, Array] | None = None,
    ends: bool = True,
) -> Run:
    """Make a run of a program from trials and constants, which are checked against it.

    Parameters
    ----------
    constants
        Values by name, for those that differ from the program's: ``{"output.beta": 0.5, "steps.free": 0}``.
    learn
        Whether rules fire.
    state
        What the one trial goes on from, checked by `check_state`; None where trials start.
    ends
        Whether the last phase ends with the run.

    Raises
    ------
    InputError
        For a stimulus that is missing, unknown, of the wrong shape or not finite, or a constant that is unknown,
        impossible, against a condition of its model, or follows from others; for a run that fits no memory or would
        never end; for several trials that are to go on, or to be gone on with.
    """
    check_trials(trials)
    learn, ends = truth(learn, "learn ="), truth(ends, "ends =")
    if trials.count != 1 and (state is not None or not ends):
        why = "ends=False" if state is None else "keep_state=True"
        raise InputError(f"{why} is for a run of one trial, which goes on in another run; not of {trials.count} trials")
    texts = dict(program.constants)
    given = {} if constants is None else by_name(constants, "constants", "{'output.beta': 0.5}")
    for name, value in given.items():
        _check_given(program, name)
        if name not in texts:
            raise InputError(f"constant '{name}': the program has none of that name; {nearest(name, texts)}")
        texts[name] = number(value, f"constant '{name}' is")
    values = by_key(texts)
    for key, value in values.items():
        if not np.isfinite(value):
            raise InputError(f"constant '{key}' is {value}, expected a finite number")
        if key.is_length and (value < 0 or value != int(value)):
            raise InputError(f"constant '{key}' is {value:g}, expected a whole number of at least 0")
    for group in program.groups:
        values |= _derived(program, group, values)
    known = dict(program.stimuli)
    for name in trials.stimuli:
        if name not in known:
            raise InputError(f"stimulus '{name}': the program has none of that name; {nearest(name, known)}")
    steps = sum(int(values[length_of(p.name)]) for p in program.phases)
    check_run(program, trials.count, steps)
    rows = {}
    for name, kind in known.items():
        if name not in trials.stimuli:
            raise InputError(f"stimulus '{name}' is missing; the trials give {sorted(trials.stimuli) or 'none'}")
        rows[name] = _rows(program, name, kind, trials.stimuli[name], trials.count, steps)
    run = Run(program, trials.count, rows, values, learn, fixed_arrays(program, values), state, ends)
    _check_required(run)
    return run


def fixed_arrays(program: Program, constants: Mapping[ConstantKey, float]) -> dict[str, Array]:
    """Return the arrays of a run: those of the program, and the constants that follow from them, by ``owner.name``.

    Parameters
    ----------
    constants
        Values of all constants that do not differ from neuron to neuron.

    Raises
    ------
    InputError
        For a value that is not finite, naming the neuron.
    """
    arrays = {name: array.values for name, array in program.fixed.items()}
    for g in program.groups if arrays else ():
        own = {n: arrays[f"{g.name}.{n}"] for n in g.fixed if f"{g.name}.{n}" in arrays}
        follow = [(n, text) for n, text in g.derived if n in g.fixed]
        alone = {c: constants[ConstantKey(g.name, c)] for c in g.constants}
        try:
            found = compute_each(follow, alone, own, f"population {g.name}")
        except EquationError as error:
            raise InputError(str(error)) from None
        arrays |= {f"{g.name}.{n}": values for n, values in found.items()}
    return arrays


def _check_required(run: Run) -> None:
    """Refuse constants against a condition, also those of a phase."""
    fixed = {p.name: {n: run.fixed[f"{p.name}.{n}"] for n in p.fixed} for p in run.program.parts if p.fixed}
    for owner, conditions in run.program.requires:
        if owner in fixed:
            _check_each_required(conditions, run.values(owner), fixed[owner], f"constants of {owner}")
            conditions = tuple(c for c in conditions if names_in(parse(c)).isdisjoint(fixed[owner]))
        changing = [p.name for p in run.program.phases if any(k.owner == owner for k in p.overridden)]
        for phase in (None, *changing):
            where = f"constants of {owner}" + (f" in phase {phase}" if phase else "")
            try:
                check_conditions(conditions, run.values(owner, phase), where)
            except ModelError as error:
                raise InputError(str(error)) from None


def _check_each_required(
    conditions: Iterable[str], constants: Mapping[str, float], fixed: Mapping[str, Array], where: str
) -> None:
    try:
        check_each(conditions, constants, fixed, where)
    except ModelError as error:
        raise InputError(str(error)) from None


def check_trials(trials: object) -> None:
    """Refuse a value that is no `Trials`.

    Raises
    ------
    InputError
        Naming the value.
    """
    if not isinstance(trials, Trials):
        raise InputError(f"trials {shown(trials)}; expected Trials({{'input.s': array}})")


def _check_given(program: Program, constant: str) -> None:
    """Refuse a value for a constant that follows from others, or that has a value for each neuron or synapse."""
    key = ConstantKey.from_text(constant)
    derived = {g.name: dict(g.derived) for g in program.groups}.get(key.part, {})
    if key.name in derived:
        sources = ", ".join(str(ConstantKey(key.owner, n)) for n in follows_from(derived, key.name))
        raise InputError(f"constant '{constant}' is derived; set what it follows from: {sources}")
    if any(part.name == key.part and key.name in part.fixed for part in program.parts):
        raise InputError(
            f"constant '{constant}': {key.owner} has an array with a value for each neuron or synapse, which is given "
            "with the network; make a network with another one"
        )


def _derived(program: Program, group: Group, values: Mapping[ConstantKey, float]) -> dict[ConstantKey, float]:
    """Compute the group's derived constants, and their values in phases that override what they follow from."""
    names = {n for n, _ in group.derived if n not in group.fixed}
    usual = {c: values[ConstantKey(group.name, c)] for c in group.constants if c not in names}
    derived = {ConstantKey(group.name, n): v for n, v in _computed(group, usual).items()}
    for phase in program.phases:
        overridden = {k.name for k in phase.overridden if k.owner == group.name}
        if overridden & names:
            in_phase = {c: values.get(ConstantKey(group.name, c, phase=phase.name), v) for c, v in usual.items()}
            computed = _computed(group, in_phase).items()
            derived |= {ConstantKey(group.name, n, phase=phase.name): v for n, v in computed if n in overridden}
    return derived


def _computed(group: Group, constants: Mapping[str, float]) -> dict[str, float]:
    try:
        derived = ((n, text) for n, text in group.derived if n not in group.fixed)
        return compute(derived, constants, f"population {group.name}")
    except EquationError as error:
        raise InputError(str(error)) from None


def _rows(program: Program, name: str, kind: StimulusKind, given: Stimulus, count: int, steps: int) -> Rows:
    """Return what is given for a stimulus as rows, rounded to what the program's numbers are."""
    key = VariableKey.from_text(name)
    group = program.group(key.owner)
    if kind == "events":
        return _spikes(name, given, (count, steps, group.size))
    expected = (count, group.size) if kind == "constant" else (count, steps, group.size)
    if isinstance(given, Events) or (isinstance(given, Rows) and given.is_events):
        raise InputError(f"stimulus '{name}' is given as events, but declared '{kind}' in the schedule")
    if np.shape(given) != expected:
        what = "(trials, units)" if kind == "constant" else "(trials, steps, units)"
        raise InputError(f"stimulus '{name}' has shape {np.shape(given)}, expected {expected} = {what}")
    rows = given if isinstance(given, Rows) else Rows(given, what=f"stimulus '{name}'")
    delivered = group.is_input and group.output == key.variable
    if program.single:
        return rows.rounded(SingleFormat().rounded)
    return _payload(program, name, rows) if program.grid is not None and delivered else rows


def _spikes(name: str, given: Stimulus, expected: tuple[int, int, int]) -> Rows:
    """Return the spikes that are given for a stimulus, of units that there are."""
    _, steps, size = expected
    if not isinstance(given, Events) and np.shape(given) != expected:
        wanted = f"{expected} = (trials, steps, units), or Events"
        raise InputError(f"stimulus '{name}' has shape {np.shape(given)}, expected {wanted}")
    try:
        rows = given.spiking() if isinstance(given, Rows) else Rows(_events(given))
    except InputError as error:
        raise InputError(f"stimulus '{name}': {error}") from None
    events = rows.values
    assert isinstance(events, Events)
    if (events.steps, events.units) != (steps, size):
        raise InputError(
            f"stimulus '{name}': events of {events.units} units over {events.steps} steps a trial, "
            f"expected {size} units over {steps} steps"
        )
    if events.count and not (events.indices.min() >= 0 and events.indices.max() < size):
        raise InputError(f"stimulus '{name}': a unit outside 0 to {size - 1}")
    return rows


def _events(given: NDArray[Any] | Events) -> Events:
    return given if isinstance(given, Events) else Events.from_dense(given)


def _payload(program: Program, name: str, rows: Rows) -> Rows:
    """Round what an input delivers; refuse it where a graded spike cannot carry it."""
    assert program.grid is not None
    with np.errstate(over="ignore"):
        rounded = rows.rounded(partial(on_grid, bits=program.grid[0]))
    if not np.isfinite(rounded.limits).all():
        raise InputError(f"stimulus '{name}' has values beyond what the grid holds")
    most = 2.0 ** (PAYLOAD_BITS - 1 - program.grid[0])
    if program.activation_bits is not None and not np.abs(rounded.limits).max() < most:
        raise InputError(
            f"stimulus '{name}' has values beyond {most:g}, which no graded spike of {PAYLOAD_BITS} bits holds"
        )
    return rounded


def check_writes(program: Program, writes: Writes) -> Writes:
    """Return what is written between trials, if it fits the program.

    Raises
    ------
    InputError
        As `check_learned`.
    """
    if writes:
        check_learned(program, writes.of(0))
    formats = program.formats()
    for name, array in writes.arrays.items():
        _check_values(name, array, formats)
    return writes


def check_learned(program: Program, learned: Mapping[str, Array]) -> dict[str, Array]:
    """Return own contiguous copies of learned arrays that fit the program.

    Parameters
    ----------
    learned
        Arrays of the shapes that `Program.shapes` gives, by ``owner.variable``; some may be missing.

    Raises
    ------
    InputError
        For an unknown name, a wrong shape, a value that is not finite, or a value that its format does not have.
    """
    shapes, formats = program.shapes(), program.formats()
    checked = {}
    for name, values in by_name(learned, "learned arrays", "{'p.w': array}").items():
        if name not in shapes:
            raise InputError(f"learned variable '{name}': the program has none; {nearest(name, shapes)}")
        array = real_array(values, f"learned variable '{name}'")
        if array.shape != shapes[name]:
            raise InputError(f"learned variable '{name}' has shape {array.shape}, expected {shapes[name]}")
        _check_values(name, array, formats)
        checked[name] = array.copy()
    return checked


def _check_values(name: str, array: Array, formats: Mapping[str, Format]) -> None:
    if not np.isfinite(array).all():
        raise InputError(f"learned variable '{name}' has values that are not finite")
    if name in formats:
        check_format(name, array, formats[name])
