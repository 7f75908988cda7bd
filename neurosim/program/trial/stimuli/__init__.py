"""What trials show: spikes as lists, and rows of what is stored, in an order."""

from neurosim.program.trial.stimuli.events import Events
from neurosim.program.trial.stimuli.rows import Rows, trials_at_once

__all__ = ["Events", "Rows", "trials_at_once"]
