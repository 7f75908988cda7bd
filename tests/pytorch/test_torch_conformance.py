"""The conformance suite on torch."""

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from neurosim.testing.suite import *  # noqa: F403
from neurosim.testing.targets import Target

TARGETS = [Target("torch:cpu", examples=15)]
