"""`neurosim device`: ask a board, calibrate a device of a file, verify a calibration, and tell what the devices are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurosim.cli.commands.chips.device_file import DeviceFile
from neurosim.cli.console import explained, out, print_json, watched
from neurosim.cli.options import AllowCode, AsJson, DataFolder, check_target
from neurosim.errors import NeurosimError, SpecError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from neurosim.cli.report.device_tables import DeviceStatus

HEAD = ".toml"
"""Ends the name of a calibration."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="A scenario or simulation file with [devices.NAME].")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The device, as the file calls it.")]
Programmings = Annotated[int, typer.Option(help="How often weights are written and all is measured.", min=1)]

app = typer.Typer(name="device", help="Calibrate, verify and list devices.", no_args_is_help=True)


@app.command()
@explained
def probe(
    file: File,
    name: Name,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do not contact the board: compute what would go over its line.")
    ] = False,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Ask a board what it is.

    It also tells how long a request takes, and whether the network fits; the exit code is 1 where it does not. Nothing
    is run.
    """
    from neurosim.cli.report import board_tables, dry_run_tables
    from neurosim.device.board.backend import BoardBackend
    from neurosim.device.board.probing.asking import probed
    from neurosim.device.board.probing.dry_run import dry_run as computed

    found = DeviceFile.read(file)
    _, backend = found.device(name)
    if not isinstance(backend, BoardBackend):
        raise SpecError(f"{file}: device '{name}' is a mock, which has no link; `neurosim device status` tells of it")
    lines: Iterable[RenderableType]
    if dry_run:
        work = found.work(data_folder, allow_code)
        try:
            told = computed(backend, work.programs, work.runs)
        except NeurosimError as error:
            raise SpecError(f"{file}: {error}") from None
        data, lines = dry_run_tables.as_data(name, backend.link, told), dry_run_tables.lines(name, backend.link, told)
        fits = True
    else:
        asked = probed(backend, found.programs())
        data = board_tables.probe_as_data(name, backend.link, asked)
        lines = board_tables.probe_lines(name, backend.link, asked)
        fits = not any(asked.refused.values())
    if as_json:
        print_json(data)
    else:
        for line in lines:
            out.print(line, soft_wrap=isinstance(line, str))
    if not fits:
        raise typer.Exit(1)


@app.command()
@explained
def calibrate(
    file: File,
    name: Name,
    out_file: Annotated[
        Path, typer.Option("--out", metavar="FILE.toml", help="Where the calibration goes; its arrays go beside it.")
    ],
    programmings: Programmings = 4,
    as_json: AsJson = False,
) -> None:
    """Measure a device, and write its trims.

    Each neuron is measured without its trims; those are written that make it nominal.
    """
    from neurosim.cli.report import device_tables
    from neurosim.device import calibrate as measure

    if out_file.suffix != HEAD:
        raise SpecError(f"--out {out_file}: expected a file in TOML, such as {name}.calibration.toml")
    check_target(out_file)
    found = DeviceFile.read(file)
    _, backend = found.mock(name)
    with watched(f"calibrating {name}") as progress:
        calibration = measure(
            backend,
            found.network,
            programmings=programmings,
            precision=found.precision,
            progress=lambda done, total: progress.tell(done / total, "calibrate"),
        )
    calibration.save(out_file)
    if as_json:
        print_json(device_tables.calibration_as_data(calibration, out_file))
        return
    for line in device_tables.calibration_lines(calibration, name):
        out.print(line, soft_wrap=isinstance(line, str))
    out.print(f"written to {out_file}", soft_wrap=True, markup=False)


@app.command()
@explained
def verify(file: File, name: Name, as_json: AsJson = False) -> None:
    """Measure a tenth of a calibration again.

    The exit code is 1 where it is stale; its file keeps the verdict.
    """
    from neurosim.cli.report import device_tables
    from neurosim.device import verify as measure_again
    from neurosim.device.calibration import files

    found = DeviceFile.read(file)
    table, backend = found.mock(name)
    if table.calibration is None:
        raise SpecError(
            f"{file}: [devices.{name}] has no calibration; write one with `neurosim device calibrate {file} {name} "
            f"--out {name}.calibration.toml`, and name it there"
        )
    path = Path(table.calibration)
    calibration = files.read(path)
    with watched(f"verifying {name}"):
        try:
            verification = measure_again(calibration, backend, found.network, precision=found.precision)
        except NeurosimError as error:
            raise SpecError(f"{path}: {error}") from None
    calibration.verified(verification).save(path)
    if as_json:
        print_json(device_tables.verification_as_data(calibration, verification, path))
    else:
        for line in device_tables.verification_lines(verification, name):
            out.print(line, soft_wrap=True)
    if not verification.is_good:
        raise typer.Exit(1)


@app.command()
@explained
def status(
    file: File,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One device; without it all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what devices and calibrations are.

    Kind, simulator, figures and calibration are told; nothing is measured.
    """
    from neurosim.cli.report import device_tables

    found = DeviceFile.read(file)
    if name is not None:
        found.device(name)
    rows: list[DeviceStatus] = [
        device_tables.status_of(one, found.tables[one], found.backends[one])
        for one in ([name] if name is not None else found.tables)
    ]
    if as_json:
        print_json([row.as_data() for row in rows])
        return
    if not rows:
        out.print(f"{file}: no [devices.NAME]", soft_wrap=True, markup=False)
    for row in rows:
        for line in row.lines():
            out.print(line, soft_wrap=True)
