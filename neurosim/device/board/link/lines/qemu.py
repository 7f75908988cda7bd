"""The firmware on an emulated microcontroller: QEMU, whose serial line is its standard input and output."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from neurosim.device.board.link.line import DeviceLine
from neurosim.device.board.link.lines.firmware import shipped_image
from neurosim.device.board.link.lines.process import ProgramOnPipes
from neurosim.errors import BackendUnavailable

EMULATOR = "qemu-system-arm"
MACHINE = ("-M", "mps2-an385", "-display", "none", "-monitor", "none", "-serial", "stdio")
PACKAGES = "apt install gcc-arm-none-eabi qemu-system-arm, on Debian"


@dataclass(frozen=True)
class EmulatedBoard:
    """A board that QEMU emulates, started for each line.

    Attributes
    ----------
    name
        The device, for messages.
    image
        The firmware; None for that which is shipped.
    """

    name: str
    image: Path | None = None

    @property
    def exclusive(self) -> str | None:
        """None: each line has a board of its own."""
        return None

    def open(self, until: float) -> DeviceLine:
        """Start the board.

        Raises
        ------
        BackendUnavailable
            If the emulator or the firmware is missing.
        BackendError
            If the emulator does not start.
        """
        if shutil.which(EMULATOR) is None:
            raise BackendUnavailable(f"device {self.name} needs {EMULATOR}: {PACKAGES}")
        image = self.image or shipped_image(self.name)
        if not image.is_file():
            raise BackendUnavailable(f"device {self.name}: there is no firmware {image}; make firmware-arm builds it")
        return ProgramOnPipes(self.name, (EMULATOR, *MACHINE, "-kernel", str(image))).open(until)
