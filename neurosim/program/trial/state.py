"""The state of a trial: what a step leaves for the next one, beside what is learned. It can be kept between two runs.

A group leaves its state variables, among which are the outputs that one delay of all pairs keeps; where it puts out
spikes, those that the next step delivers; and the outputs that synapses with delays have not yet got. What an input
puts out is delivered in its own step, and all else is made anew in each.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurosim.edges.values import by_name, real_array
from neurosim.errors import InputError, nearest
from neurosim.model.equations.derived import compute_each
from neurosim.program.constants import ConstantKey
from neurosim.program.precision import check_format
from neurosim.program.precision.formats import GridFormat, SingleFormat
from neurosim.program.program import Group, Program
from neurosim.program.schedule import Array
from neurosim.program.variables import VariableKey

SPIKES = "spike"
"""The variable that holds the spikes under way, as 0 and 1; no model has a state of this name."""


def state_of(group: Group) -> tuple[tuple[str, float], ...]:
    """Return (variable, value at a trial's start) of all that a group leaves for the next step.

    Spikes of an input reach others in their own step, and are left to nobody.
    """
    spikes = group.output == SPIKES and not group.is_input
    return (*group.state, (SPIKES, 0.0)) if spikes else group.state


PAST = "past"
"""The variable that holds what a group put out before, for synapses with delays; no model has a state of this name."""


def start_state(program: Program) -> dict[str, Array]:
    """Return the state at a trial's start: initial values, and no spike under way.

    Its names and shapes are those of every state of the program: ``group.variable``, float64 of shape (units,),
    ``group.spike`` with the spikes under way, and ``group.past`` of shape (steps, units) with older outputs, the newest
    first.
    """
    state = {f"{g.name}.{v}": _first(program, g, v, x) for g in program.groups for v, x in state_of(g)}
    for name, steps in program.pasts().items():
        state[f"{name}.{PAST}"] = np.tile(initial_output(program, program.group(name)), (steps, 1))
    return state


def initial_output(program: Program, group: Group) -> Array:
    """Return what a group puts out before the first step, where a synapse with a delay may ask for it; shape (units,).

    Nothing, if it is an input or puts out spikes; else its output is a state, or in fixed point what is sent of one.
    """
    if group.is_input or group.output == SPIKES:
        return np.zeros(group.size)
    states = {v: _first(program, group, v, x) for v, x in group.state}
    if group.output in states:
        return states[group.output]
    keys = {c: str(ConstantKey(group.name, c)) for c in group.constants}
    constants = {c: program.constants[key] for c, key in keys.items() if key in program.constants}
    return compute_each(group.present, constants, states, f"population {group.name}")[group.output]


def _first(program: Program, group: Group, variable: str, value: float) -> Array:
    """Return the values of a state at a trial's start; `value` counts where all neurons have the same."""
    if variable in group.initial:
        return program.fixed[f"{group.name}.{variable}"].values.copy()
    return np.full(group.size, value)


def check_state(program: Program, state: Mapping[str, Array]) -> dict[str, Array]:
    """Return own copies of a state that fits the program.

    Parameters
    ----------
    state
        All arrays that `start_state` gives, by their names.

    Raises
    ------
    InputError
        For a name that is unknown or missing, a wrong shape, or a value that the variable cannot have: one that is not
        finite, a spike other than 0 and 1, or what the number format does not have, unless a trial starts with it.
    """
    wanted = start_state(program)
    given = by_name(state, "state", "{'hidden.v': array}")
    for name in given:
        if name not in wanted:
            raise InputError(f"state '{name}': the program has none; {nearest(name, wanted)}")
    checked = {}
    for name, initial in wanted.items():
        if name not in given:
            raise InputError(f"state '{name}' is missing; expected all of {sorted(wanted)}, as read_state() gives them")
        array = real_array(given[name], f"state '{name}'")
        if array.shape != initial.shape:
            raise InputError(f"state '{name}' has shape {array.shape}, expected {initial.shape}")
        if not np.isfinite(array).all():
            raise InputError(f"state '{name}' has values that are not finite")
        _check_values(program, VariableKey.from_text(name), array[array != initial])
        checked[name] = array.copy()
    return checked


def to_go_on_from(state: dict[str, Array] | None) -> dict[str, Array]:
    """Return the state that the last run of a session left.

    Raises
    ------
    InputError
        If it left none.
    """
    if state is None:
        raise InputError(
            "the session has no state to go on from: its last run had several trials, which may run side by side; "
            "run one trial first, or give a state with write_state()"
        )
    return state


def _check_values(program: Program, key: VariableKey, values: Array) -> None:
    """Refuse values that no run leaves; those of a trial's start are not among them."""
    group = program.group(key.owner)
    delivered = key.variable == PAST or any(e.source == key.owner and e.variable == key.variable for e in program.edges)
    bound = np.inf if group.is_input else group.bound
    if key.variable == SPIKES or (key.variable == PAST and group.output == SPIKES):
        if not (values == 1.0).all():
            raise InputError(f"state '{key}' has values other than 0 and 1, which stand for spikes")
    elif program.single:
        check_format(f"state '{key}'", values, SingleFormat())
    elif program.grid is not None and delivered:
        check_format(f"state '{key}'", values, GridFormat(program.grid[0]))
        if (np.abs(values) > bound).any():
            raise InputError(f"state '{key}' has values beyond {bound:g}, the most that the population puts out")
