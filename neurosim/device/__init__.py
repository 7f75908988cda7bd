"""Devices: what silicon does to a network, and sessions of backends that stand for a chip in the loop."""

from neurosim.device.mock import MockBackend, mock
from neurosim.device.silicon import Readout, Silicon

__all__ = ["MockBackend", "Readout", "Silicon", "mock"]
