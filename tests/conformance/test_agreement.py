"""The conformance suite on every backend and mode that comes with neurosim."""

from neurosim.testing.suite import *  # noqa: F403
from neurosim.testing.targets import Target

TARGETS = [
    Target("reference", examples=40),
    Target("loopback", examples=15),
    Target("brian2:standalone", examples=2),  # each of them is compiled
    Target("brian2:numpy", length=0.25, examples=5),
    Target("brian2:cython", length=0.25, examples=1),
    Target("nengo:native", examples=15),
    Target("nengo:fused", examples=15),
    Target("lava:fused", examples=15),
    Target("nengo:fused", length=0.25, examples=5, precision="loihi2"),
]
