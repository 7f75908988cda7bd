"""Plain networks: described part by part, driven by sources, run for some time, recorded and compared."""

from neurosim.simulation.compare import Difference, SimulationComparison, Verdict, compare
from neurosim.simulation.description.builder import NetworkBuilder
from neurosim.simulation.description.groups import NeuronGroup, SynapseGroup
from neurosim.simulation.description.recordable import Recordable
from neurosim.simulation.description.setup import Setup
from neurosim.simulation.kept import blocks as read_blocks
from neurosim.simulation.kept import read as read_recording
from neurosim.simulation.recordings.recording import Recording, SampledTrace, SpikeTrain
from neurosim.simulation.simulate import simulate, simulate_in_blocks

__all__ = [
    "Difference",
    "NetworkBuilder",
    "NeuronGroup",
    "Recordable",
    "Recording",
    "SampledTrace",
    "Setup",
    "SimulationComparison",
    "SpikeTrain",
    "SynapseGroup",
    "Verdict",
    "compare",
    "read_blocks",
    "read_recording",
    "simulate",
    "simulate_in_blocks",
]
