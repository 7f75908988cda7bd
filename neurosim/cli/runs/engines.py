"""Where the runs of a command go: options of the command line, and the engine that they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurosim.errors import InputError, nearest

if TYPE_CHECKING:
    from neurosim.scenario.runs.submit.engine import Engine
    from neurosim.scenario.runs.submit.slurm.resources import Resources

On = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="ENGINE", help="Where runs go: dask, dask:tcp://HOST:PORT, dask:tls://HOST:PORT or slurm."
    ),
]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="With --on dask:tcp://HOST:PORT: trust the network up to another host.")
]
SameCpu = Annotated[
    bool, typer.Option("--same-cpu", help="With --on dask: refuse workers with another type of processor.")
]

Partition = Annotated[str | None, typer.Option("--partition", metavar="P", help="With --on slurm, as of sbatch.")]
Account = Annotated[str | None, typer.Option("--account", metavar="A", help="With --on slurm, as of sbatch.")]
Gres = Annotated[str | None, typer.Option("--gres", metavar="LIST", help="With --on slurm, as of sbatch: loihi:1.")]
Time = Annotated[
    str | None,
    typer.Option("--time", metavar="LENGTH", help="With --on slurm: how long a job may last, 2h.  [default: 1h]"),
]
Memory = Annotated[str | None, typer.Option("--mem", metavar="SIZE", help="With --on slurm, as of sbatch: 4G.")]
Cpus = Annotated[int | None, typer.Option("--cpus", metavar="N", help="With --on slurm: cores of a job.", min=1)]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="With --on slurm: print the batch script, and hand nothing in.")
]

KINDS = ("dask", "slurm")


@dataclass(frozen=True)
class Where:
    """What a command line says of where its runs go.

    Attributes
    ----------
    on
        The engine, as the command line names it; None for processes of this machine.
    jobs
        How many go on at once.
    folder
        The folder that all workers have to see; None where nothing is kept.
    of_slurm
        The options of SLURM that were given, by their names.
    dry_run
        Whether a batch script is printed, and nothing else done.
    """

    on: str | None
    jobs: int
    insecure: bool = False
    same_cpu: bool = False
    folder: Path | None = None
    of_slurm: Mapping[str, str | int] = field(default_factory=dict)
    dry_run: bool = False

    @classmethod
    def of(
        cls,
        on: str | None,
        jobs: int,
        folder: Path | None = None,
        insecure: bool = False,
        same_cpu: bool = False,
        dry_run: bool = False,
        **of_slurm: str | int | None,
    ) -> Where:
        """The same, of the options of a command; those that were not given are None."""
        given = {name: value for name, value in of_slurm.items() if value is not None}
        return cls(on, jobs, insecure, same_cpu, folder, given, dry_run)

    def __post_init__(self) -> None:
        if self.on is not None and (self.kind not in KINDS or self.on.startswith("slurm:")):
            raise InputError(f"--on {self.on!r:.80}: there is no such engine; {nearest(self.kind, KINDS)}")
        of_kind = {"slurm": [*self.of_slurm, *(["dry_run"] if self.dry_run else [])]}
        of_kind["dask"] = [n for n in ("insecure", "same_cpu") if getattr(self, n)]
        for kind, names in of_kind.items():
            if names and self.kind != kind:
                raise InputError(f"--{names[0].replace('_', '-')} is for --on {kind}")
        self.resources  # noqa: B018  (a mistake is told before anything runs)

    @property
    def resources(self) -> Resources:
        """What each job asks of SLURM.

        Raises
        ------
        InputError
            For what SLURM does not take.
        """
        from neurosim.scenario.runs.submit.slurm.resources import Resources

        return Resources(**self.of_slurm)  # type: ignore[arg-type]

    @property
    def kind(self) -> str:
        """``dask`` or ``slurm``; empty for processes of this machine."""
        return (self.on or "").partition(":")[0]

    def engine(self, runs: int) -> Engine | None:
        """The engine for so many runs that are waited for; None for this process, one after another.

        Raises
        ------
        InputError
            For an address of a scheduler that is none, or is not safe, and for SLURM, whose jobs are not waited for.
        """
        from neurosim.scenario.runs.submit.dask.dask_engine import DaskEngine
        from neurosim.scenario.runs.submit.own_processes import OwnProcesses

        if self.kind == "slurm":
            raise InputError("--on slurm: this command needs what its runs give; use --on dask, or run it within a job")
        if self.kind == "dask":
            _, _, address = (self.on or "").partition(":")
            return DaskEngine(address or None, self.jobs, self.insecure, self.same_cpu, self.folder)
        return OwnProcesses(self.jobs) if self.jobs > 1 and runs > 1 else None
