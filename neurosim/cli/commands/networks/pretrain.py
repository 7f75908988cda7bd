"""`neurosim pretrain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neurosim.cli.console import out, print_json, watched
from neurosim.cli.options import AllowCode, AsJson, DataFolder, ScenarioPath, Seed, read_scenarios
from neurosim.errors import SpecError


def pretrain(
    scenario: ScenarioPath,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where it goes; by default what the scenario names.")
    ] = None,
    seed: Seed = 0,
    data_folder: DataFolder = None,
    allow_code: AllowCode = False,
    as_json: AsJson = False,
) -> None:
    """Train the first task by gradients, into a file.

    The network and its training are those of the scenario's [pretraining].
    """
    from neurosim.results import pretrained
    from neurosim.scenario.methods import pretraining

    [prepared] = read_scenarios([scenario], data_folder, allow_code)
    table = prepared.scenario.pretraining
    if table is None:
        raise SpecError(f"{scenario}: it has no [pretraining]")
    target = out_file or Path(table.file or scenario.with_suffix(".h5"))
    pretrained.check_target(target)
    with watched(f"pretraining {prepared.name}") as progress:
        run_state = prepared.begin(seed, progress)
        progress.before_scenario(run_state.tasks[:1])
        trained = pretraining.pretrain(run_state, table)
    pretrained.write(trained, target)
    summary = {**trained.training, "file": str(target), "bytes": target.stat().st_size, "digest": trained.digest()}
    if as_json:
        print_json(summary)
        return
    best, amount = trained.training["best"], f"{summary['samples']:,} samples, {summary['epochs']} epochs"
    kept = f"best epoch {best['epoch']}: {_accuracies(best)}"
    out.print(f"[bold]{prepared.name}[/bold]: {amount}; {kept}", soft_wrap=True)
    out.print(f"kept in {target} ({summary['bytes'] / 1e6:.2f} MB)", soft_wrap=True)
    if table.file is None:
        out.print(
            f"runs start from it with 'file = \"{target.name}\"' in [pretraining], beside the scenario", markup=False
        )


def _accuracies(best: dict[str, Any]) -> str:
    words = {"accuracy": "training", "validation_accuracy": "validation"}
    return ", ".join(f"{words[n]} accuracy {best[n]:.3f}" for n in words if n in best)
