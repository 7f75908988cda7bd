"""What drives a network, as tables; see `neurosim.simulation.sources`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from neurosim.simulation import sources
from neurosim.simulation.schema.call_table import CallTable
from neurosim.simulation.schema.parts.files import PlayedSpikesTable, PlayedValuesTable
from neurosim.simulation.schema.shapes import Amount, Several


class PoissonTable(CallTable):
    """Spikes that come independently of each other."""

    function: ClassVar[Any] = sources.poisson
    kind: Literal["poisson"]
    size: int
    rate: Several
    every: Amount | None = None
    unit: str | None = None


class RegularTable(CallTable):
    """Spikes at regular intervals."""

    function: ClassVar[Any] = sources.regular
    kind: Literal["regular"]
    size: int
    interval: Several
    start: Several = 0.0


class SpikeTimesTable(CallTable):
    """Spikes at given times."""

    function: ClassVar[Any] = sources.spike_times
    kind: Literal["spike_times"]
    size: int
    indices: list[int]
    times: Several
    unit: str | None = None


class CurrentTable(CallTable):
    """Values that are given, constant or changing in time."""

    function: ClassVar[Any] = sources.current
    kind: Literal["current"]
    amplitude: Several
    every: Amount | None = None
    unit: str | None = None
    size: int | None = None


class StepCurrentTable(CallTable):
    """A value from one time to another."""

    function: ClassVar[Any] = sources.step_current
    kind: Literal["step_current"]
    amplitude: Several
    start: Amount
    stop: Amount | None = None
    unit: str | None = None
    size: int | None = None


class NoisyCurrentTable(CallTable):
    """Values that are drawn anew again and again."""

    function: ClassVar[Any] = sources.noisy_current
    kind: Literal["noisy_current"]
    mean: Several
    sd: Several
    every: Amount | None = None
    unit: str | None = None
    size: int | None = None


SpikingTable = Annotated[PoissonTable | RegularTable | SpikeTimesTable | PlayedSpikesTable, Field(discriminator="kind")]
"""A source of spikes, which is a part of the network."""

DrivingTable = Annotated[
    CurrentTable | StepCurrentTable | NoisyCurrentTable | PlayedValuesTable, Field(discriminator="kind")
]
"""A source of numbers, which drives a parameter of a population."""
