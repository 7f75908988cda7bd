"""The command line: run, compare, backends, doctor. The only module that prints.

Results go to stdout, progress and errors to stderr; with ``--json`` one JSON value is all that stdout gets. Exit codes:
0 done; 1 a backend fell below the tier that the scenario demands, or `doctor` found something broken; 2 a mistake in
the input, or a backend that is missing or failed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import neurosim
from neurosim.backend import registry
from neurosim.errors import BackendUnavailable, NeurosimError, SpecError, nearest
from neurosim.progress import Progress
from neurosim.scenario.datasets.dataset import Dataset
from neurosim.scenario.spec import DataTable, Scenario

app = typer.Typer(
    name="neurosim",
    help="Run one lifelong-learning scenario identically on several neuromorphic simulators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Command = TypeVar("Command", bound=Callable[..., Any])

ScenarioPath = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file in TOML.")]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FOLDER", envvar="NEUROSIM_DATA", help="Where data sets are: FOLDER/NAME, or FOLDER itself."
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of all random streams.", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def explained(command: Command) -> Command:
    """A user's mistake ends in one paragraph and exit code 2, never in a traceback."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except NeurosimError as error:
            err.print(f"[bold red]error:[/bold red] {escape(str(error))}", soft_wrap=True)
            raise typer.Exit(2) from None

    return wrapped  # type: ignore[return-value]


