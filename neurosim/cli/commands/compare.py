"""`neurosim compare`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.backend import registry
from neurosim.cli import completing
from neurosim.cli.console import err, out, print_json, tell_left_out, watched
from neurosim.cli.options import (
    AllowCode,
    AsJson,
    DataFolder,
    Duration,
    Jobs,
    Seeds,
    Settings,
    Variant,
    each_once,
    names_of,
    with_data,
)
from neurosim.cli.plain_networks.simulations import Asked, ReadySimulation, is_simulation, prepared
from neurosim.cli.runs.engines import Insecure, On, SameCpu, Where
from neurosim.edges.toml.seeds import seeds_of
from neurosim.errors import SpecError, UnknownBackend
from neurosim.scenario.runs.submit.jobs import Job

if TYPE_CHECKING:
    from neurosim.backend.contract import Backend
    from neurosim.results.agreement.comparison import Comparison
    from neurosim.scenario.listeners.progress_listener import ProgressListener
    from neurosim.scenario.preparation import Prepared
    from neurosim.scenario.runs.comparison import FreeRun
    from neurosim.scenario.runs.submit.engine import Engine
    from neurosim.scenario.schema import Scenario
    from neurosim.scenario.studies.comparing import ComparedFile, KeptComparison
    from neurosim.simulation.compare import SimulationComparison, Verdict

USUAL = ("reference", "brian2", "nengo", "lava")
"""The backends that are compared by default."""


def compare(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Files of scenarios and of plain networks.",
            autocompletion=completing.network_files,
        ),
    ],
    backends: Annotated[
        str | None,
        typer.Option(
            "--backends",
            "--backend",
            metavar="NAMES",
            help=f"NAME[:MODE], with commas between.  [default: what is installed of {', '.join(USUAL)}]",
            autocompletion=completing.backends,
        ),
    ] = None,
    seeds: Seeds = None,
    jobs: Jobs = 1,
    on: On = None,
    insecure: Insecure = False,
    same_cpu: SameCpu = False,
    segments: Annotated[bool, typer.Option("--segments", help="Also compare in teacher-forced segments.")] = False,
    ladder: Annotated[
        str | None,
        typer.Option("--ladder", metavar="RUNGS", help="What a chip costs: float,quantised,DEVICE of the scenario."),
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="With --ladder: each imperfection and each layer alone.")
    ] = False,
    data_folder: DataFolder = None,
    duration: Duration = None,
    variant: Variant = None,
    settings: Settings = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder of a study that keeps runs and findings.")
    ] = None,
    allow_code: AllowCode = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE.svg|png|pdf", help="Where a picture of the first difference goes."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a file on several backends, and tell if they agree.

    How closely each agrees with the reference is told as a tier; the exit code is 1 where one is below the tier that a
    file demands. Several files are compared one after another.
    """
    from neurosim.edges.toml.settings import parsed
    from neurosim.scenario.studies.comparing import ComparedFile

    asked = Asked(duration, settings or (), allow_code)
    engine = Where(on, jobs, insecure, same_cpu).engine(runs=2)  # each file runs on two backends at least
    seed_numbers = None if seeds is None else seeds_of(seeds)
    simulations = [path for path in files if is_simulation(path)]
    scenarios = [path for path in files if path not in simulations]
    _check_options(scenarios, simulations, asked, plot, variant, out_dir)
    compared = [ComparedFile.read(path, variant, parsed(asked.settings)) for path in scenarios]
    if ladder is not None or each:
        kept = _prepared(compared, data_folder, allow_code)
        _climb(kept, simulations, ladder, each, backends, seed_numbers or (0,), out_dir, as_json)
        return
    ready = [prepared(path, seed, asked) for path in simulations for seed in seed_numbers or (None,)]
    if plot is not None:
        _check_plot(plot, ready)
    of_scenarios = _prepared(compared, data_folder, allow_code)
    names = _installed(USUAL) if backends is None else names_of([backends])
    for others in [*(one.experiment.workers for one in ready), *(p.scenario.backends() for p in of_scenarios.prepared)]:
        each_once(names, others)  # one that there is not is told before anything runs
    names = list(dict.fromkeys(["reference", *names]))
    done = _of_scenarios(of_scenarios, names, seed_numbers or (0,), segments, engine, out_dir, as_json)
    done += _simulations(ready, names, segments, plot, engine, as_json)
    if as_json:
        comparisons = [one for one, _ in done]
        print_json(comparisons[0] if len(comparisons) == 1 else comparisons)
    if below := [text for _, texts in done for text in texts]:
        err.print(f"[bold red]below the tier that is demanded:[/bold red] {', '.join(below)}", soft_wrap=True)
        raise typer.Exit(1)


