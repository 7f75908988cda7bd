"""What silicon does to a population: port -> gain*drift*port + offset + noise; c -> c*(1 + deviation); dead neurons.

Spikes are delivered as numbers where they may be lost, doubled or late: copies of those of a step, and of those that
waited since the step before.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from neurosim.device.imperfections import names
from neurosim.device.imperfections.fabrication import Fabricated
from neurosim.model.equations.derived import following
from neurosim.model.equations.expressions import parse, substitute, text_of
from neurosim.model.fixed import FixedArray
from neurosim.program.program import Equations, Group
from neurosim.program.schedule import StimulusKind

SPIKE = "spike"
FIRST_PAST = "past_1"
"""Keeps the spikes of a step for projections with a delay."""


@dataclass(frozen=True)
class NeuronsOnSilicon:
    """A population on a chip.

    Attributes
    ----------
    fixed
        Its patterns, by ``group.name``.
    stimuli
        ``group.variable`` with its kind: what is drawn for each trial or step.
    """

    group: Group
    fixed: Mapping[str, FixedArray]
    stimuli: tuple[tuple[str, StimulusKind], ...]


def on_silicon(group: Group, chip: Fabricated) -> NeuronsOnSilicon:
    """Return a population as a chip has it; inputs are those of the host."""
    if group.is_input:
        return NeuronsOnSilicon(group, {}, ())
    silicon = chip.silicon
    fixed: dict[str, FixedArray] = {}
    driven: list[tuple[str, float]] = []
    if chip.has_gains:
        fixed[names.GAIN] = chip.gain(group.name, group.size)
    if chip.has_offsets:
        fixed[names.OFFSET] = chip.offset(group.name, group.size)
    for constant in chip.deviating:
        if constant in group.constants or constant in group.fixed:
            fixed[names.deviation(constant)] = chip.deviation(group.name, constant, group.size)
    if silicon.step_noise:
        driven.append((names.NOISE, 0.0))
    if silicon.drift:
        driven.append((names.DRIFT, 0.0))
    changed = _with_names(_driven_otherwise(group, chip), fixed, driven)
    if silicon.dead_neurons:
        fixed[names.NEURON_ALIVE] = chip.alive_neurons(group.name, group.size)
        changed = _with_dead(changed)
    if silicon.changes_spikes and group.output == SPIKE:
        changed = _with_lost(changed)
    kinds: dict[str, StimulusKind] = {names.DRIFT: "constant"}
    drawn = [v for v, _ in changed.driven if v.startswith(names.PREFIX)]
    stimuli = tuple((f"{group.name}.{v}", kinds.get(v, "steps")) for v in drawn)
    return NeuronsOnSilicon(changed, {f"{group.name}.{n}": array for n, array in fixed.items()}, stimuli)


def _with_names(group: Group, fixed: Mapping[str, FixedArray], driven: list[tuple[str, float]]) -> Group:
    """With the patterns that its equations now read; what follows from a constant of each neuron is of each, too."""
    given = (*(n for n in group.fixed if n not in dict(group.derived)), *fixed)
    follow = following(dict(group.derived), given)
    return replace(
        group,
        fixed=(*given, *follow),
        constants=tuple(n for n in group.constants if n not in follow),
        driven=(*group.driven, *driven),
    )


def _driven_otherwise(group: Group, chip: Fabricated) -> Group:
    """With the drive and the constants of silicon in its equations."""
    ports = {port: parse(_drive(port, chip, is_first=k == 0)) for k, port in enumerate(group.ports)}
    own = [*group.constants, *group.fixed]
    deviating = {c: parse(f"{c}*{names.deviation(c)}") for c in chip.deviating if c in own}
    changes = {**ports, **deviating}

    def of(equations: Equations) -> Equations:
        return tuple((v, _changed(text, changes.get)) for v, text in equations)

    return replace(
        group,
        update=of(group.update),
        reset=of(group.reset),
        present=of(group.present),
        derived=of(group.derived),
        spike=None if group.spike is None else _changed(group.spike, changes.get),
    )


def _drive(port: str, chip: Fabricated, is_first: bool) -> str:
    """What arrives at a port, and beside the first what comes from nowhere."""
    text = port
    if chip.has_gains:
        text = f"{names.GAIN}*{text}"
    if chip.silicon.drift:
        text = f"(1 + {names.DRIFT})*{text}"
    if chip.has_offsets and is_first:
        text = f"{text} + {names.OFFSET}"
    return f"{text} + {names.NOISE}" if chip.silicon.step_noise and is_first else text


def _changed(text: str, change: Callable[[str], ast.expr | None]) -> str:
    return text_of(substitute(parse(text), change))


def _with_dead(group: Group) -> Group:
    alive = f"{names.NEURON_ALIVE} > 0"
    changed = replace(group, fixed=(*group.fixed, names.NEURON_ALIVE))
    if group.output == SPIKE:
        return replace(changed, spike=f"({group.spike}) and {alive}")
    if group.present:
        return replace(changed, present=tuple((v, f"where({alive}, {text}, 0)") for v, text in group.present))
    update = tuple((v, f"where({alive}, {text}, 0)" if v == group.output else text) for v, text in group.update)
    return replace(changed, update=update)


def _with_lost(group: Group) -> Group:
    """What is sent in a step: copies of its spikes that are not late, and those that waited."""
    sent = f"clip({names.SENT}, 0, 2) + where({names.LATE} > 0, 0, clip({names.COPIES}, 0, 2))"
    waiting = f"where({names.LATE} > 0, clip({names.COPIES}, 0, 2), 0)"
    reset = tuple((v, sent if v == FIRST_PAST else text) for v, text in group.reset)
    update = tuple((v, names.WAITING if v == FIRST_PAST else text) for v, text in group.update)
    return replace(
        group,
        state=(*group.state, (names.SENT, 0.0), (names.WAITING, 0.0)),
        update=(*update, (names.SENT, names.WAITING), (names.WAITING, "0")),
        reset=(*reset, (names.SENT, sent), (names.WAITING, waiting)),
        driven=(*group.driven, (names.COPIES, 1.0), (names.LATE, 0.0)),
        output=names.SENT,
    )
