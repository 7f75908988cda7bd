"""The reference behind a worker in this interpreter: what the conformance suite runs to test the worker."""

from __future__ import annotations

from neurosim.backend.remote.backend import RemoteBackend


class LoopbackBackend(RemoteBackend):
    """NumPy, one step after another, in a process of its own."""

    def __init__(self) -> None:
        super().__init__("loopback", "reference")
