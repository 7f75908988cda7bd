"""Mode ``standalone``: a program's binary from the cache, started anew for each run. Needs no Brian2 in this process.

Constants are arguments of the binary; stimuli, learned arrays and results are files in a folder of the run. The binary
has the name of its program in it, and is told which one is meant: it runs no other.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backend import cache
from neurosim.backend.contract import Backend, Progress, Records
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.backend.processes import lineage
from neurosim.backend.processes.scratch import MEMORY, Scratch
from neurosim.backend.sessions.writes_within import in_pieces
from neurosim.edges.foreign_errors import said
from neurosim.errors import BackendError, ExactnessLost, NumericalError
from neurosim.model.equations import expressions, printers
from neurosim.program.precision import check_exactness
from neurosim.program.program import Program, ProgramProbe
from neurosim.program.run import Run, bind, check_writes
from neurosim.program.schedule import Array, Trials
from neurosim.program.trial.stimuli import Events, Rows
from neurosim.program.trial.writes import Writes
from neurosim_brian2 import layout
from neurosim_brian2.building import build, compiler
from neurosim_brian2.cursor import rewrites
from neurosim_brian2.cursor.past import pasts
from neurosim_brian2.cursor.recordings import of_files, write_selections

LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Asks for large pages where the kernel has them to give: large weights are gone through a tenth faster."""

SINGLE_BITS = 24
"""Of a float32: it holds multiples of a unit up to 2**24 of them."""

POLL = 0.1
"""Seconds between two looks at how many trials are done."""


class Unusable(BackendError):
    """A binary in the cache that does not begin, or whose manifest is not its program's."""


