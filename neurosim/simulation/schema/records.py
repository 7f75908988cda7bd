"""What is recorded, as texts: ``"e.spikes"``, ``"e.v[:10]"``, ``"feed.w[0, 3] every 1 ms"``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from neurosim.errors import SpecError, nearest
from neurosim.simulation.description.builder import NetworkBuilder
from neurosim.simulation.description.groups import NeuronGroup, SynapseGroup
from neurosim.simulation.description.recordable import Recordable

ENTRY = re.compile(r"(\w+)\.(\w+)(?:\[([^\]]*)\])?(?:\s+every\s+(\S.*))?", re.ASCII)
SLICE = re.compile(r"(-?\d{1,18})?\s*:\s*(-?\d{1,18})?\s*(?::\s*(-?[1-9]\d{0,17})?)?", re.ASCII)
INDICES = re.compile(r"-?\d{1,18}(\s*,\s*-?\d{1,18})*", re.ASCII)


def recordables(texts: Sequence[str], builder: NetworkBuilder) -> list[Recordable]:
    """What each text names: a variable of a part, some of its units, and how often.

    Raises
    ------
    SpecError
        For a text of another form, and a part or a variable that there is not.
    ModelError
        For units that there are not, and for what is no time.
    """
    return [_recordable(text, builder.groups) for text in texts]


def _recordable(text: str, parts: Mapping[str, NeuronGroup | SynapseGroup]) -> Recordable:
    match = ENTRY.fullmatch(text.strip())
    if match is None:
        raise SpecError(f"{text!r:.80}; expected such as 'e.spikes', 'e.v[:10]' or 'e.v[0, 3] every 1 ms'")
    part, variable, units, interval = match.groups()
    if part not in parts:
        raise SpecError(f"{text!r:.80}: the network has no part '{part:.40}'; {nearest(part, parts)}")
    variables = parts[part].variables
    if variable not in variables:
        raise SpecError(f"{text!r:.80}: {part} has no variable '{variable:.40}'; {nearest(variable, variables)}")
    found = parts[part].recordable(variable)
    if units is not None:
        found = found[_units(units.strip(), text)]
    return found if interval is None else found.every(interval)


def _units(units: str, text: str) -> slice | list[int]:
    """The units in brackets, as Python has them."""
    if match := SLICE.fullmatch(units):
        return slice(*(None if bound is None else int(bound) for bound in match.groups()))
    if INDICES.fullmatch(units):
        return [int(index) for index in units.split(",")]
    raise SpecError(f"{text!r:.80}: units [{units:.40}]; expected such as [:10], [3] or [0, 3, 7]")
