"""A calibration: of which device, when and how it was made, and what was found of each population."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from neurosim.device.calibration.calibrated import Calibrated
from neurosim.device.calibration.trims import Trimming
from neurosim.errors import InputError
from neurosim.program.schedule import Array

if TYPE_CHECKING:
    from neurosim.device.calibration.verdict import Verification

METHOD = 1
"""Version of how calibrations are made; trims of another one stand for something else."""

DAY = timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """The calibration of one device, from `neurosim.device.calibrate` or a file.

    Attributes
    ----------
    device, firmware
        Which one it is, and what ran on it, as it says itself.
    kind
        ``mock`` or ``hardware``.
    neurosim
        The version that made it.
    date
        When, in UTC.
    bits
        Of a trim.
    populations
        What was found, by population.
    verification
        The last one; None where there was none.
    """

    device: str
    firmware: str
    kind: str
    neurosim: str
    date: datetime
    bits: int
    populations: Mapping[str, Calibrated]
    verification: Verification | None = None

    @property
    def trims(self) -> Trimming:
        """What the device is set to, by population."""
        return {name: one.trims for name, one in self.populations.items()}

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Yield all arrays by their paths, in alphabetical order."""
        for name, one in sorted(self.populations.items()):
            own = {
                "is_found": one.is_found,
                "levels": one.levels,
                "readings": one.readings,
                "trims/gain": one.trims.gain,
                "trims/offset": one.trims.offset,
                **{f"found/{n}": a for n, a in one.found.items()},
                **{f"trims/constants/{n}": a for n, a in one.trims.constants.items()},
            }
            yield from ((f"{name}/{path}", own[path]) for path in sorted(own))

    @property
    def digest(self) -> str:
        """The SHA-256 of all arrays with their paths and shapes, as 64 digits: what records of runs have."""
        content = hashlib.sha256()
        for path, array in self.arrays():
            content.update(f"{path} {array.shape}\n".encode())
            content.update(array.astype("<f8").tobytes())
        return content.hexdigest()

    def age(self, now: datetime | None = None) -> timedelta:
        """Return how long ago it was made.

        Parameters
        ----------
        now
            With its time zone; None for what the clock says.
        """
        return (now or datetime.now(timezone.utc)) - self.date

    def verified(self, verification: Verification) -> Calibration:
        """Return the same with another verification."""
        return replace(self, verification=verification)

    def check_device(self, device: str, firmware: str = "") -> None:
        """Refuse another device, or one that runs something else.

        Raises
        ------
        InputError
            If it is one.
        """
        if device != self.device:
            raise InputError(f"a calibration of another device: of {self.device}, but here is {device}")
        if firmware != self.firmware:
            raise InputError(
                f"a calibration under another firmware: '{self.firmware}', but here is '{firmware}'; calibrate anew"
            )

    def check_usable(self, max_age: float | None = None, now: datetime | None = None) -> None:
        """Refuse one that is too old, or did not pass its last verification.

        Parameters
        ----------
        max_age
            In days; None for no limit.
        now
            With its time zone; None for what the clock says.

        Raises
        ------
        InputError
            If it is refused.
        """
        age = self.age(now)
        if age < -DAY:
            raise InputError(f"its date is in the future: {self.date:%Y-%m-%d %H:%M} UTC; calibrate anew")
        if max_age is not None and age > max_age * DAY:
            raise InputError(f"it is {age / DAY:.1f} days old, at most {max_age:g} are allowed; calibrate anew")
        if self.verification is not None and not self.verification.is_good:
            when = f"{self.verification.date:%Y-%m-%d %H:%M} UTC"
            raise InputError(f"it is stale: the verification of {when} found {self.verification}; calibrate anew")

    def save(self, path: str | Path) -> Path:
        """Write it: a head in TOML, and beside it a file of HDF5 with the arrays; both sealed, each whole or absent.

        Parameters
        ----------
        path
            Of the head: ``board.calibration.toml``.

        Returns
        -------
        Path
            Of the head.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        from neurosim.device.calibration import files

        return files.write(self, Path(path))

    @classmethod
    def load(
        cls, path: str | Path, *, device: str | None = None, max_age: float | None = None, now: datetime | None = None
    ) -> Calibration:
        """Read it from its files.

        Parameters
        ----------
        path
            Of the head.
        device
            Which device it must be of, as that says itself; None for any. A mock looks itself.
        max_age
            In days; None for no limit.
        now
            With its time zone; None for what the clock says.

        Raises
        ------
        InputError
            Naming the file: if it is missing, altered, of another format or method, of another device, too old, or did
            not pass its last verification.
        """
        from neurosim.device.calibration import files

        found = files.read(Path(path))
        try:
            if device is not None:
                found.check_device(device, found.firmware)
            found.check_usable(max_age, now)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        return found

    def __str__(self) -> str:
        return f"{self.digest[:12]} of {self.date:%Y-%m-%d %H:%M} UTC"

    def __repr__(self) -> str:
        return f"<calibration {self}: {', '.join(f'{n} from {p.method}' for n, p in self.populations.items())}>"
