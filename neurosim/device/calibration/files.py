"""The files of a calibration: ``board.calibration.toml``, and its arrays in ``board.calibration.DIGEST.h5`` beside it.

The first line of the head is the SHA-256 of the rest, which names the digest of the arrays; the arrays are sealed
themselves. Arrays are in place before the head that names them, so a kill leaves the calibration before as it was.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from neurosim.device.calibration.calibrated import Calibrated
from neurosim.device.calibration.calibration import METHOD, Calibration
from neurosim.device.calibration.trims import Trims
from neurosim.device.calibration.verdict import Verification
from neurosim.edges import atomic, files, format_version, hdf5
from neurosim.edges.toml.mistakes import explain
from neurosim.edges.toml.table import Number, Table
from neurosim.edges.toml.text import document
from neurosim.edges.values import finite_array
from neurosim.errors import InputError, SpecError
from neurosim.program.schedule import Array
from neurosim.results.store import checksummed

FORMAT = 1
LONGEST = 2**20
"""The most bytes of a head."""
SEAL = re.compile(rb'sha256 = "([0-9a-f]{64})"\n')
SHOWN = 12
"""Digits of the digest in the name of the file of arrays."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[Number, Field(ge=0)]


class HeadTable(Table):
    """``[calibration]``."""

    format: int
    method: int
    device: str
    kind: str
    firmware: str
    neurosim: str
    date: datetime
    bits: Annotated[int, Field(ge=2, le=16)]
    arrays: Digest


class CalibratedTable(Table):
    """``[population.NAME]``."""

    size: Annotated[int, Field(ge=1)]
    found: Annotated[int, Field(ge=0)]
    method: Literal["spikes", "rates"]
    model: Digest
    spread: Share
    spreads: dict[str, Share]
    residuals: dict[str, Share]
    not_identified: dict[str, str]


class VerificationTable(Table):
    """``[verification]``."""

    date: datetime
    verdict: Literal["good", "stale"]
    off: dict[str, Share]
    allowed: dict[str, Share]


class Head(Table):
    """The whole head."""

    calibration: HeadTable
    population: dict[str, CalibratedTable]
    verification: VerificationTable | None = None


@dataclass(frozen=True)
class CalibrationFile:
    """A file that is read when its device is first used.

    Attributes
    ----------
    path
        Of the head.
    max_age
        In days; None for no limit.
    """

    path: Path
    max_age: float | None = None

    def load(self) -> Calibration:
        """Read it.

        Raises
        ------
        InputError
            As from `Calibration.load`.
        """
        return Calibration.load(self.path, max_age=self.max_age)


def write(calibration: Calibration, path: Path) -> Path:
    """Write the files; the arrays of the calibration that was there before go.

    Raises
    ------
    InputError
        If they cannot be written.
    """
    body = _body(calibration).encode()
    arrays = _arrays_of(path, calibration.digest)
    try:
        files.check_target(path)
        checksummed.write_hdf5(arrays, lambda file: _fill(file, calibration))
        atomic.write(path, f'sha256 = "{checksummed.digest(body)}"\n'.encode() + body)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    for old in path.parent.glob(f"{path.stem}.{'[0-9a-f]' * SHOWN}.h5"):
        if old != arrays:
            with suppress(OSError):
                old.unlink()
    return path


def read(path: Path) -> Calibration:
    """Read the files; age, device and verification are not looked at.

    Raises
    ------
    InputError
        Naming the file, if one is missing, altered, or of another format or method.
    """
    try:
        head = _head(path)
        arrays = _arrays_of(path, head.calibration.arrays)
        try:
            with checksummed.open_hdf5(arrays) as (file, _):
                found = _calibration(head, file)
        except checksummed.AlteredFile as error:
            raise InputError(f"{arrays.name}, which has its arrays: {error}") from None
        if found.digest != head.calibration.arrays:
            raise InputError(f"{arrays.name} has other arrays than it names")
        return found
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _arrays_of(path: Path, digest: str) -> Path:
    return path.with_name(f"{path.stem}.{digest[:SHOWN]}.h5")


