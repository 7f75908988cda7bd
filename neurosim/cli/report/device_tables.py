"""Devices and their calibrations as lines for a terminal and as plain data for ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from neurosim.backend.contract import Backend
from neurosim.cli.report.fitting import PLAIN, FittingTable
from neurosim.device.board.table import BoardTable
from neurosim.device.calibration import files
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.calibration.verdict import Verification
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import FIGURES, Silicon
from neurosim.device.table import DeviceOfFile, DeviceTable, PackageDevice
from neurosim.errors import InputError

COLOURS = {"good": "green", "unverified": "yellow", "stale": "red", "refused": "red"}


@dataclass(frozen=True)
class DeviceStatus:
    """What a device is, with the calibration that it has.

    Attributes
    ----------
    on, seed
        The simulator and the number of the chip; of a board, its link and None.
    figures
        Those that are not of an ideal chip.
    file
        Of the calibration; None where there is none.
    state
        ``good``, ``unverified``, ``stale`` or ``refused``; empty where there is no calibration.
    why
        Why it is refused, or what a verification found.
    what
        What it is where it is no mock, in words.
    """

    name: str
    kind: str
    on: str
    seed: int | None
    figures: dict[str, Any]
    file: str | None
    calibration: Calibration | None
    state: str
    why: str
    what: str = ""

    def as_data(self) -> dict[str, Any]:
        """The device for ``--json``."""
        c = self.calibration
        calibrated = None
        if self.file is not None:
            calibrated = {
                "file": self.file,
                "state": self.state,
                "why": self.why,
                "date": None if c is None else c.date.isoformat(),
                "age_days": None if c is None else round(c.age() / timedelta(days=1), 3),
                "digest": None if c is None else c.digest,
            }
        return {
            "name": self.name,
            "kind": self.kind,
            "on": self.on,
            "seed": self.seed,
            "figures": self.figures,
            "calibration": calibrated,
        }

    def lines(self) -> Iterator[str]:
        """The device for a terminal."""
        if self.what:
            yield f"[bold]{escape(self.name)}[/bold]: {escape(self.what)}"
            return
        yield f"[bold]{escape(self.name)}[/bold]: {self.kind} on {escape(self.on)}, chip {self.seed}"
        said = [f"{n} = {_in_words(v)}" for n, v in self.figures.items()]
        yield f"  figures: {escape(', '.join(said)) or 'those of an ideal chip'}"
        if self.file is None:
            yield "  calibration: none"
            return
        colour = COLOURS[self.state]
        of = "" if self.calibration is None else f", {_age(self.calibration)} old, {self.calibration.digest[:12]}"
        yield f"  calibration: [{colour}]{self.state}[/{colour}]{of}; {escape(self.file)}"
        if self.why:
            yield f"  {escape(self.why)}"


def status_of(name: str, table: DeviceOfFile, backend: Backend) -> DeviceStatus:
    """What a device of a file is; its calibration is read, nothing is measured, and no board is asked."""
    if isinstance(table, BoardTable):
        what = f"a board at {table.link}; `neurosim device probe` asks it"
        return DeviceStatus(name, backend.capabilities().kind, table.link, None, {}, None, None, "", "", what)
    if isinstance(table, PackageDevice):
        kind, settings = backend.capabilities().kind, dict(table.__pydantic_extra__ or {})
        what = f"{kind}, {table.source}"
        return DeviceStatus(name, kind, table.source, None, settings, None, None, "", "", what)
    silicon, ideal = table.silicon(), Silicon()
    figures = {f: getattr(silicon, f) for f in FIGURES if getattr(silicon, f) != getattr(ideal, f)}
    if "readout" in figures:
        exact = asdict(ideal.readout)
        figures["readout"] = {f: v for f, v in asdict(silicon.readout).items() if v != exact[f]}
    kind = backend.capabilities().kind
    file = None if table.calibration is None else Path(table.calibration)
    found, state, why = (None, "", "") if file is None else _calibration_of(file, table, backend)
    return DeviceStatus(
        name, kind, table.on, table.seed, figures, None if file is None else str(file), found, state, why
    )


def _calibration_of(file: Path, table: DeviceTable, backend: Backend) -> tuple[Calibration | None, str, str]:
    """A calibration as far as it can be read, its state, and what is to be said of that."""
    try:
        found = files.read(file)
    except InputError as error:
        return None, "refused", str(error)
    v = found.verification
    try:
        if isinstance(backend, MockBackend):
            found.check_device(backend.device)
        found.check_usable(table.calibration_max_age)
    except InputError as error:
        return found, "refused" if v is None or v.is_good else "stale", str(error)
    return (
        found,
        "unverified" if v is None else "good",
        "" if v is None else f"verified {v.date:%Y-%m-%d %H:%M} UTC: {v}",
    )


def calibration_lines(calibration: Calibration, name: str) -> Iterator[str | Table]:
    """What was found, for a terminal."""
    methods = " and ".join(sorted({one.method for one in calibration.populations.values()}))
    yield f"[bold]{escape(name)}[/bold], {calibration.kind}: trims of {calibration.bits} bits, from {methods}"
    yield ""
    yield _found_table(calibration)
    yield ""
    told = {what: why for one in calibration.populations.values() for what, why in one.not_identified.items()}
    yield "not identified:"
    for what, why in told.items():
        yield f"  {escape(what)}: {escape(why)}"


def _found_table(calibration: Calibration) -> Table:
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("population", no_wrap=True)
    table.add_column("identified", no_wrap=True)
    for header in ("neurons", "sd", "off by"):
        table.add_column(header, justify="right", no_wrap=True)
    for name, one in calibration.populations.items():
        spreads = one.spreads()
        for what in one.found:
            words = what.replace("log_", "log ").replace("_over_", "/")
            neurons = f"{int(one.is_found.sum())} of {one.size}"
            table.add_row(escape(name), words, neurons, f"{spreads[what]:.3f}", f"{one.residuals[what]:.4f}")
    return table


def calibration_as_data(calibration: Calibration, path: Path) -> dict[str, Any]:
    """What was found, for ``--json``."""
    return {
        "file": str(path),
        "device": calibration.device,
        "kind": calibration.kind,
        "date": calibration.date.isoformat(),
        "bits": calibration.bits,
        "digest": calibration.digest,
        "populations": {
            name: {
                "method": one.method,
                "neurons": one.size,
                "found": int(one.is_found.sum()),
                "spreads": one.spreads(),
                "residuals": dict(one.residuals),
                "not_identified": dict(one.not_identified),
            }
            for name, one in calibration.populations.items()
        },
    }


def verification_lines(verification: Verification, name: str) -> Iterator[str]:
    """What a verification found, for a terminal."""
    colour = COLOURS[verification.verdict]
    yield f"[bold]{escape(name)}[/bold]: [{colour}]{verification.verdict}[/{colour}]"
    for population, off in verification.off.items():
        yield f"  {escape(population)}: readings off by {off:.1%}, at most {verification.allowed[population]:.1%}"


def verification_as_data(calibration: Calibration, verification: Verification, path: Path) -> dict[str, Any]:
    """What a verification found, for ``--json``."""
    return {
        "file": str(path),
        "digest": calibration.digest,
        "date": verification.date.isoformat(),
        "verdict": verification.verdict,
        "off": dict(verification.off),
        "allowed": dict(verification.allowed),
    }


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_in_words(v)}" for k, v in value.items()) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _age(calibration: Calibration) -> str:
    hours = calibration.age() / timedelta(hours=1)
    if hours >= 24:
        return f"{hours / 24:.1f} days"
    return f"{hours:.1f} hours" if hours >= 1 else f"{max(hours, 0) * 60:.0f} minutes"
