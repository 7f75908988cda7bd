"""A program as a differentiable function of its learned arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from neurosim.program.program import Program
from neurosim.program.run import Run, bind
from neurosim.program.schedule import Array, Trials
from neurosim.program.trial.stimuli import Events, Rows
from neurosim_torch.functions import differentiable
from neurosim_torch.session import dtype_named
from neurosim_torch.steps import Steps
from neurosim_torch.surrogates import Surrogate
from neurosim_torch.training.losses import Recorded


class Differentiable:
    """recorded = program(learned, trials), without learning rules; its gradients go through the steps (BPTT).

    Parameters
    ----------
    trials
        All that will be asked for; kept on the device, spikes as bytes.
    constants
        Run arguments of the program.
    truncate
        Steps through which a gradient goes back at most; it is cut at every multiple of them.

    Raises
    ------
    InputError
        If trials or constants do not fit the program, and for an unknown dtype.
    """

    def __init__(
        self,
        program: Program,
        trials: Trials,
        surrogate: Surrogate,
        *,
        constants: Mapping[str, float] | None = None,
        truncate: int | None = None,
        dtype: str = "float32",
        device: str = "cpu",
    ):
        run = bind(program, trials, constants, learn=False)
        self.program, self.count, self.truncate = program, run.count, truncate
        self.dtype, self.device = dtype_named(dtype), torch.device(device)
        self._steps = Steps(run, differentiable(self.dtype, surrogate), self.dtype, self.device)
        self._stimuli = {n: self._kept(v) for n, v in run.rows.items()}

    def _kept(self, rows: Rows) -> Callable[[Tensor], Tensor]:
        """What gives the stimulus of some trials; spikes and bytes are kept as bytes."""
        if rows.table is not None:
            stored = torch.tensor(rows.alone(), device=self.device)
            table = torch.tensor(rows.table, dtype=self.dtype, device=self.device)
            return lambda trials: table[stored[trials].long()]
        given = rows.gathered()
        shown = given.dense() if isinstance(given, Events) else given
        kept = torch.tensor(shown, dtype=torch.bool if rows.is_events else self.dtype, device=self.device)
        return lambda trials: kept[trials].to(self.dtype)

    def parameters(self, learned: Mapping[str, Array]) -> dict[str, Tensor]:
        """Learned arrays as tensors that gradients are taken of."""
        return {
            n: torch.tensor(a, dtype=self.dtype, device=self.device, requires_grad=True) for n, a in learned.items()
        }

    def __call__(self, learned: Mapping[str, Tensor], trials: Tensor) -> Recorded:
        """What the probes record of the trials with these indices."""
        stimuli = {n: shown(trials) for n, shown in self._stimuli.items()}
        ends: dict[str, Tensor] = {}
        every: dict[str, list[Tensor]] = {}

        def record(name: str, step: int, values: Tensor) -> None:
            if step < 0:
                ends[name] = values
            else:
                every.setdefault(name, []).append(values)

        self._steps.trials(dict(learned), stimuli, len(trials), record, self.truncate)
        return {**ends, **{n: torch.stack(v, dim=1) for n, v in every.items()}}

    @property
    def run(self) -> Run:
        """The run of all trials, with their constants."""
        return self._steps.run
