"""What trials show: spikes as lists, and rows of what is stored, in an order."""

from neurosim.program.stimuli.events import Events
from neurosim.program.stimuli.rows import AT_ONCE, Rows

__all__ = ["AT_ONCE", "Events", "Rows"]
