"""Results as tables of pandas, as labelled arrays of xarray, and as objects of Neo: one meaning, three forms."""

from neurosim.results.analysis.frames.arrays import to_xarray
from neurosim.results.analysis.frames.blocks import to_neo
from neurosim.results.analysis.frames.tables import to_pandas

__all__ = ["to_neo", "to_pandas", "to_xarray"]
