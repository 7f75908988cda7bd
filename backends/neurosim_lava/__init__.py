"""Programs on Lava. Importing this does not import Lava, which fixes how a whole program starts its processes."""

from neurosim_lava.backend import LavaBackend

__all__ = ["LavaBackend"]
