"""Learning rules as equations: `LearningRule`, and the rules of the library."""

from neurosim.model.learning.equilibrium import (
    AdamPropagation,
    BiasPropagation,
    BinaryPropagation,
    EquilibriumPropagation,
    MomentumPropagation,
    SymmetricAdamPropagation,
    SymmetricBiasPropagation,
    SymmetricBinaryPropagation,
    SymmetricEquilibriumPropagation,
    SymmetricMomentumPropagation,
)
from neurosim.model.learning.readout import DeltaBias, DeltaRule
from neurosim.model.learning.rule import LearningRule
from neurosim.model.learning.sleep import SleepPlasticity, SmoothSleepPlasticity
from neurosim.model.learning.spikes import STDP, ArrivalSTDP, ThreeFactor

__all__ = [
    "STDP",
    "AdamPropagation",
    "ArrivalSTDP",
    "BiasPropagation",
    "BinaryPropagation",
    "DeltaBias",
    "DeltaRule",
    "EquilibriumPropagation",
    "LearningRule",
    "MomentumPropagation",
    "SleepPlasticity",
    "SmoothSleepPlasticity",
    "SymmetricAdamPropagation",
    "SymmetricBiasPropagation",
    "SymmetricBinaryPropagation",
    "SymmetricEquilibriumPropagation",
    "SymmetricMomentumPropagation",
    "ThreeFactor",
]
