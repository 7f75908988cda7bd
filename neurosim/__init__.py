"""neurosim: one description of a network and a lifelong-learning scenario, run identically on several simulators."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

from neurosim.edges import deprecated

__version__ = version("neurosim")

_HOMES = {
    "neurosim.model.network": ("Network", "Population", "Projection"),
    "neurosim.model.connectivity": ("AllToAll", "OneToOne", "Pairs"),
    "neurosim.model.neurons": (
        "NeuronModel", "learned", "driven", "Clamp", "SpikeInput", "RateUnit", "PrototypicalRateUnit", "TanhRateUnit",
        "LeakyRateUnit", "LeakyTanhRateUnit", "Sign", "LowPass", "Heaviside", "LIF", "LIFToValue", "RefractoryLIF",
        "AdaptiveLIF", "CurrentLIF", "SubtractiveCurrentLIF", "CubaLIF", "TracedLIF", "SurrogateLIF", "LeakyReadout",
        "LogisticReadout",
    ),
    "neurosim.model.synapses": (
        "SynapseModel", "Dense", "Excitatory", "Inhibitory", "Binary", "Ternary", "Momentum", "Adam", "Traced",
        "Eligible",
    ),
    "neurosim.model.learning": (
        "LearningRule", "EquilibriumPropagation", "BiasPropagation", "SymmetricEquilibriumPropagation",
        "SymmetricBiasPropagation", "MomentumPropagation", "SymmetricMomentumPropagation", "AdamPropagation",
        "SymmetricAdamPropagation", "BinaryPropagation", "SymmetricBinaryPropagation", "STDP", "ArrivalSTDP",
        "ThreeFactor", "DeltaRule", "DeltaBias", "SleepPlasticity", "SmoothSleepPlasticity",
    ),
    "neurosim.program.schedule": ("Schedule", "Phase", "Probe", "Trials", "Events"),
    "neurosim.program.precision": ("Float64", "Float32", "Grid", "FixedPoint", "quantise"),
    "neurosim.program.lowering.lower": ("lower",),
    "neurosim.backend.registry": ("load",),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME_OF, "__version__"])


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `import neurosim` stays quick."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'neurosim' has no attribute '{name}'")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__


deprecated.find_moved_modules()
