"""Data sets of a user's own: arrays in hand, files of numbers or of spikes, and folders of event files."""

from neurosim.scenario.datasets.own.binning import MOST_BINS
from neurosim.scenario.datasets.own.reading import from_arrays, from_file, from_spike_file

__all__ = ["MOST_BINS", "from_arrays", "from_file", "from_spike_file"]
