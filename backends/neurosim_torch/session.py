"""A program on torch: batches of trials, learned arrays as tensors for as long as a run lasts."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neurosim.backend.contract import Backend, Progress
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.errors import InputError, nearest
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events
from neurosim.program.source.operations import Sender, senders
from neurosim.program.source.recorder import Recorder
from neurosim_torch.functions import exact
from neurosim_torch.steps import Steps

DTYPES = {"float64": torch.float64, "float32": torch.float32}
LARGEST_BATCH = 256
"""Trials at once where nothing is learned."""


class TorchSession(HostSession):
    """A program's steps; the expressions are compiled anew for each run, which takes milliseconds."""

    keeps_state = True

    def __init__(self, program: Program, backend: Backend, mode: str, dtype: str):
        super().__init__(program, backend, mode)
        self.dtype, self.device = dtype_named(dtype), torch.device(mode)
        if dtype == "float32" and program.grid is not None:
            raise InputError("dtype float32: sums on the grid need the 53 bits of float64; use float64, or no grid")

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Run all trials, in batches where nothing is learned from one to the next."""
        start = time.perf_counter()
        recorder = Recorder(run)
        learns = bool(run.learn and run.program.rules)
        batch = run.program.batch if learns else min(LARGEST_BATCH, max(run.count, 1))
        with torch.no_grad(), deterministic(self.device):
            steps = Steps(run, exact(self.dtype), self.dtype, self.device)
            tensors = {n: self._tensor(a) for n, a in learned.items()}
            state = {n: self._tensor(a) for n, a in (run.state or {}).items()} if run.count == 1 else None
            counter = Counter(run.program, self.device)
            begun = time.perf_counter()
            finite = True
            for first in range(0, run.count, batch):
                part = run.part(first, first + batch)
                finite = self._trials(steps, part, first, tensors, recorder, counter, state)
                if not finite:
                    break
                if progress is not None:
                    progress(first + part.count, run.count)
            operations = int(counter.operations)
            after = _arrays(tensors) if learns else learned
            left = None if state is None else {n: a[0].copy() for n, a in _arrays(state).items()}
        seconds = time.perf_counter() - begun
        transfer, probes = begun - start, recorder.probes()
        counted: dict[str, Any] = {"finite": finite, "operations": operations, "state": left}
        return Outcome(after, probes, seconds, transfer_seconds=transfer, **counted)

    def _trials(
        self,
        steps: Steps,
        part: Run,
        first: int,
        learned: dict[str, Tensor],
        recorder: Recorder,
        counter: Counter,
        state: dict[str, Tensor] | None,
    ) -> bool:
        spikes: dict[str, list[Array]] = {n: [] for n, a in recorder.rooms.items() if isinstance(a, list)}

        def record(name: str, step: int, values: Tensor) -> None:
            array = values.cpu().numpy()
            if name in spikes:
                spikes[name].append(array)
            elif step < 0:
                recorder.arrays[name][first : first + part.count] = array
            else:
                recorder.arrays[name][first : first + part.count, step] = array

        shown = stimuli(part, self._tensor)
        finite = steps.trials(learned, shown, part.count, record, sent=counter.count, state=state)
        for name, by_step in spikes.items():
            for trial in range(part.count):
                recorder.arrays[name] += [np.flatnonzero(row[trial]) for row in by_step]
        return finite

    def _tensor(self, values: Array) -> Tensor:
        return torch.tensor(values, dtype=self.dtype, device=self.device)


class Counter:
    """Effective synaptic operations, counted where the tensors are."""

    def __init__(self, program: Program, device: torch.device):
        self.operations = torch.zeros((), dtype=torch.int64, device=device)
        various = [s for s in senders(program) if s.sparse and not s.late]
        self._fan_out = {s.edges: torch.tensor(s.fan_out(), device=device) for s in various}

    def count(self, sender: Sender, values: Tensor, steps: int) -> None:
        """Add the operations of a batch, in which a sender delivers these values in so many steps."""
        if sender.late:
            self.operations += steps * torch.count_nonzero(values)
        elif sender.sparse:
            self.operations += steps * ((values != 0.0) * self._fan_out[sender.edges]).sum()
        else:
            self.operations += steps * sender.dense * torch.count_nonzero(values)


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, Array]:
    return {n: t.cpu().numpy().astype(np.float64) for n, t in tensors.items()}


def dtype_named(name: str) -> torch.dtype:
    """Raises InputError for another than those of `DTYPES`."""
    if name not in DTYPES:
        raise InputError(f"dtype {name!r}; {nearest(name, DTYPES)}")
    return DTYPES[name]


def stimuli(run: Run, tensor: Any) -> Mapping[str, Tensor]:
    """The stimuli of a run as tensors; spikes as 0 and 1."""
    return {n: tensor(v.dense() if isinstance(v, Events) else v) for n, v in run.stimuli.items()}


@contextmanager
def deterministic(device: torch.device) -> Iterator[None]:
    """On a GPU, sums in an order that does not change from run to run."""
    if device.type != "cuda":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
