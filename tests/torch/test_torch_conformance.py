"""The conformance suite on torch."""

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from neurosim.testing.suite import *  # noqa: E402, F403
from neurosim.testing.targets import Target  # noqa: E402

TARGETS = [Target("torch:cpu", examples=15)]
