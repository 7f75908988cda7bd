"""``[rehearsal]``, ``[sleep]``, ``[gates]``: what keeps earlier tasks, in addition to the training method."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from neurosim.edges.toml.table import Number, Table
from neurosim.errors import SpecError
from neurosim.scenario.streams import gating
from neurosim.scenario.streams.gating import EngramGate


class RehearsalTable(Table):
    """Awake rehearsal: a fraction of each earlier task's samples, or a buffer of so many in all."""

    fraction: Annotated[Number, Field(gt=0, le=1)] | None = None
    samples: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> RehearsalTable:
        if (self.fraction is None) == (self.samples is None):
            raise ValueError("expected one of 'fraction' and 'samples'")
        return self


class SleepTable(Table):
    """Sleep replay; see `neurosim.scenario.methods.sleep_replay`.

    After task k = 0, 1, ... it lasts steps*(1 + growth*k) steps, or per_task[k], with P(spike) = min(1, rate*mean) in
    a window of mask x mask pixels of the mean image, or of mask units of what is no image, or everywhere. Thresholds
    may be scaled by layer, see
    `neurosim.scenario.methods.threshold_scaling`.
    """

    input: str
    steps: Annotated[int, Field(ge=1)] | None = None
    growth: Annotated[Number, Field(ge=0)] = 0.0
    per_task: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(default=None, strict=False)
    rate: Annotated[Number, Field(gt=0)]
    mean_of: Literal["all", "first"] = "all"
    scales: Literal["none", "data"] = "none"
    mask: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_length(self) -> SleepTable:
        if (self.steps is None) == (self.per_task is None):
            raise ValueError("expected one of 'steps' and 'per_task'")
        if self.per_task is not None and "growth" in self.model_fields_set:
            raise ValueError("'growth' goes with 'steps', not with 'per_task'")
        return self

    def steps_after(self, task: int) -> int:
        """The length of the sleep after a task, in steps; tasks are counted from 0.

        Raises
        ------
        SpecError
            If it grows beyond all numbers.
        """
        if self.per_task is not None:
            return self.per_task[task]
        assert self.steps is not None
        try:
            return round(self.steps * (1 + self.growth * task))
        except OverflowError:
            raise SpecError(
                f"sleep.growth = {self.growth:g}: the sleep after task {task + 1} would be endless"
            ) from None


class GatesTable(Table):
    """Engram gates of some populations; see `neurosim.scenario.streams.gating`."""

    kind: Literal["input-conditioned", "bank", "unconditioned"]
    populations: tuple[str, ...] = Field(strict=False)
    density: Annotated[Number, Field(gt=0, lt=1)]
    tau: Annotated[Number, Field(gt=0)] = 4.0
    masks: Annotated[int, Field(ge=1)] = 50

    def build(self, seed: int, population: str, inputs: int, units: int) -> EngramGate:
        """The gate of a population of so many units, whose inputs have so many values; `seed` is that of the run."""
        density, tau = float(self.density), float(self.tau)
        if self.kind == "bank":
            return gating.bank(seed, population, inputs, units, density, tau, self.masks)
        if self.kind == "unconditioned":
            return gating.Unconditioned(units, density)
        return gating.input_conditioned(seed, population, inputs, units, density, tau)
