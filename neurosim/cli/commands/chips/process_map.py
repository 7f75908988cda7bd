"""`neurosim map`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurosim.backend import registry
from neurosim.cli.console import out, print_json
from neurosim.cli.options import AllowCode, AsJson, DataFolder, ScenarioPath, Settings, check_target, read_scenarios
from neurosim.errors import SpecError, nearest


def map_program(
    scenario: ScenarioPath,
    backend: Annotated[str, typer.Option(help="NAME[:MODE].")] = "lava:mapped",
    mode: Annotated[str, typer.Option(help="wake or sleep.")] = "wake",
    learn: Annotated[bool, typer.Option(help="While rules fire, or while none does, as in a test.")] = True,
    out_file: Annotated[Path | None, typer.Option("--out", metavar="FILE.svg", help="Where a picture goes.")] = None,
    settings: Settings = None,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Show a scenario as processes of a backend.

    It tells what each process is and why, and which sends what to which.
    """
    from neurosim.backend.process_graph import HasGraph
    from neurosim.cli.report import graph_tables
    from neurosim.edges import atomic
    from neurosim.report import graph_svg, process_words

    [prepared] = read_scenarios([scenario], data_folder, allow_code, settings=settings)
    loaded, backend_mode = registry.load(backend, prepared.scenario.backends())
    programs = prepared.programs
    if mode not in programs:
        raise SpecError(f"--mode {mode!r}: {scenario} has none; {nearest(mode, programs)}")
    if not isinstance(loaded, HasGraph):
        raise SpecError(f"--backend {backend}: it has no process graph; try lava:mapped")
    if out_file is not None and out_file.suffix != ".svg":
        raise SpecError(f"--out {out_file}: expected a name that ends in .svg")
    if out_file is not None:
        check_target(out_file)
    graph = loaded.graph(programs[mode], mode=backend_mode, learn=learn)
    title = f"{prepared.name}, {mode}{'' if learn else ' without learning'}, on {loaded.name}:{backend_mode}"
    if out_file is not None:
        atomic.write(out_file, graph_svg.svg(graph, title, process_words.summary(graph)).encode())
    if as_json:
        print_json(graph.as_data())
        return
    out.print(f"[bold]{title}[/bold]: {process_words.summary(graph)}\n", soft_wrap=True)
    out.print(graph_tables.processes_table(graph))
    out.print()
    out.print(graph_tables.connections_table(graph))