@app.command()
@explained
def run(
    scenario: ScenarioPath,
    backend: Annotated[list[str] | None, typer.Option(help="NAME[:MODE]; may be given several times.")] = None,
    seed: Seed = 0,
    out_dir: Annotated[Path, typer.Option("--out", help="Where run directories go.")] = Path("runs"),
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario and keep what it leaves behind in a run directory."""
    from neurosim.results import report, store
    from neurosim.scenario import engine

    [(described, data)] = read_scenarios([scenario], data_folder)
    chosen = [registry.load(name) for name in backend or ["reference"]]
    store.check_writable(out_dir)
    runs = []
    for loaded, mode in chosen:
        with watched(f"{described.scenario.name} on {loaded.name}:{mode}") as progress:
            compiled = functools.partial(loaded.compile, mode=mode)
            result = engine.run(described, compiled, seed, listener=progress, data=data)
        folder = store.write(result, scenario.read_text(encoding="utf-8"), out_dir)
        runs.append(report.run_as_data(result, str(folder)))
        if not as_json:
            title = f"[bold]{result.scenario}[/bold] on {result.backend}:{result.mode} ({result.kind}); seed {seed}"
            out.print(f"{title}; accuracy on the {result.part} part", soft_wrap=True)
            out.print(report.accuracy_table(result))
            out.print(report.summary_line(result), soft_wrap=True)
            out.print(f"kept in {folder}\n", soft_wrap=True)
    if as_json:
        print_json(runs[0] if len(runs) == 1 else runs)


@app.command()
@explained
def compare(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files in TOML.")],
    backends: Annotated[
        str, typer.Option(help="Names, each NAME[:MODE], with commas between.")
    ] = "reference,brian2,nengo,lava",
    seed: Seed = 0,
    segments: Annotated[bool, typer.Option("--segments", help="Also compare in teacher-forced segments.")] = False,
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario on several backends and tell how closely they agree; exit 1 below the tier that it demands."""
    from neurosim.results.compare import meets
    from neurosim.results.report import comparison_table, remarks
    from neurosim.scenario.comparison import compare_backends

    described = read_scenarios(scenarios, data_folder)
    names = [n.strip() for n in backends.split(",") if n.strip()]
    if not names:
        raise SpecError(f"--backends {backends!r} names none; {nearest('', registry.names())}")
    chosen = [registry.load(n) for n in dict.fromkeys(["reference", *names])]
    comparisons, below = [], []
    for d, data in described:
        name = d.scenario.name
        rows = compare_backends(d, chosen, seed, segments, watched, data)
        comparisons.append({"scenario": name, "seed": seed, "backends": [r.as_data() for r in rows]})
        below += [f"{name} on {r.name}" for r in rows if not meets(r.tier, d.scenario.tier)]
        if not as_json:
            out.print(f"[bold]{name}[/bold]: {d.scenario.description}; seed {seed}", soft_wrap=True)
            out.print(comparison_table(rows))
            for line in remarks(rows):
                out.print(line, soft_wrap=True)
            out.print()
    if as_json:
        print_json(comparisons[0] if len(comparisons) == 1 else comparisons)
    if below:
        err.print(f"[bold red]below the tier that is demanded:[/bold red] {', '.join(below)}", soft_wrap=True)
        raise typer.Exit(1)


@app.command()
@explained
def pretrain(
    scenario: ScenarioPath,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where it goes; by default what the scenario names.")
    ] = None,
    seed: Seed = 0,
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Train the network of a scenario's [pretraining] by gradients, on its first task, and keep it in a file."""
    from neurosim.results import pretrained
    from neurosim.scenario import engine, pretraining

    [(described, data)] = read_scenarios([scenario], data_folder)
    table = described.pretraining
    if table is None:
        raise SpecError(f"{scenario}: it has no [pretraining]")
    target = out_file or Path(table.file or scenario.with_suffix(".h5"))
    with watched(f"pretraining {described.scenario.name}") as progress:
        course = engine.begin(described, data, seed, progress)
        progress.before_scenario(course.tasks[:1])
        found = pretraining.pretrain(course, table)
    pretrained.write(found, target)
    told = {**found.training, "file": str(target), "bytes": target.stat().st_size, "digest": found.digest()}
    if as_json:
        print_json(told)
        return
    best, amount = found.training["best"], f"{told['samples']:,} samples, {told['epochs']} epochs"
    kept = f"best epoch {best['epoch']}: {_accuracies(best)}"
    out.print(f"[bold]{described.scenario.name}[/bold]: {amount}; {kept}", soft_wrap=True)
    out.print(f"kept in {target} ({told['bytes'] / 1e6:.2f} MB)", soft_wrap=True)


def _accuracies(best: dict[str, Any]) -> str:
    words = {"accuracy": "training", "validation_accuracy": "validation"}
    return ", ".join(f"{words[n]} accuracy {best[n]:.3f}" for n in words if n in best)


@app.command()
@explained
def backends(as_json: AsJson = False) -> None:
    """List backends and modes, and what is installed."""
    from neurosim.results import report

    rows = [_described(name) for name in registry.names()]
    if as_json:
        print_json(rows)
        return
    table = Table(box=report.PLAIN, show_edge=False)
    for header in ("backend", "modes", "kind", "state"):
        table.add_column(header)
    for row in rows:
        modes = "\n".join(f"{m}{': ' + row['notes'][m] if m in row['notes'] else ''}" for m in row["modes"])
        table.add_row(row["name"], modes, row["kind"], row["problem"] or _versions(row["versions"]))
    out.print(table)


def _described(name: str) -> dict[str, Any]:
    try:
        backend, _ = registry.load(name)
    except BackendUnavailable as error:
        return {"name": name, "modes": [], "kind": "", "notes": {}, "versions": {}, "problem": str(error)}
    can = backend.capabilities()
    row = {"name": name, "modes": list(can.modes), "kind": can.kind, "notes": dict(can.notes)}
    try:
        return row | {"versions": backend.versions(), "problem": None}
    except BackendUnavailable as error:
        return row | {"versions": {}, "problem": str(error)}


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{n} {v}" for n, v in versions.items())


@app.command()
@explained
def doctor(as_json: AsJson = False) -> None:
    """Check this machine: compiler, cache, and a small run on every backend compared with the reference."""
    from neurosim.doctor import examine

    with watched("checking") as progress:
        findings = list(examine(progress))
    if as_json:
        print_json([f.as_data() for f in findings])
    else:
        marks = {"ok": "[green]ok[/green]", "missing": "[yellow]missing[/yellow]", "broken": "[red]broken[/red]"}
        for f in findings:
            out.print(f"{marks[f.state]:>8}  [bold]{f.what}[/bold]  {escape(f.detail)}", soft_wrap=True)
    if any(f.state == "broken" for f in findings):
        raise typer.Exit(1)


def read_scenarios(paths: Sequence[Path], data_folder: Path | None) -> list[tuple[Scenario, Dataset]]:
    """The scenarios of files and their data, all of it checked; every error names the file."""
    from neurosim.scenario import engine, spec

    loaded: dict[DataTable, Dataset] = {}  # data may be large, so scenarios with the same share them
    found = []
    for path in paths:
        described = spec.read(path)
        try:
            engine.check(described)
            if described.data not in loaded:
                loaded[described.data] = engine.load_data(described, data_folder)
            engine.check_with_data(described, loaded[described.data])
        except NeurosimError as error:
            raise SpecError(f"{path}: {error}") from None
        found.append((described, loaded[described.data]))
    return found


def _show_version(wanted: bool) -> None:
    if wanted:
        out.print(f"neurosim {neurosim.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run one lifelong-learning scenario identically on several neuromorphic simulators."""


def print_json(value: Any) -> None:
    out.file.write(json.dumps(value, indent=2) + "\n")


@contextmanager
def watched(what: str) -> Iterator[Progress]:
    """A progress bar on stderr for what takes over two seconds; none where stderr is not a terminal."""
    with Progress(what, err) as progress:
        yield progress
