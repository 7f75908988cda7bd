"""The command line: run, resume, compare, search, map, loihi, backends, doctor. The only module that prints.

Results go to stdout, progress and errors to stderr; with ``--json`` one JSON value is all that stdout gets. Exit codes:
0 done; 1 a backend fell below the tier that the scenario demands, a network does not fit on a chip, or `doctor` found
something broken; 2 a mistake in the input, or a backend that is missing or failed; 130 interrupted.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import neurosim
from neurosim.backend import registry
from neurosim.backend.contract import Backend
from neurosim.errors import BackendUnavailable, NeurosimError, SpecError, nearest
from neurosim.progress import Progress, SearchProgress
from neurosim.scenario.datasets.dataset import Dataset
from neurosim.scenario.spec import DataTable, Scenario

if TYPE_CHECKING:
    from neurosim.results.result import Result
    from neurosim.results.store import RunDirectory

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
        except KeyboardInterrupt:
            err.print("[bold]interrupted[/bold]; nothing was kept of what was under way")
            raise typer.Exit(130) from None

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
    """Run a scenario and keep what it leaves behind in a run directory, which `resume` goes on from."""
    from neurosim.results import store
    from neurosim.scenario import kept_run

    [(described, data)] = read_scenarios([scenario], data_folder)
    text = scenario.read_text(encoding="utf-8")
    chosen = [registry.load(name, described.backends()) for name in backend or ["reference"]]
    store.check_writable(out_dir)
    runs = []
    for loaded, mode in chosen:
        with kept_run.begin(described, text, loaded, mode, seed, out_dir, data) as directory:
            try:
                result = _through(directory, described, loaded, data, data_folder)
            except NeurosimError:
                if not directory.has_phases:
                    directory.discard()
                raise
        runs.append(_reported(result, directory.path, as_json))
    if as_json:
        print_json(runs[0] if len(runs) == 1 else runs)


@app.command()
@explained
def resume(
    run_dir: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was interrupted or killed; what it leaves behind is as if it had not been."""
    from neurosim.results.store import RunDirectory
    from neurosim.scenario import engine, kept_run

    with RunDirectory.open(run_dir) as directory:
        if directory.has_ended:
            err.print("the run had ended before; nothing is left to run")
        described = kept_run.scenario_of(directory)
        try:
            data = engine.load_data(described, data_folder)
        except NeurosimError as error:
            raise SpecError(f"{run_dir}: {error}") from None
        was = directory.identity
        loaded, _ = registry.load(f"{was.backend}:{was.mode}", described.backends())
        kept_run.check_same(directory, described, loaded, data)
        for note in directory.notes:
            err.print(
                f"[bold yellow]damaged:[/bold yellow] {escape(note)}; the run goes on from before it", soft_wrap=True
            )
        result = _through(directory, described, loaded, data, data_folder)
    told = _reported(result, directory.path, as_json)
    if as_json:
        print_json(told)


def _through(
    directory: RunDirectory, described: Scenario, loaded: Backend, data: Dataset, data_folder: Path | None
) -> Result:
    """Run what is left of a run; where it ends early, tell how it goes on."""
    from neurosim.scenario import kept_run

    i = directory.identity
    how = f"neurosim resume {directory.path}" + (f" --data {data_folder}" if data_folder else "")
    try:
        with watched(f"{i.scenario} on {i.backend}:{i.mode}") as progress:
            return kept_run.go_on(directory, described, loaded, data, progress)
    except KeyboardInterrupt:
        err.print(f"[bold]interrupted[/bold]; go on with: {escape(how)}", soft_wrap=True)
        raise typer.Exit(130) from None
    except NeurosimError as error:
        if not directory.has_phases:
            raise
        raise NeurosimError(f"{error}; what was done is kept, go on with: {how}") from None


