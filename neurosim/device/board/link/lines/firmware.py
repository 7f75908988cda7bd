"""The firmware that is shipped, for addresses that name no program."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from neurosim.errors import BackendUnavailable

BUILDS = "neurosim_firmware.build"
"""Builds it, in a package of its own."""


def shipped_program(name: str) -> tuple[str, ...]:
    """Return the command of the device's program on this host, which is built if it is not yet.

    Raises
    ------
    BackendUnavailable
        If it is not installed.
    """
    return (str(_build(name, "host_device")),)


def shipped_image(name: str) -> Path:
    """Return the firmware of the board that is emulated, which is built if it is not yet.

    Raises
    ------
    BackendUnavailable
        If it is not installed.
    """
    return _build(name, "board_image")


def _build(name: str, what: str) -> Path:
    try:
        builds = import_module(BUILDS)
    except ModuleNotFoundError:
        raise BackendUnavailable(
            f"device {name}: the firmware is not installed; name a program: process:PATH"
        ) from None
    return Path(getattr(builds, what)())
