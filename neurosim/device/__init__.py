"""Devices: what silicon does to a network, and sessions of backends that stand for a chip in the loop."""

from neurosim.device.board.backend import BoardBackend, at
from neurosim.device.calibration.calibrate import calibrate
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.calibration.verdict import Verification
from neurosim.device.calibration.verification import verify
from neurosim.device.mock import MockBackend, mock
from neurosim.device.silicon import Readout, Silicon

__all__ = [
    "BoardBackend",
    "Calibration",
    "MockBackend",
    "Readout",
    "Silicon",
    "Verification",
    "at",
    "calibrate",
    "mock",
    "verify",
]