def _check_options(
    scenarios: Sequence[Path],
    simulations: Sequence[Path],
    asked: Asked,
    plot: Path | None,
    variant: str | None,
    out_dir: Path | None,
) -> None:
    """Refuse options that files of the one kind do not have, and those of the other do."""
    for option in [o for o, value in {"--duration": asked.duration, "--plot": plot}.items() if value and scenarios]:
        raise SpecError(f"{scenarios[0]}: {option} is for a file of a plain network, with [simulation]")
    for option in [o for o, value in {"--variant": variant, "--out": out_dir}.items() if value and simulations]:
        raise SpecError(f"{simulations[0]}: {option} is for a file of a scenario, with [scenario]")


def _prepared(files: Sequence[ComparedFile], data_folder: Path | None, allow_code: bool) -> KeptComparison:
    from neurosim.scenario.studies.comparing import KeptComparison

    documents = [one.document() for one in files]
    return KeptComparison(files, documents, with_data(documents, data_folder, allow_code))


def _climb(
    scenarios: KeptComparison,
    simulations: Sequence[Path],
    ladder: str | None,
    each: bool,
    backends: str | None,
    seeds: Sequence[int],
    out_dir: Path | None,
    as_json: bool,
) -> None:
    from neurosim.cli.runs.ladder import climb
    from neurosim.scenario.studies.comparing import keep_ladder

    if simulations:
        raise SpecError(f"{simulations[0]}: --ladder is for a file of a scenario")
    if ladder is None:
        raise SpecError("--each: expected --ladder with a device at its end, such as --ladder float,quantised,mock")
    names = names_of([backends or "reference"])
    if len(names) > 1:
        raise SpecError(
            f"--backends {backends}: a ladder is climbed on one backend; devices say themselves where they are"
        )
    with nullcontext() if out_dir is None else scenarios.opened(out_dir, (), seeds) as directory:
        found = climb(scenarios.prepared, names_of([ladder]), each, seeds, names[0], as_json)
        if directory is not None:
            keep_ladder(directory, found)


def _check_plot(plot: Path, ready: Sequence[ReadySimulation]) -> None:
    from neurosim.cli.report import pictures

    if len(ready) > 1:
        raise SpecError(f"--plot {plot}: one picture, {len(ready)} comparisons; expected one file and one seed")
    pictures.check(plot, ready[0])


Done = tuple[dict[str, Any], list[str]]
"""A comparison as data, and who fell below the tier that is demanded."""


def _of_scenarios(
    files: KeptComparison,
    names: Sequence[str],
    seeds: Sequence[int],
    segments: bool,
    engine: Engine | None,
    out_dir: Path | None,
    as_json: bool,
) -> list[Done]:
    """Compare scenarios, and keep runs and findings where a folder is named for them."""
    from neurosim.scenario.runs.comparison import free_run
    from neurosim.scenario.studies.comparing import keep_comparison

    loaded = [[registry.load(n, p.scenario.backends()) for n in names] for p in files.prepared]
    if out_dir is None:
        return [*_scenarios(files.prepared, loaded, seeds, segments, engine, as_json, lambda _: free_run)]
    where = dict.fromkeys(f"{b.name}:{mode}" for one in loaded for b, mode in one)
    with files.opened(out_dir, list(where), seeds) as directory:
        free = partial(files.free, out_dir)
        done = [*_scenarios(files.prepared, loaded, seeds, segments, engine, as_json, free)]
        keep_comparison(directory, [one for one, _ in done])
    return done


