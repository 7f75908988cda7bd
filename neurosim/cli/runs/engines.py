"""Where the runs of a command go: options of the command line, and the engine that they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from neurosim.errors import InputError, nearest
from neurosim.scenario.runs.submit.dask.dask_engine import DaskEngine
from neurosim.scenario.runs.submit.engine import Engine
from neurosim.scenario.runs.submit.own_processes import OwnProcesses

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
    """

    on: str | None
    jobs: int
    insecure: bool = False
    same_cpu: bool = False
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.on is not None and self.kind not in KINDS:
            raise InputError(f"--on {self.on!r:.80}: there is no such engine; {nearest(self.kind, KINDS)}")

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
        if self.kind == "slurm":
            raise InputError("--on slurm: this command needs what its runs give; use --on dask, or run it within a job")
        if self.kind == "dask":
            _, _, address = (self.on or "").partition(":")
            return DaskEngine(address or None, self.jobs, self.insecure, self.same_cpu, self.folder)
        return OwnProcesses(self.jobs) if self.jobs > 1 and runs > 1 else None
