"""The conformance suite through a host that learns after each step: every rule, spike and count is the reference's."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.backend.contract import Backend
from neurosim.device import mock
from neurosim.testing.suite import *  # noqa: F403
from neurosim.testing.targets import Target

IDEAL = mock("reference", loop=1)


@dataclass(frozen=True)
class InTheLoop(Target):
    """An ideal chip."""

    def resolved(self) -> Target:
        return self

    def load(self) -> tuple[Backend, str]:
        return IDEAL, IDEAL.mode


TARGETS = [InTheLoop("mock:one step a call", 0.1, 2)]
