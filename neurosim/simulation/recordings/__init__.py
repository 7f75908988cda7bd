"""What a simulation recorded, with its pictures, tables and labelled arrays."""

from neurosim.simulation.recordings.recording import Recorded, Recording, SampledTrace, SpikeTrain

__all__ = ["Recorded", "Recording", "SampledTrace", "SpikeTrain"]
