"""Plain networks: described part by part, driven by sources, run for some time, recorded and compared."""

from neurosim.simulation.builder import NetworkBuilder
from neurosim.simulation.compare import Comparison, Difference, Verdict, compare
from neurosim.simulation.groups import Connection, NeuronGroup
from neurosim.simulation.recordable import Recordable
from neurosim.simulation.recording import Recording, SpikeTrain, Trace
from neurosim.simulation.setup import Setup
from neurosim.simulation.simulate import simulate

__all__ = [
    "Comparison",
    "Connection",
    "Difference",
    "NetworkBuilder",
    "NeuronGroup",
    "Recordable",
    "Recording",
    "Setup",
    "SpikeTrain",
    "Trace",
    "Verdict",
    "compare",
    "simulate",
]
