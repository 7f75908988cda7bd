"""`neurosim import-nir` and `neurosim export-nir`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli.console import out, print_json
from neurosim.cli.options import AsJson, Seed, check_target
from neurosim.errors import SpecError, nearest

if TYPE_CHECKING:
    from neurosim.interchange.nir import Imported, Report

Step = Annotated[str | None, typer.Option("--dt", metavar="TIME", help="Of a step.  [default: 0.1 ms]")]
Kinds = (".toml", ".h5", ".json")


def import_nir(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A graph of NIR.")],
    out_file: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE.toml|h5|json",
            help="A simulation file; network and weights as of pretrain; or the network alone.",
        ),
    ] = None,
    dt: Step = None,
    integrator: Annotated[str | None, typer.Option(help="euler or exact.")] = None,
    reset: Annotated[str | None, typer.Option(help="value or subtract.")] = None,
    current: Annotated[str | None, typer.Option(help="new or old: what a membrane reads.")] = None,
    charge: Annotated[str | None, typer.Option(help="current or impulse: input of IF and I.")] = None,
    threshold: Annotated[str | None, typer.Option(help="above or at.")] = None,
    bias: Annotated[str | None, typer.Option(help="aligned or immediate.")] = None,
    feedback_bias: Annotated[str | None, typer.Option(help="at-once or step-later.")] = None,
    delays: Annotated[str | None, typer.Option(help="nearest, up or down, to whole steps.")] = None,
    chains: Annotated[str | None, typer.Option(help="multiplied or relayed.")] = None,
    input_kind: Annotated[str | None, typer.Option("--input", help="events or values.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read a graph of NIR as a network, and tell what was chosen.

    What is not given is as the file says, or the default.
    """
    from neurosim.interchange import nir

    if out_file is not None:
        _check_kind(out_file)
        check_target(out_file)
    choices: dict[str, Any] = {
        "dt": None if dt is None else _time(dt), "integrator": integrator, "reset": reset, "current": current,
        "charge": charge, "threshold": threshold, "bias": bias, "feedback_bias": feedback_bias, "delays": delays,
        "chains": chains, "input": input_kind,
    }  # fmt: skip
    imported = nir.read(file, **choices)
    if out_file is not None:
        _keep(imported, file, out_file)
    _tell(imported.report, out_file, as_json)


def export_nir(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE", help="A run's folder, a scenario or simulation file, or a network in .h5 or .json."
        ),
    ],
    out_file: Annotated[Path, typer.Option("--out", metavar="FILE.nir", help="Where the graph goes.")],
    dt: Annotated[
        str | None,
        typer.Option("--dt", metavar="TIME", help="Step of who reads it, by forward Euler; snnTorch has 0.1 ms."),
    ] = None,
    gain: Annotated[str | None, typer.Option(help="folded: resistances are 1, as Norse takes them; kept.")] = None,
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = "float32",
    leave_out: Annotated[
        list[str] | None, typer.Option(help="rules, ties: what NIR has no word for. Repeat it.")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Write a network as a graph of NIR, and tell what was lost.

    It is that of a run with its last weights, of a scenario or simulation file, or one in a file.
    """
    from neurosim.cli.commands.networks.sources import network_of
    from neurosim.interchange import nir

    check_target(out_file)
    network, weights = network_of(source, seed)
    step = None if dt is None else _time(dt)
    report = nir.write(network, out_file, weights, dt=step, gain=gain, dtype=dtype, leave_out=leave_out or ())
    _tell(report, out_file, as_json)


def _time(text: str) -> str | float:
    """A time of the command line; a number alone is in ms."""
    try:
        return float(text)
    except ValueError:
        return text


def _check_kind(path: Path) -> None:
    if path.suffix not in Kinds:
        raise SpecError(f"--out {path}: {nearest(path.suffix, Kinds)}")


def _keep(imported: Imported, file: Path, target: Path) -> None:
    if target.suffix == ".toml":
        from neurosim.edges import atomic

        atomic.write(target, _simulation_file(imported, file, target).encode())
    elif target.suffix == ".json":
        imported.network.save(target)
    else:
        from neurosim.results import pretrained

        pretrained.check_target(target)
        learned = {n: imported.weights[n] for n in imported.network.learned()}
        pretrained.write(pretrained.Pretrained(imported.network, learned, {"nir": imported.report.as_data()}), target)


def _simulation_file(imported: Imported, file: Path, target: Path) -> str:
    """A file that `neurosim simulate` takes, with all choices written out and a Poisson source for each input."""
    import tomli_w

    folder, place = target.parent.resolve(), file.resolve()
    if not place.is_relative_to(folder):
        raise SpecError(f"--out {target}: a simulation file names files in its folder or below; {file} is elsewhere")
    choices = {n: v for n, v in imported.choices.as_data().items() if n != "dt"}
    network: dict[str, Any] = {"nir": place.relative_to(folder).as_posix(), "choices": choices}
    if imported.choices.input == "events":
        sizes = {name: imported.network.population(name).size for name in imported.inputs}
        network["source"] = {n: {"kind": "poisson", "size": size, "rate": "100 Hz"} for n, size in sizes.items()}
    dt = imported.choices.dt
    head = {"name": target.stem.replace(" ", "_"), "duration": f"{1000 * dt:g} ms", "dt": f"{dt!r} ms"}
    return tomli_w.dumps({"simulation": head, "network": network})


def _tell(report: Report, target: Path | None, as_json: bool) -> None:
    if as_json:
        print_json({**report.as_data(), "file": None if target is None else str(target)})
        return
    out.print(report.text(out.width), markup=False, highlight=False, soft_wrap=True)
    if target is not None:
        out.print(f"kept in {target}", soft_wrap=True)
