"""What trials show: spikes as lists, and rows of what is stored, in an order."""

from neurosim.program.stimuli.events import Events
from neurosim.program.stimuli.rows import Rows, trials_at_once

__all__ = ["Events", "Rows", "trials_at_once"]