class StandaloneSession(HostSession):
    """A program as a binary; the time that building it took is in the records of the first run."""

    keeps_state = True

    def __init__(self, program: Program, backend: Backend, mode: str):
        super().__init__(program, backend, mode)
        start = time.perf_counter()
        self._name = name_of(self.program)
        try:
            self._open(binary(self.program, self._name))
        except Unusable as damage:
            self._open(binary(self.program, self._name, str(damage)))
        self.compile_seconds = time.perf_counter() - start

    def _open(self, folder: Path) -> None:
        self._folder, self._files = folder, _manifest(folder, self.program)

    def run_with_writes(self, trials: Trials, writes: Writes, progress: Progress | None, **how: Any) -> Records:
        """Run all trials in one process, which writes arrays between them where they are those that it can write.

        What goes wrong in it is found again in pieces, and told of these.
        """
        within = [trial for trial in writes.trials if trial]
        if not within or not rewrites.can_be_written(self.program, writes):
            return in_pieces(self, trials, writes, progress, **how)
        at_first = writes.trials[:1] == (0,)
        if at_first:
            self.write(writes.of(0))
        later = writes.after_first() if at_first else writes
        try:
            return self._writing(trials, later, progress, **how)
        except (NumericalError, ExactnessLost):
            return in_pieces(self, trials, later, progress, **how)

    def _writing(
        self,
        trials: Trials,
        writes: Writes,
        progress: Progress | None,
        *,
        constants: Mapping[str, float] | None = None,
        learn: bool = True,
        keep_state: bool = False,
        ends: bool = True,
    ) -> Records:
        start = time.perf_counter()
        state = self._start_of(keep_state, ends)
        run = bind(self.program, trials, constants, learn, state=state, ends=ends)
        checked = check_writes(self.program, writes)
        stored = {
            n: np.stack([self._row_order.stored({n: a})[n] for a in arrays]) for n, arrays in checked.arrays.items()
        }
        return self._run_bound(replace(run, writes=Writes(writes.trials, stored)), progress, start)

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Run all trials in a process of the binary; arrays go through files."""
        start = time.perf_counter()
        with Scratch(_place(run)) as folder:
            control = _write_control(folder, run)
            _write_stimuli(folder, run)
            _write_wiring(folder, run)
            write_selections(folder, run.program)
            rewrites.write(folder, run)
            arguments = [f"{owner}.{v}={x!r}" for (owner, v), x in layout.settings(run).items()]
            arguments += _write_arrays(folder, run, learned, self.delivered_weights(run))
            arguments += _write_state(folder, run)
            written = time.perf_counter()
            self._run(folder, arguments, control, progress)
            simulated = time.perf_counter()
            finite, operations = bool(control[1] < 0), int(control[4])
            if finite and run.writes:
                check_exactness(run.program, rewrites.largest_weights(folder, run.program), run.input_bounds())
            if finite:
                self._read(folder, learned)
            probes = {q.name: of_files(folder, i, q, run) for i, q in enumerate(run.program.probes) if finite}
            state = self._state(folder) if finite and run.count == 1 else None
        transfer = written - start + time.perf_counter() - simulated
        seconds = simulated - written
        counted: dict[str, Any] = {"finite": finite, "operations": operations, "state": state}
        return Outcome(learned, probes, seconds, transfer_seconds=transfer, **counted)

    def _run(self, folder: Path, arguments: list[str], control: NDArray[np.int64], progress: Progress | None) -> None:
        """Run the binary; where it does not begin, as it is gone or another program's, it is built anew, once."""
        arguments = ["--results_dir", f"{folder}/", layout.PROGRAM, self._name, *arguments]
        try:
            self._begin(arguments, control, progress)
            return
        except Unusable as damage:
            self._open(binary(self.program, self._name, str(damage)))
        try:
            self._begin(arguments, control, progress)
        except Unusable as damage:
            where = f"set {cache.VARIABLE} to a folder in which programs can be executed"
            raise BackendError(f"brian2: a fresh binary does not begin ({damage}); {where}") from None

    def _begin(self, arguments: list[str], control: NDArray[np.int64], progress: Progress | None) -> None:
        main = str(self._folder / "main")
        try:
            self._execute([main, *arguments], control, progress)
        except OSError as error:
            if str(error.filename) not in (main, str(self._folder)):
                raise
            raise Unusable(f"{main} cannot be started: {error.strerror}") from None

    def _execute(self, command: list[str], control: NDArray[np.int64], progress: Progress | None) -> None:
        """Run the binary; whatever it prints as an error is one, for Brian2 ends well after some of them."""
        with subprocess.Popen(
            command,
            cwd=self._folder,
            env={**LARGE_PAGES, **lineage.environment()},
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                errors = _wait(process, control, progress)
            except BaseException:
                process.kill()
                raise
        if process.returncode == layout.ANOTHER_PROGRAM:
            raise Unusable(f"{command[0]} is another program's")
        if process.returncode or errors:
            reason = f"exit {process.returncode}: {errors.strip()[-2000:]}"
            raise BackendError(f"brian2: the compiled program failed ({reason})")

    def _read(self, folder: Path, learned: dict[str, Array]) -> None:
        for name, file in self._files["learned"].items():
            learned[name] = np.fromfile(folder / file).reshape(learned[name].shape)

    def _state(self, folder: Path) -> dict[str, Array]:
        where, files = layout.left_state(self.program), self._files["state"]
        spikes = [n for n, (_, variable) in where.items() if variable == layout.SPIKE_SPACE]
        of_spikes = {n: layout.unlisted(np.fromfile(folder / files[n], np.int32)) for n in spikes}
        left = {n: of_spikes[n] if n in of_spikes else np.fromfile(folder / files[n]) for n in where}
        return left | {past.state: past.read(folder) for past in pasts(self.program)}


def _wait(process: subprocess.Popen[str], control: NDArray[np.int64], progress: Progress | None) -> str:
    """What the process printed as errors, when it has ended."""
    errors = None
    while errors is None:
        if progress is not None:
            progress(int(control[0]), int(control[2]))
        try:
            _, errors = process.communicate(timeout=None if progress is None else POLL)
        except subprocess.TimeoutExpired:
            continue
    if progress is not None:
        progress(int(control[0]), int(control[2]))
    return errors


def _place(run: Run) -> Path | None:
    """Memory for the files of small runs, where creating them on a disk takes longer than the run; else the default."""
    recorded = run.count * sum(_recorded_each_trial(run, q) for q in run.program.probes)
    shown = sum(math.prod(r.shape) for r in run.rows.values())
    synapses = sum(map(run.program.synapses, run.program.matrices))
    most = 16 * (recorded + shown) + 100 * synapses
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 * most
    return MEMORY if roomy else None


def _recorded_each_trial(run: Run, probe: ProgramProbe) -> int:
    """Numbers at the most."""
    if probe.variable == "spike":
        return run.program.group(probe.group).size * run.steps
    return math.prod(run.program.recorded_shape(probe)) * probe.rows(run.steps)


def _write_control(folder: Path, run: Run) -> NDArray[np.int64]:
    """The file that the cursor reads and reports in, as shared memory."""
    goes_on, ends = run.state is not None, run.ends
    sizes = [_kept_as(run.rows[name], run.program).itemsize for name, _, _ in layout.stimuli(run.program)]
    how = [run.count, run.learn, 0, goes_on, ends, run.program.batch]
    values = np.array([0, -1, *how, *run.lengths, *sizes], dtype=np.int64)
    control = np.memmap(folder / layout.CONTROL, np.int64, "w+", shape=values.shape)
    control[:] = values
    return control


def _kept_as(rows: Rows, program: Program) -> np.dtype[Any]:
    """The type of the numbers of a stimulus in its file: bytes with a table, float32 that stays so, or float64."""
    if isinstance(rows.values, Events) or rows.table is not None:
        return np.dtype(np.uint8)
    exact = program.grid is None or max(map(abs, rows.limits)) < 2.0 ** (SINGLE_BITS - program.grid[0])
    return np.dtype(np.float32 if rows.values.dtype == np.float32 and exact else np.float64)


def _write_stimuli(folder: Path, run: Run) -> None:
    """The files of the stimuli, a block of trials at a time."""
    for k, (name, _, _) in enumerate(layout.stimuli(run.program)):
        rows, path = run.rows[name], folder / f"stimulus_{k}"
        if rows.is_events:
            _write_events(path, folder / f"units_{k}", rows)
        else:
            _write_numbers(path, rows, _kept_as(rows, run.program))


def _write_numbers(path: Path, rows: Rows, dtype: np.dtype[Any]) -> None:
    with path.open("wb") as file:
        if rows.table is not None:
            rows.table.tofile(file)
        for block in rows.blocks():
            numbers = block.gathered() if rows.table is None else block.alone()
            np.ascontiguousarray(numbers, dtype=dtype).tofile(file)


def _write_events(offsets: Path, units: Path, rows: Rows) -> None:
    written = 0
    with offsets.open("wb") as of_steps, units.open("wb") as of_spikes:
        np.zeros(1, np.int64).tofile(of_steps)
        for block in rows.blocks():
            events = block.gathered()
            assert isinstance(events, Events)
            first, last = events.offsets[[0, -1]]
            (events.offsets[1:] + (written - first)).tofile(of_steps)
            events.indices[first:last].tofile(of_spikes)
            written += int(last - first)


def _write_wiring(folder: Path, run: Run) -> None:
    for name, wiring in run.program.wirings().items():
        for side, indices in wiring.arrays().items():
            indices.tofile(folder / f"wiring.{name}.{side}")


def _write_arrays(folder: Path, run: Run, learned: Mapping[str, Array], weights: Mapping[str, Array]) -> list[str]:
    """Arguments that name the files of learned arrays, of the weights that follow from them, and of fixed arrays."""
    arrays = {v: learned[name] for name, v in layout.learned_arrays(run.program).items()}
    arrays |= layout.of_each_synapse(run, learned, weights)
    arrays |= {v: run.fixed[name] for name, v in layout.fixed_arrays(run.program).items()}
    for (owner, variable), values in arrays.items():
        values.tofile(folder / f"{owner}.{variable}")
    return [f"{owner}.{variable}={folder}/{owner}.{variable}" for owner, variable in arrays]


def _write_state(folder: Path, run: Run) -> list[str]:
    """Arguments that name the files of the variables of a state; the cursor itself reads what is under way."""
    if run.state is None:
        return []
    for past in pasts(run.program):
        past.write(folder, run.state[past.state])
    arrays = layout.given_state(run)
    for (owner, variable), values in arrays.items():
        values.tofile(folder / f"{owner}.{variable}")
    named = [(owner, variable) for owner, variable in arrays if variable != layout.SPIKE_SPACE]
    return [f"{owner}.{variable}={folder}/{owner}.{variable}" for owner, variable in named]


def _manifest(folder: Path, program: Program) -> dict[str, Any]:
    """The files that a program's binary writes: of learned arrays, and of the state."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        learned, state = set(manifest["learned"]), set(manifest["state"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Unusable(f"manifest.json cannot be read: {said(error)}") from None
    if (learned, state) != (set(layout.learned_arrays(program)), set(layout.left_state(program))):
        raise Unusable("manifest.json is another program's")
    return dict(manifest)


def binary(program: Program, name: str, damage: str | None = None) -> Path:
    """The folder of the program's binary; built, in a process of its own, unless the cache has it.

    Parameters
    ----------
    name
        That of `name_of`.
    damage
        Why the one in the cache cannot be used; it is then built anew.
    """

    def fill(folder: Path) -> None:
        build.fill(folder, program, name)

    if damage is None:
        return cache.artefact("brian2", name, fill, title_of(program))
    return cache.rebuilt("brian2", name, fill, title_of(program), damage)


def title_of(program: Program) -> str:
    """A program in a line, for lists."""
    groups = ", ".join(f"{g.name} {g.size}" for g in program.groups[:6])
    return f"{program.mode}: {groups}{', ...' if len(program.groups) > 6 else ''}"


def name_of(program: Program) -> str:
    """What the program's binary is called, in the cache and by itself."""
    return f"{program.digest()}-{toolchain()}"


@lru_cache
def toolchain() -> str:
    """Hash of all that makes a binary of a program: this package, the language, Brian2, compiler, flags and CPU."""
    package = sorted([*Path(__file__).parent.rglob("*.py"), *Path(__file__).parent.rglob("templates/**/*.*")])
    sources = [*package, Path(expressions.__file__), Path(printers.__file__)]
    tools = [compiler.brian2(), *compiler.FLAGS, compiler.identity(compiler.compiler() or "g++")]
    parts = [*(s.read_text() for s in sources), *tools]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
