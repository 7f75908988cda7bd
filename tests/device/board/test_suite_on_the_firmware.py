"""The conformance suite in whole numbers on the shipped firmware: every rule, spike and count is the reference's."""

from neurosim.testing.on_board import OnBoard
from neurosim.testing.suite import *  # noqa: F403

TARGETS = [OnBoard("process", 0.05, 2), OnBoard("process", 0.02, 2, loop=1)]
