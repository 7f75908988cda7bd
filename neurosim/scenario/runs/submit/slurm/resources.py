"""What each job asks of SLURM, in SLURM's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from neurosim.errors import InputError

MINUTES = {"m": 1, "h": 60, "d": 24 * 60}

_LENGTH = re.compile(r"(\d{1,6})\s*([mhd]?)")
_CLOCK = re.compile(r"(?:(\d{1,4})-)?(\d{1,4}):(\d{2})(?::\d{2})?")
_WORD = re.compile(r"[\w:.,=/@+-]+", re.ASCII)


def minutes_of(text: str) -> int:
    """The minutes of ``90``, ``30m``, ``2h``, ``1d``, ``2:30:00`` and ``1-12:00``.

    Raises
    ------
    InputError
        For anything else, and for none.
    """
    minutes = 0
    if length := _LENGTH.fullmatch(text.strip()):
        minutes = int(length[1]) * MINUTES[length[2] or "m"]
    elif clock := _CLOCK.fullmatch(text.strip()):
        minutes = int(clock[1] or 0) * MINUTES["d"] + int(clock[2]) * MINUTES["h"] + int(clock[3])
    if minutes < 1:
        raise InputError(f"--time {text!r:.80}; expected a length such as 30m, 2h, 1d or 1-12:00:00")
    return minutes


@dataclass(frozen=True)
class Resources:
    """What each job asks for.

    Attributes
    ----------
    time
        A length, as `minutes_of` takes it, after which SLURM ends a job; it is then queued anew, and goes on.
    partition, account, gres, mem
        In SLURM's words; None for what it does without.
    cpus
        Cores of each job.

    Raises
    ------
    InputError
        For what is no length, and for words that SLURM does not have.
    """

    time: str = "1h"
    partition: str | None = None
    account: str | None = None
    gres: str | None = None
    mem: str | None = None
    cpus: int = 1

    def __post_init__(self) -> None:
        minutes_of(self.time)
        for name in ("partition", "account", "gres", "mem"):
            value = getattr(self, name)
            if value is not None and not _WORD.fullmatch(value):
                raise InputError(f"--{name} {value!r:.80}; expected a word as sbatch takes it, without spaces")

    def parameters(self, name: str, at_once: int | None) -> dict[str, Any]:
        """The parameters of a batch script, as submitit has them.

        Parameters
        ----------
        name
            Of the jobs, in SLURM's lists.
        at_once
            How many jobs may run at once; None for as many as SLURM lets.
        """
        asked = {n: getattr(self, n) for n in ("partition", "account", "gres", "mem")}
        return {
            **{n: value for n, value in asked.items() if value is not None},
            "job_name": name,
            "time": minutes_of(self.time),
            "cpus_per_task": self.cpus,
            "srun_args": [f"--cpus-per-task={self.cpus}"],  # which srun does not take over from the batch script
            "setup": [f"export OMP_NUM_THREADS={self.cpus} OPENBLAS_NUM_THREADS={self.cpus}"],
            "additional_parameters": {"requeue": True},
            "stderr_to_stdout": True,
            **({} if at_once is None else {"array_parallelism": at_once}),
        }
