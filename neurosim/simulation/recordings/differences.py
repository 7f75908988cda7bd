"""Where a recording first differs from another of the same simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.results.agreement.differences import spikes_apart
from neurosim.simulation.recordings.recording import SpikeTrain


@dataclass(frozen=True)
class Difference:
    """The first place where a recording is not that of the reference.

    Attributes
    ----------
    name
        Of what was recorded.
    unit
        The neuron or synapse.
    time
        In ms.
    """

    name: str
    unit: int
    time: float

    def __str__(self) -> str:
        return f"{self.name}[{self.unit}] at {self.time:g} ms"


def first_difference(reference: Mapping[str, Any], other: Mapping[str, Any]) -> Difference | None:
    """Return the earliest place where recordings of the same names are not equal."""
    found = [d for name in reference if (d := _between(name, reference[name], other[name])) is not None]
    return min(found, key=lambda d: d.time, default=None)


def _between(name: str, a: Any, b: Any) -> Difference | None:
    if isinstance(a, SpikeTrain):
        apart = spikes_apart(a.events, b.events)
        return Difference(name, int(apart[0] % a.size), int(apart[0] // a.size) * a.dt) if len(apart) else None
    rows, columns = np.nonzero(a.values != b.values)
    return Difference(name, int(a.units[columns[0]]), float(a.times[rows[0]])) if len(rows) else None
