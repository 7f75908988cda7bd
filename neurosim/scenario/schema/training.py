"""``[training]`` and ``[pretraining]``: how the tasks are learned."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from neurosim.edges.extensions import ExtensionGroup
from neurosim.edges.extensions.table import PackageTable, which
from neurosim.edges.toml.table import Number, Table


class EquilibriumTable(Table):
    """Equilibrium propagation; see `neurosim.scenario.methods.ep_schedules`."""

    method: Literal["one-sided", "symmetric"]
    input: str
    output: str
    free_steps: Annotated[int, Field(ge=1)]
    nudged_steps: Annotated[int, Field(ge=1)]
    beta: Annotated[Number, Field(gt=0)]
    epochs: Annotated[int, Field(ge=1)] = 1
    batch: Annotated[int, Field(ge=1)] = 1


class PenaltyTable(Table):
    """A penalty that keeps weights, or outputs, near those of earlier tasks."""

    kind: Literal["ewc", "si", "lwf"]
    strength: Annotated[Number, Field(ge=0)]
    samples: Annotated[int, Field(ge=1)] = 200
    xi: Annotated[Number, Field(gt=0)] = 0.1
    temperature: Annotated[Number, Field(gt=0)] = 2.0


class GradientSettings(Table):
    """Back-propagation through the steps of a trial, on the host."""

    input: str
    output: str
    steps: Annotated[int, Field(ge=1)]
    loss: Literal["cross-entropy", "mean-squared"] = "cross-entropy"
    over: Literal["last", "max"] = "last"
    optimiser: Literal["sgd", "adam", "adamax"] = "adam"
    lr: Annotated[Number, Field(gt=0)]
    momentum: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    weight_decay: Annotated[Number, Field(ge=0)] = 0.0
    epochs: Annotated[int, Field(ge=1)] = 1
    batch: Annotated[int, Field(ge=1)] = 64
    surrogate: Literal["fast-sigmoid", "super-spike", "straight-through"] = "fast-sigmoid"
    slope: Annotated[Number, Field(gt=0)] | None = None
    truncate: Annotated[int, Field(ge=1)] | None = None
    clip: Annotated[Number, Field(gt=0)] | None = None
    patience: Annotated[int, Field(ge=1)] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    device: str = "cpu"


class GradientTable(GradientSettings):
    """Gradients as the training method of every task."""

    method: Literal["gradient"]
    penalty: PenaltyTable | None = None


class LatentReplayTable(GradientSettings):
    """Gradients behind one population, whose spikes of earlier samples are replayed.

    See `neurosim.scenario.methods.latent_replay`.
    """

    method: Literal["latent-replay"]
    insertion: str
    window: Annotated[int, Field(ge=1)] = 1
    pooling: Literal["or", "count"] = "or"
    samples: Annotated[int, Field(ge=0)] | None = None
    bits: Annotated[int, Field(ge=1)] | None = None
    redraw: Annotated[Number, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_capacity(self) -> LatentReplayTable:
        if (self.samples is None) == (self.bits is None):
            raise ValueError("expected one of 'samples' and 'bits'")
        return self


class PretrainingTable(GradientSettings):
    """Gradients for the first task alone; or a file with what they learned, relative to the scenario file."""

    file: str | None = None


METHODS = ExtensionGroup("neurosim.methods")
"""Methods of other packages: an entry point is a dataclass or pydantic model of settings, with ``build(scenario)``."""

OWN_METHODS = ("one-sided", "symmetric", "gradient", "latent-replay")


class PackageMethod(PackageTable):
    """A training method of an installed package; see `neurosim.scenario.methods.base.Method`."""

    group = METHODS
    key = "method"
    own = staticmethod(lambda: OWN_METHODS)

    method: str


OwnMethod = Annotated[EquilibriumTable | GradientTable | LatentReplayTable, Field(discriminator="method")]
TrainingTable = Annotated[
    Annotated[OwnMethod, Tag("own")] | Annotated[PackageMethod, Tag("package")],
    Discriminator(which(OWN_METHODS, "method")),
]
