"""Neuron models as equations: `NeuronModel`, and the models of the library."""

from neurosim.model.neurons.inputs import Clamp, SpikeInput
from neurosim.model.neurons.model import (
    RESERVED_FOR_PARTS,
    RESERVED_IN_EQUATIONS,
    Driven,
    Learned,
    NeuronModel,
    check_name,
    driven,
    learned,
)
from neurosim.model.neurons.rate import (
    LeakyRateUnit,
    LeakyTanhRateUnit,
    LowPass,
    PrototypicalRateUnit,
    RateUnit,
    Sign,
    TanhRateUnit,
)
from neurosim.model.neurons.readout import LeakyReadout, LogisticReadout
from neurosim.model.neurons.spiking import (
    LIF,
    AdaptiveLIF,
    CubaLIF,
    CurrentLIF,
    Heaviside,
    LIFToValue,
    RefractoryLIF,
    SubtractiveCurrentLIF,
    SurrogateLIF,
    TracedLIF,
)

__all__ = [
    "LIF",
    "RESERVED_FOR_PARTS",
    "RESERVED_IN_EQUATIONS",
    "AdaptiveLIF",
    "Clamp",
    "CubaLIF",
    "CurrentLIF",
    "Driven",
    "Heaviside",
    "LIFToValue",
    "LeakyRateUnit",
    "LeakyReadout",
    "LeakyTanhRateUnit",
    "Learned",
    "LogisticReadout",
    "LowPass",
    "NeuronModel",
    "PrototypicalRateUnit",
    "RateUnit",
    "RefractoryLIF",
    "Sign",
    "SpikeInput",
    "SubtractiveCurrentLIF",
    "SurrogateLIF",
    "TanhRateUnit",
    "TracedLIF",
    "check_name",
    "driven",
    "learned",
]