def _reported(result: Result, folder: Path, as_json: bool) -> dict[str, Any]:
    """Tell of a finished run, unless that is done as JSON."""
    from neurosim.results import report

    if not as_json:
        title = f"[bold]{result.scenario}[/bold] on {result.backend}:{result.mode} ({result.kind}); seed {result.seed}"
        out.print(f"{title}; accuracy on the {result.part} part", soft_wrap=True)
        out.print(report.accuracy_table(result))
        out.print(report.summary_line(result), soft_wrap=True)
        out.print(report.metrics_line(result), soft_wrap=True)
        out.print(report.cost_table(result))
        out.print(report.memory_line(result), soft_wrap=True)
        out.print(f"kept in {folder}\n", soft_wrap=True)
    return report.run_as_data(result, str(folder))


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
    names = list(dict.fromkeys(["reference", *names]))
    chosen = [[registry.load(n, d.backends()) for n in names] for d, _ in described]
    comparisons, below = [], []
    for (d, data), loaded in zip(described, chosen, strict=True):
        name = d.scenario.name
        rows = compare_backends(d, loaded, seed, segments, watched, data)
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
    if table.file is None:
        out.print(f"runs start from it with 'file = \"{target.name}\"' in [pretraining], beside the scenario")


def _accuracies(best: dict[str, Any]) -> str:
    words = {"accuracy": "training", "validation_accuracy": "validation"}
    return ", ".join(f"{words[n]} accuracy {best[n]:.3f}" for n in words if n in best)


@app.command()
@explained
def search(
    scenario: ScenarioPath,
    trials: Annotated[int | None, typer.Option(help="Trials in all; by default what the file says.", min=1)] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds of each trial, with commas between.")] = None,
    backend: Annotated[str, typer.Option(help="NAME[:MODE].")] = "reference",
    storage: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where trials are kept; by default SCENARIO-search.db.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The best file; by default SCENARIO-best.toml.")
    ] = None,
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Search the ranges of a scenario's [search] on the validation part; the same command goes on with a search."""
    try:
        from neurosim.scenario.ranges import Search
        from neurosim.scenario.search import search as trials_of
    except ImportError as error:
        raise BackendUnavailable(f"a search needs {error.name}: pip install 'neurosim[search]'") from None

    [(described, data)] = read_scenarios([scenario], data_folder)
    asked = Search.read(scenario, trials, None if seeds is None else _seeds(seeds))
    storage = storage or scenario.with_name(f"{scenario.stem}-search.db")
    target = out_file or scenario.with_name(f"{scenario.stem}-best.toml")
    for file in (storage, target):
        if not file.parent.is_dir():
            raise SpecError(f"{file}: there is no folder {file.parent}")
    loaded, mode = registry.load(backend, described.backends())
    with SearchProgress(f"searching {described.scenario.name}", err) as progress:
        found = trials_of(asked, functools.partial(loaded.compile, mode=mode), data, storage, progress)
    target.write_text(asked.text(found.settings, target), encoding="utf-8")
    if as_json:
        told = {"scenario": described.scenario.name, "backend": loaded.name, "mode": mode, **asdict(found)}
        print_json({**told, "seeds": asked.table.seeds, "storage": str(storage), "file": str(target)})
        return
    counted = f"{found.trials} trials, {found.pruned} of them ended early"
    best = f"best [bold]{found.accuracy:.1%}[/bold] in trial {found.trial}"
    seeds = ", ".join(map(str, asked.table.seeds))
    on = f"{'mean of seeds' if len(asked.table.seeds) > 1 else 'seed'} {seeds}, validation part"
    out.print(f"[bold]{described.scenario.name}[/bold]: {counted}; {best}, {on}", soft_wrap=True)
    out.print(_settings_table(asked, found.settings))
    out.print(f"kept in {target}; trials in {storage}", soft_wrap=True)


