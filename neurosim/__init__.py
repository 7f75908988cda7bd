"""neurosim: one description of a network and a lifelong-learning scenario, run identically on several simulators."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from neurosim.edges import deprecated

if TYPE_CHECKING:
    from neurosim import device, plots
    from neurosim.backend.registry import load
    from neurosim.interchange import nir
    from neurosim.model.connectivity import AllToAll, Connectivity, OneToOne, Pairs
    from neurosim.model.connectivity.rules import (
        all_to_all,
        by_distance,
        fixed_in_degree,
        fixed_out_degree,
        fixed_total,
        from_matrix,
        grid_layout,
        one_to_one,
        pairs,
        random,
    )
    from neurosim.model.connectivity.shared import AvgPool2d, Conv1d, Conv2d, Flatten, SumPool2d
    from neurosim.model.distributions import choice, exponential, gamma, lognormal, normal, uniform
    from neurosim.model.learning import (
        STDP,
        AdamPropagation,
        ArrivalSTDP,
        BiasPropagation,
        BinaryPropagation,
        DeltaBias,
        DeltaRule,
        EquilibriumPropagation,
        LearningRule,
        MomentumPropagation,
        SleepPlasticity,
        SmoothSleepPlasticity,
        SymmetricAdamPropagation,
        SymmetricBiasPropagation,
        SymmetricBinaryPropagation,
        SymmetricEquilibriumPropagation,
        SymmetricMomentumPropagation,
        ThreeFactor,
    )
    from neurosim.model.network import Network, Population, Projection
    from neurosim.model.neurons import (
        LIF,
        AdaptiveLIF,
        Clamp,
        CubaLIF,
        CurrentLIF,
        Heaviside,
        LeakyRateUnit,
        LeakyReadout,
        LeakyTanhRateUnit,
        LIFToValue,
        LogisticReadout,
        LowPass,
        NeuronModel,
        PrototypicalRateUnit,
        RateUnit,
        RefractoryLIF,
        Sign,
        SpikeInput,
        SubtractiveCurrentLIF,
        SurrogateLIF,
        TanhRateUnit,
        TracedLIF,
        driven,
        learned,
    )
    from neurosim.model.ode import OdeModel, ode
    from neurosim.model.ode.on_spikes import EventSynapse, synapse
    from neurosim.model.ode.on_spikes.standard import TsodyksMarkram
    from neurosim.model.ode.standard import (
        AdEx,
        ConductanceLIF,
        ExponentialCurrentLIF,
        HodgkinHuxley,
        Izhikevich,
        LeakyIF,
    )
    from neurosim.model.synapses import (
        Adam,
        Binary,
        Dense,
        Eligible,
        Excitatory,
        Inhibitory,
        Momentum,
        SynapseModel,
        Ternary,
        Traced,
    )
    from neurosim.program.lowering.lower import lower
    from neurosim.program.precision import FixedPoint, Float32, Float64, Grid, quantise
    from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
    from neurosim.program.trial.stimuli import Rows
    from neurosim.scenario.runs.opened import open
    from neurosim.simulation import NetworkBuilder, Recording, read_blocks, read_recording
    from neurosim.simulation.compare import SimulationComparison, compare
    from neurosim.simulation.simulate import simulate, simulate_in_blocks
    from neurosim.simulation.sources import (
        current,
        noisy_current,
        playback,
        poisson,
        regular,
        spike_times,
        step_current,
    )

__version__ = version("neurosim")

__all__ = [
    "LIF",
    "STDP",
    "AdEx",
    "Adam",
    "AdamPropagation",
    "AdaptiveLIF",
    "AllToAll",
    "ArrivalSTDP",
    "AvgPool2d",
    "BiasPropagation",
    "Binary",
    "BinaryPropagation",
    "Clamp",
    "ConductanceLIF",
    "Connectivity",
    "Conv1d",
    "Conv2d",
    "CubaLIF",
    "CurrentLIF",
    "DeltaBias",
    "DeltaRule",
    "Dense",
    "Eligible",
    "EquilibriumPropagation",
    "EventSynapse",
    "Events",
    "Excitatory",
    "ExponentialCurrentLIF",
    "FixedPoint",
    "Flatten",
    "Float32",
    "Float64",
    "Grid",
    "Heaviside",
    "HodgkinHuxley",
    "Inhibitory",
    "Izhikevich",
    "LIFToValue",
    "LeakyIF",
    "LeakyRateUnit",
    "LeakyReadout",
    "LeakyTanhRateUnit",
    "LearningRule",
    "LogisticReadout",
    "LowPass",
    "Momentum",
    "MomentumPropagation",
    "Network",
    "NetworkBuilder",
    "NeuronModel",
    "OdeModel",
    "OneToOne",
    "Pairs",
    "Phase",
    "Population",
    "Probe",
    "Projection",
    "PrototypicalRateUnit",
    "RateUnit",
    "Recording",
    "RefractoryLIF",
    "Rows",
    "Schedule",
    "Sign",
    "SimulationComparison",
    "SleepPlasticity",
    "SmoothSleepPlasticity",
    "SpikeInput",
    "SubtractiveCurrentLIF",
    "SumPool2d",
    "SurrogateLIF",
    "SymmetricAdamPropagation",
    "SymmetricBiasPropagation",
    "SymmetricBinaryPropagation",
    "SymmetricEquilibriumPropagation",
    "SymmetricMomentumPropagation",
    "SynapseModel",
    "TanhRateUnit",
    "Ternary",
    "ThreeFactor",
    "Traced",
    "TracedLIF",
    "Trials",
    "TsodyksMarkram",
    "__version__",
    "all_to_all",
    "by_distance",
    "choice",
    "compare",
    "current",
    "device",
    "driven",
    "exponential",
    "fixed_in_degree",
    "fixed_out_degree",
    "fixed_total",
    "from_matrix",
    "gamma",
    "grid_layout",
    "learned",
    "load",
    "lognormal",
    "lower",
    "nir",
    "noisy_current",
    "normal",
    "ode",
    "one_to_one",
    "open",
    "pairs",
    "playback",
    "plots",
    "poisson",
    "quantise",
    "random",
    "read_blocks",
    "read_recording",
    "regular",
    "simulate",
    "simulate_in_blocks",
    "spike_times",
    "step_current",
    "synapse",
    "uniform",
]

_HOMES = {
    "neurosim.model.network": ("Network", "Population", "Projection"),
    "neurosim.model.connectivity": ("AllToAll", "Connectivity", "OneToOne", "Pairs"),
    "neurosim.model.connectivity.rules": (
        "random", "fixed_in_degree", "fixed_out_degree", "fixed_total", "one_to_one", "all_to_all", "by_distance",
        "grid_layout", "pairs", "from_matrix",
    ),
    "neurosim.model.connectivity.shared": ("Conv1d", "Conv2d", "SumPool2d", "AvgPool2d", "Flatten"),
    "neurosim.model.distributions": ("uniform", "normal", "lognormal", "exponential", "gamma", "choice"),
    "neurosim.scenario.runs.opened": ("open",),
    "neurosim.simulation": ("NetworkBuilder", "Recording", "read_recording", "read_blocks"),
    "neurosim.simulation.compare": ("SimulationComparison", "compare"),
    "neurosim.simulation.simulate": ("simulate", "simulate_in_blocks"),
    "neurosim.model.neurons": (
        "NeuronModel", "learned", "driven", "Clamp", "SpikeInput", "RateUnit", "PrototypicalRateUnit", "TanhRateUnit",
        "LeakyRateUnit", "LeakyTanhRateUnit", "Sign", "LowPass", "Heaviside", "LIF", "LIFToValue", "RefractoryLIF",
        "AdaptiveLIF", "CurrentLIF", "SubtractiveCurrentLIF", "CubaLIF", "TracedLIF", "SurrogateLIF", "LeakyReadout",
        "LogisticReadout",
    ),
    "neurosim.model.ode": ("ode", "OdeModel"),
    "neurosim.model.ode.on_spikes": ("synapse", "EventSynapse"),
    "neurosim.model.ode.on_spikes.standard": ("TsodyksMarkram",),
    "neurosim.model.ode.standard": (
        "LeakyIF", "ExponentialCurrentLIF", "ConductanceLIF", "AdEx", "Izhikevich", "HodgkinHuxley",
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
    "neurosim.program.trial.stimuli": ("Rows",),
    "neurosim.simulation.sources": (
        "poisson", "regular", "spike_times", "current", "step_current", "noisy_current", "playback",
    ),
    "neurosim.program.precision": ("Float64", "Float32", "Grid", "FixedPoint", "quantise"),
    "neurosim.program.lowering.lower": ("lower",),
    "neurosim.backend.registry": ("load",),
}  # fmt: skip
_PACKAGES = {"device": "neurosim.device", "nir": "neurosim.interchange.nir", "plots": "neurosim.plots"}
"""Names that are packages, and where they are: ``ns.device.mock``, ``ns.plots.task_curves``."""
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # a type checker reads the imports above, and knows what is no name

    def __getattr__(name: str) -> object:
        """Public names are imported when first used, so that `import neurosim` stays quick."""
        if name in _PACKAGES:
            return import_module(_PACKAGES[name])
        if name not in _HOME_OF:
            raise AttributeError(f"module 'neurosim' has no attribute '{name}'")
        return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__


deprecated.find_moved_modules()
