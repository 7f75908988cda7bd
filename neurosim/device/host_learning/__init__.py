"""Learning on the host, for a device that runs programs without rules."""

from neurosim.device.host_learning.calls import Patience
from neurosim.device.host_learning.session import HostLearningSession

__all__ = ["HostLearningSession", "Patience"]
