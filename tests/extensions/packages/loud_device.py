"""A device of another package: a chip whose neurons have gains and offsets of their own, on any simulator."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from neurosim.backend.contract import Backend
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import Silicon


class Loud(BaseModel):
    """What it is on, and how far its neurons differ."""

    on: str = "reference"
    spread: float = 0.1

    def backend(self, name: str, others: Mapping[str, Backend]) -> Backend:
        """The chip."""
        return MockBackend(name, self.on, Silicon(gain=self.spread, offset=self.spread), 3, others)