def _scenarios(
    prepared: Sequence[Prepared],
    chosen: Sequence[Sequence[tuple[Backend, str]]],
    seeds: Sequence[int],
    segments: bool,
    engine: Engine | None,
    as_json: bool,
    free: Callable[[int], FreeRun],
) -> Iterator[Done]:
    from neurosim.results.agreement.tiers import meets
    from neurosim.scenario.runs.comparison import compare_backends

    work = _in_turn if engine is None else partial(_at_once, engine)
    together = [(seed,) for seed in seeds] if engine is None else [tuple(seeds)]
    for k, (p, loaded) in enumerate(zip(prepared, chosen, strict=True)):
        for group in together:
            for seed, rows in zip(group, compare_backends(p, loaded, group, segments, work, free(k)), strict=True):
                name = p.scenario.scenario.name
                of = f"{name}, seed {seed}," if len(seeds) > 1 else name
                if not as_json:
                    _tell(p.scenario, seed, rows)
                below = [f"{of} on {r.name}" for r in rows if not meets(r.tier, p.scenario.scenario.tier)]
                yield {"scenario": name, "seed": seed, "backends": [r.as_data() for r in rows]}, below


def _simulations(
    ready: Sequence[ReadySimulation],
    names: Sequence[str],
    segments: bool,
    plot: Path | None,
    engine: Engine | None,
    as_json: bool,
) -> Iterator[Done]:
    from neurosim.simulation.compare import SimulationComparison, verdict

    work = _in_turn if engine is None else partial(_at_once, engine)
    for group in [[one] for one in ready] if engine is None else [ready]:
        found = work([Job(one.named(name), partial(one.recorded, name)) for one in group for name in names])
        for k, one in enumerate(group):
            recordings = found[k * len(names) : (k + 1) * len(names)]
            verdicts = [verdict(recordings[0], other) for other in recordings]
            if segments:
                verdicts = work(
                    [
                        Job(f"{one.named(name)}, in segments", partial(_in_segments, v, one, name))
                        for v, name in zip(verdicts, names, strict=True)
                    ]
                )
            yield _told(one, SimulationComparison(verdicts), plot, as_json)


def _told(ready: ReadySimulation, comparison: SimulationComparison, plot: Path | None, as_json: bool) -> Done:
    from neurosim.cli.report import pictures, simulation_tables

    if plot is not None:
        pictures.write_comparison(plot, comparison)
    if not as_json:
        out.print(ready.title, soft_wrap=True)
        out.print(simulation_tables.comparison_table(comparison))
        for line in simulation_tables.segment_lines(comparison):
            out.print(line, soft_wrap=True)
        out.print()
    below = [f"{ready.name} on {v.recording.backend}" for v in comparison.verdicts if ready.tier not in (None, v.tier)]
    return {"scenario": ready.name, "seed": ready.seed, **comparison.to_dict()}, below


def _in_segments(found: Verdict, ready: ReadySimulation, name: str, listener: ProgressListener) -> Verdict:
    from neurosim.simulation.compare import in_segments
    from neurosim.simulation.running import teacher_forced

    return in_segments(found, ready.experiment, name, teacher_forced.LENGTH)


def _installed(names: Sequence[str]) -> list[str]:
    """The backends that can be used here; the others are left out, and a line on stderr says so."""
    installed = []
    for name in names:
        try:
            registry.versions_of(registry.load(name)[0])
            installed.append(name)
        except (*registry.UNUSABLE, UnknownBackend) as error:
            tell_left_out(error)
    return installed


def _tell(scenario: Scenario, seed: int, rows: Sequence[Comparison]) -> None:
    from neurosim.cli.report.tables import comparison_table, remarks

    out.print(f"[bold]{scenario.scenario.name}[/bold]: {scenario.scenario.description}; seed {seed}", soft_wrap=True)
    out.print(comparison_table(rows))
    for line in remarks(rows):
        out.print(line, soft_wrap=True)
    out.print()


def _in_turn(jobs: Sequence[Job[Any]]) -> list[Any]:
    outcomes = []
    for job in jobs:
        with watched(job.name) as progress:
            outcomes.append(job.work(progress))
    return outcomes


def _at_once(engine: Engine, jobs: Sequence[Job[Any]]) -> list[Any]:
    from neurosim.cli.progress import JobsProgress
    from neurosim.scenario.runs.submit.parallel import all_of

    with JobsProgress([job.name for job in jobs], err) as progress:
        return all_of(jobs, engine, progress)