def _head(path: Path) -> Head:
    try:
        content = files.content(path, LONGEST)
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}") from None
    seal = SEAL.match(content)
    if seal is None:
        raise InputError("no calibration: it does not begin with its checksum; `neurosim device calibrate` writes one")
    body = content[seal.end() :]
    if checksummed.digest(body).encode() != seal[1]:
        raise InputError("it was altered: its checksum is not that of its contents; calibrate anew")
    try:
        tables = document(body.decode())
        said = tables.get("calibration", {})
        format_version.check(
            said.get("format") if isinstance(said, dict) else None, FORMAT, "a calibration", InputError
        )
        head = Head.model_validate(tables)
    except (SpecError, UnicodeDecodeError) as error:
        raise InputError(f"it is damaged: {error}") from None
    except ValidationError as error:
        raise InputError(f"it is damaged: {explain(error, tables, Head)}") from None
    if head.calibration.method != METHOD:
        raise InputError(
            f"it was made by method {head.calibration.method}, this neurosim has method {METHOD}; calibrate anew"
        )
    return head


def _calibration(head: Head, file: Any) -> Calibration:
    about, v = head.calibration, head.verification
    return Calibration(
        about.device,
        about.firmware,
        about.kind,
        about.neurosim,
        _in_utc(about.date),
        about.bits,
        {name: _population(name, table, file) for name, table in sorted(head.population.items())},
        None if v is None else Verification(_in_utc(v.date), v.off, {n: v.allowed.get(n, 0.0) for n in v.off}),
    )


def _in_utc(date: datetime) -> datetime:
    return date.replace(tzinfo=timezone.utc) if date.tzinfo is None else date.astimezone(timezone.utc)


def _population(name: str, table: CalibratedTable, file: Any) -> Calibrated:
    def array(path: str, *shape: int) -> Array:
        found = finite_array(hdf5.numbers(file, f"{name}/{path}"), f"'{name}/{path}'", error=InputError)
        if found.shape != shape:
            raise InputError(f"'{name}/{path}' has shape {found.shape}, expected {shape}")
        return found

    def factor(path: str) -> Array:
        found = array(path, table.size)
        if (found <= 0).any():
            raise InputError(f"'{name}/{path}' has trims that are not above 0")
        return found

    levels = len(array("levels", hdf5.length(file, f"{name}/levels")))
    constants = hdf5.names(file, f"{name}/trims/constants")
    return Calibrated(
        table.method,
        table.model,
        {n: array(f"found/{n}", table.size) for n in hdf5.names(file, f"{name}/found")},
        array("is_found", table.size),
        table.residuals,
        array("levels", levels),
        array("readings", levels, table.size),
        table.spread,
        Trims(
            factor("trims/gain"),
            array("trims/offset", table.size),
            {n: factor(f"trims/constants/{n}") for n in constants},
        ),
        table.not_identified,
    )


def _fill(file: Any, calibration: Calibration) -> None:
    for path, array in calibration.arrays():
        file.create_dataset(path, data=array)


def _body(calibration: Calibration) -> str:
    head: dict[str, Any] = {
        "format": FORMAT,
        "method": METHOD,
        "device": calibration.device,
        "kind": calibration.kind,
        "firmware": calibration.firmware,
        "neurosim": calibration.neurosim,
        "date": calibration.date,
        "bits": calibration.bits,
        "arrays": calibration.digest,
    }
    tables = {"calibration": head}
    for name, one in sorted(calibration.populations.items()):
        tables[f"population.{name}"] = {
            "size": one.size,
            "found": int(one.is_found.sum()),
            "method": one.method,
            "model": one.model,
            "spread": one.spread,
            "spreads": one.spreads(),
            "residuals": one.residuals,
            "not_identified": one.not_identified,
        }
    if (v := calibration.verification) is not None:
        tables["verification"] = {"date": v.date, "verdict": v.verdict, "off": v.off, "allowed": v.allowed}
    return "".join(f"\n[{name}]\n" + "".join(f"{k} = {_text(x)}\n" for k, x in t.items()) for name, t in tables.items())


def _text(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (int, float)):
        return repr(float(value)) if isinstance(value, float) else str(value)
    return "{ " + ", ".join(f"{_text(k)} = {_text(x)}" for k, x in value.items()) + " }" if value else "{}"