def _seeds(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise SpecError(f"--seeds {text!r}; expected whole numbers of at least 0, with commas between")
    return tuple(int(part) for part in parts)


def _settings_table(asked: Any, best: Mapping[str, Any]) -> Table:
    """A row for each range: what was in the file, and what is best."""
    from neurosim.results import report

    table = Table(box=report.PLAIN, show_edge=False, padding=0)
    table.add_column("setting", overflow="fold")
    for header in ("range", "in the file", "best"):
        table.add_column(header, justify="right")
    for r in asked.ranges:
        table.add_row(r.key, r.words, ", ".join(asked.values(r)), f"{best[r.key]}")
    return table


@app.command()
@explained
def loihi(
    scenario: ScenarioPath,
    chip: Annotated[str, typer.Option(help="loihi1 or loihi2.")] = "loihi2",
    backend: Annotated[str, typer.Option(help="NAME[:MODE] that runs the scenario.")] = "reference",
    run_dir: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="A run that has ended, in place of training anew.")
    ] = None,
    seed: Seed = 0,
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a scenario needs of a chip: cores, precision, learning rules; exit 1 where it does not fit."""
    from neurosim.chip.limits import chip_of
    from neurosim.results import chip_tables, store
    from neurosim.scenario.on_chip import examine

    wanted = chip_of(chip)
    [(described, data)] = read_scenarios([scenario], data_folder)
    kept = None if run_dir is None else store.read(run_dir)
    loaded, mode = registry.load(backend, described.backends())
    with watched(f"{described.scenario.name} on {loaded.name}:{mode}") as progress:
        open_session = functools.partial(loaded.compile, mode=mode)
        name = f"{loaded.name}:{mode}"
        report = examine(described, data, wanted, name, open_session, seed, kept=kept, listener=progress)
    if as_json:
        print_json(report.as_data())
    else:
        for line in chip_tables.lines(report):
            out.print(line, soft_wrap=isinstance(line, str))
    if not report.fits:
        raise typer.Exit(1)


@app.command("map")
@explained
def map_program(
    scenario: ScenarioPath,
    backend: Annotated[str, typer.Option(help="NAME[:MODE].")] = "lava:mapped",
    mode: Annotated[str, typer.Option(help="wake or sleep.")] = "wake",
    learn: Annotated[bool, typer.Option(help="While rules fire, or while none does, as in a test.")] = True,
    out_file: Annotated[Path | None, typer.Option("--out", metavar="FILE.svg", help="Where a picture goes.")] = None,
    data_folder: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show the processes that a backend makes of a scenario: what each is and why, and who sends what to whom."""
    from neurosim.backend.process_graph import HasGraph
    from neurosim.results import drawing, process_graph
    from neurosim.scenario import engine

    [(described, data)] = read_scenarios([scenario], data_folder)
    loaded, backend_mode = registry.load(backend, described.backends())
    programs = engine.programs(described, described.build_network(), data)
    if mode not in programs:
        raise SpecError(f"--mode {mode!r}: {scenario} has none; {nearest(mode, programs)}")
    if not isinstance(loaded, HasGraph):
        raise SpecError(f"--backend {backend}: it has no process graph; try lava:mapped")
    if out_file is not None and out_file.suffix != ".svg":
        raise SpecError(f"--out {out_file}: expected a name that ends in .svg")
    graph = loaded.graph(programs[mode], mode=backend_mode, learn=learn)
    title = f"{described.scenario.name}, {mode}{'' if learn else ' without learning'}, on {loaded.name}:{backend_mode}"
    if out_file is not None:
        out_file.write_text(drawing.svg(graph, title, process_graph.summary(graph)), encoding="utf-8")
    if as_json:
        print_json(graph.as_data())
        return
    out.print(f"[bold]{title}[/bold]: {process_graph.summary(graph)}\n", soft_wrap=True)
    out.print(process_graph.processes_table(graph))
    out.print()
    out.print(process_graph.connections_table(graph))


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
        table.add_row(row["name"], modes, row["kind"], escape(row["problem"] or _versions(row["versions"])))
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
