"""``[devices.NAME]`` in a file: a chip that stands in the place of a simulator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator

from neurosim.backend import registry
from neurosim.backend.contract import Backend
from neurosim.device.board.table import BoardTable
from neurosim.device.calibration.files import CalibrationFile
from neurosim.device.host_learning import Patience
from neurosim.device.mock import MockBackend
from neurosim.device.presets import silicon_of
from neurosim.device.silicon import FIGURES, Readout, Silicon
from neurosim.edges.extensions import ExtensionGroup
from neurosim.edges.extensions.table import PackageTable
from neurosim.edges.toml.beside import beside
from neurosim.edges.toml.table import FOLDER, Number, Table
from neurosim.errors import NeurosimError, SpecError

Share = Annotated[Number, Field(ge=0, le=1)]
Spread = Annotated[Number, Field(ge=0)]
Bits = Annotated[int, Field(ge=1, le=24)]
LoopValue = Literal["trial", "phase"] | Annotated[int, Field(ge=1)]


class ReadoutTable(Table):
    """What is read of states; see `neurosim.device.silicon.Readout`."""

    bits: Bits | None = None
    low: Number = 0.0
    high: Number = 1.0
    noise: Spread = 0.0
    bias: Spread = 0.0
    common_bias: Spread = 0.0
    spikes_only: bool = False


class DeviceTable(Table):
    """A mock of a chip on a simulator; see `neurosim.device.silicon.Silicon`."""

    on: Annotated[str, Field(min_length=1)] = "reference"
    seed: Annotated[int, Field(ge=0)] = 0
    preset: Literal["dynapse2", "pcm", "reram", "hfo2"] | None = None
    gain: Spread = 0.0
    offset: Spread = 0.0
    mismatch: dict[str, Spread] = Field(default_factory=dict)
    step_noise: Spread = 0.0
    drift: Spread = 0.0
    dead_neurons: Share = 0.0
    dropped: Share = 0.0
    doubled: Share = 0.0
    late: Share = 0.0
    weight_bits: Bits | None = None
    weight_range: Annotated[Number, Field(gt=0)] = 1.0
    weight_gain: Spread = 0.0
    weight_offset: Spread = 0.0
    write_noise: Spread = 0.0
    reprogram: Annotated[int, Field(ge=1)] | None = None
    dead_synapses: Share = 0.0
    stuck_synapses: Share = 0.0
    readout: ReadoutTable = ReadoutTable()
    learning: Literal["device", "host"] | None = None
    loop: LoopValue | dict[str, LoopValue] | None = None
    retries: Annotated[int, Field(ge=0)] = 0
    deadline: Annotated[Number, Field(gt=0)] | None = None
    latency_budget_ms: Annotated[Number, Field(gt=0)] | None = None
    over_budget: Literal["warn", "fail"] = "warn"
    calibration: Annotated[str, Field(min_length=1)] | None = None
    calibration_max_age: Annotated[Number, Field(gt=0)] | None = None

    @field_validator("calibration")
    @classmethod
    def _beside(cls, path: str | None, info: ValidationInfo) -> str | None:
        """Take a path from the folder of its file, where that is known as the tables are read."""
        return path if path is None or FOLDER not in (info.context or {}) else beside(path, info)

    def silicon(self) -> Silicon:
        """The figures."""
        figures = {n: getattr(self, n) for n in FIGURES if n in self.model_fields_set and n != "readout"}
        return silicon_of(self.preset, {**figures, "readout": Readout(**self.readout.model_dump())})

    def calibration_file(self) -> CalibrationFile | None:
        """What trims its neurons; it is read when the device is used."""
        if self.calibration is None:
            return None
        return CalibrationFile(Path(self.calibration), self.calibration_max_age)

    def backend(self, name: str, others: Mapping[str, Backend]) -> MockBackend:
        """The device of this name."""
        how: dict[str, Any] = {
            "learning": self.learning,
            "loop": self.loop,
            "patience": Patience(self.retries, self.deadline, self.latency_budget_ms, self.over_budget),
            "calibrated_by": self.calibration_file(),
            "preset": self.preset,
        }
        return MockBackend(name, self.on, self.silicon(), self.seed, others, **how)


DEVICES = ExtensionGroup("neurosim.devices")
"""Devices of other packages: an entry point is a dataclass or pydantic model of settings, with
``backend(name, others)``, which gives a `neurosim.backend.contract.Backend`."""


class PackageDevice(PackageTable):
    """A device of an installed package, whose class has ``backend(name, others)``."""

    group = DEVICES
    own = staticmethod(lambda: ())
    needs = ("backend",)

    kind: str

    def backend(self, name: str, others: Mapping[str, Backend]) -> Backend:
        """The device of this name, as the package makes it.

        Raises
        ------
        SpecError
            If it raises an exception, or gives no backend of this name.
        """
        device = self.called("", "backend", name, others)
        if not all(callable(getattr(device, n, None)) for n in ("capabilities", "versions", "compile")):
            raise self.wrong("", device, "a neurosim.backend.contract.Backend")
        if getattr(device, "name", None) != name:
            raise self.wrong("", device, f"one whose name is {name!r}")
        backend: Backend = device
        return backend


def _which(table: object) -> str:
    """Return which table a device has: that of a package, if it has a kind, and of a board, if it has a link."""
    if isinstance(table, PackageDevice) or (isinstance(table, dict) and "kind" in table):
        return PackageDevice.__name__
    has_link = "link" in table if isinstance(table, dict) else isinstance(table, BoardTable)
    return BoardTable.__name__ if has_link else DeviceTable.__name__


AnyDeviceTable = Annotated[
    Annotated[DeviceTable, Tag(DeviceTable.__name__)]
    | Annotated[BoardTable, Tag(BoardTable.__name__)]
    | Annotated[PackageDevice, Tag(PackageDevice.__name__)],
    Discriminator(_which),
]
"""A mock of a chip, a board, or a device of a package."""

DeviceOfFile = DeviceTable | BoardTable | PackageDevice


def mocks(tables: Mapping[str, DeviceOfFile]) -> dict[str, DeviceTable]:
    """Those of some devices that are mocks."""
    return {name: table for name, table in tables.items() if isinstance(table, DeviceTable)}


def built(tables: Mapping[str, DeviceOfFile], others: Mapping[str, Backend]) -> dict[str, Backend]:
    """The devices of a file, by their names; nothing is started yet. A mock can be on a board.

    Parameters
    ----------
    others
        Backends that a device can be on beside the installed ones: the workers of the file.

    Raises
    ------
    SpecError
        If an installed backend or a worker has the name of one, or a figure is none.
    """
    found: dict[str, Backend] = {}
    boards_first = sorted(tables.items(), key=lambda item: isinstance(item[1], DeviceTable))
    for name, table in boards_first:
        where = f"[devices.{name}]"
        if name in registry.names() or name in others:
            raise SpecError(f"{where}: a backend is called '{name}'; name the device otherwise")
        try:
            found[name] = table.backend(name, {**others, **found})
        except NeurosimError as error:
            raise SpecError(f"{where} {error}") from None
    return {name: found[name] for name in tables}
