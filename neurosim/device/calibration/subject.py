"""What a device says of itself to whoever calibrates it: which one it is, and what it takes."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from neurosim.backend.contract import Backend
from neurosim.backend.registry import opener, versions_of
from neurosim.device.calibration.measuring.lines import OpenSession
from neurosim.device.calibration.measuring.weight_range import WeightRange
from neurosim.errors import ModelError


@runtime_checkable
class Trimmed(Protocol):
    """A backend that may have a calibration loaded, and knows which weights it takes."""

    @property
    def weights(self) -> WeightRange:
        """That it takes."""
        ...

    def uncalibrated(self) -> Backend:
        """The same device with no trims."""
        ...


def device_key(name: str) -> str:
    """The version under which a backend of a name tells which device it is."""
    return f"device {name}"


def firmware_key(name: str) -> str:
    """The version under which it tells what runs on the device, where anything does."""
    return f"firmware {name}"


def calibration_key(name: str) -> str:
    """The version under which results tell the calibration that was loaded."""
    return f"calibration {name}"


def identity_of(backend: Backend) -> tuple[str, str]:
    """Return which device a backend is, and its firmware; empty where it has none.

    Raises
    ------
    ModelError
        For a backend that is no device.
    """
    bare = backend.uncalibrated() if isinstance(backend, Trimmed) else backend
    said = versions_of(bare)
    if device_key(backend.name) not in said:
        raise ModelError(
            f"backend {backend.name} is no device, so there is nothing to calibrate; ns.device.mock is one"
        )
    return said[device_key(backend.name)], said.get(firmware_key(backend.name), "")


def opened_bare(backend: Backend) -> OpenSession:
    """Return what opens sessions of a device as it is without trims."""
    bare = backend.uncalibrated() if isinstance(backend, Trimmed) else backend
    return opener(bare, bare.capabilities().modes[0])


def weights_of(backend: Backend) -> WeightRange:
    """Return the weights that a device takes; any up to 1 where it does not say."""
    return backend.weights if isinstance(backend, Trimmed) else WeightRange()
