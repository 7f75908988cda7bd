"""The contract between the scenario engine and a backend: Backend, Session, Records, Capabilities.

`HostSession` is the part that is alike for every backend that keeps learned arrays on the host between runs: it checks
what comes in, times what happens, looks for values that are not finite, and packs the records. Such a backend writes
one method, `simulate`.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

import numpy as np

from neurosim.edges.foreign_errors import border
from neurosim.errors import BackendError, NumericalError, UnsupportedFeature
from neurosim.program.memory.footprint import check_program
from neurosim.program.precision import check_exactness
from neurosim.program.program import Program
from neurosim.program.run import Run, bind, check_learned
from neurosim.program.schedule import Array, Events, Recording, Trials
from neurosim.program.source.listing import first_non_finite
from neurosim.program.source.statements import ENVIRONMENT, Statements

Progress = Callable[[int, int], None]
"""Called now and then with (trials done, trials in all)."""

FEATURES = frozenset({
    "stimulus:constant", "stimulus:steps", "stimulus:events", "probe:step", "probe:end",
    "learning:step", "learning:spike", "learning:end", "several ports", "output expression",
    "reciprocal projection", "weight expression", "delay", "sparse projection",
})  # fmt: skip
"""Everything that a program can ask for (`Program.features`)."""


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do.

    Attributes
    ----------
    modes
        Ways to run, the default first.
    features
        The part of `FEATURES` that each mode supports.
    kind
        ``reference``, ``simulated``, ``mock`` or ``hardware``.
    notes
        What a reader of results must know about a mode, for instance that it is one custom operator.
    """

    modes: tuple[str, ...]
    features: Mapping[str, frozenset[str]]
    kind: str = "simulated"
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """Seconds: making the artefact, moving data, simulating, and the whole call; and steps simulated.

    The first run of a session counts the seconds that compiling took, in `build` and in `wall`.
    """

    build: float
    transfer: float
    simulate: float
    wall: float
    steps: int


@dataclass(frozen=True)
class Records:
    """What a run left behind.

    Attributes
    ----------
    probes
        By probe name: arrays of shape (trials, units) for an end of a phase, (trials, steps, units) for every step,
        `Events` for spikes.
    timing, counts
        Seconds, and counts: ``spikes`` recorded, ``synaptic_operations`` of dense delivery, and unless the backend
        cannot tell ``effective_synaptic_operations``, those of values that are not zero.
    kind, backend, mode, versions
        Where this comes from.
    """

    probes: Mapping[str, Recording]
    timing: Timing
    counts: Mapping[str, int]
    kind: str
    backend: str
    mode: str
    versions: Mapping[str, str]

    def __getitem__(self, probe: str) -> Recording:
        return self.probes[probe]


class Session(Protocol):
    """A compiled program with its learned arrays; a context manager."""

    def write(self, learned: Mapping[str, Array]) -> None: ...
    def run(
        self,
        trials: Trials,
        *,
        constants: Mapping[str, float] | None = None,
        learn: bool = True,
        progress: Progress | None = None,
    ) -> Records: ...
    def read(self) -> dict[str, Array]: ...
    def close(self) -> None: ...
    def __enter__(self) -> Session: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Backend(Protocol):
    """A simulator that programs are compiled for; found through the entry points `neurosim.backends`."""

    name: str

    def capabilities(self) -> Capabilities: ...
    def versions(self) -> dict[str, str]:
        """Versions of what the results depend on; raises BackendUnavailable where something is missing."""
        ...

    def compile(self, program: Program, *, mode: str = "default") -> Session: ...


@dataclass(frozen=True)
class Outcome:
    """What `HostSession.simulate` gives back: learned arrays, recordings, and seconds spent building and moving data.

    `finite` is False if some state was not finite at a trial's end; its arrays are then not looked at. `operations` are
    the effective synaptic operations (`neurosim.program.source.operations`), None where the backend cannot count them.
    """

    learned: dict[str, Array]
    probes: dict[str, Recording]
    simulate_seconds: float
    build_seconds: float = 0.0
    transfer_seconds: float = 0.0
    finite: bool = True
    operations: int | None = None


class HostSession(ABC):
    """A session whose learned arrays live on the host between runs.

    Parameters
    ----------
    backend, mode
        The backend that made it, and one of its modes.

    Attributes
    ----------
    compile_seconds
        Set by a subclass that compiles in its constructor; counted once, in the first run.

    Raises
    ------
    UnsupportedFeature
        If the mode cannot run the program.
    InputError
        If it fits no memory.
    """

    def __init__(self, program: Program, backend: Backend, mode: str):
        refuse_unsupported(program, backend, mode)
        check_program(program)
        self.program, self.backend, self.mode = program, backend, mode
        self.capabilities = backend.capabilities()
        self.versions = backend.versions()
        self.compile_seconds = 0.0
        initial = program.initial()
        self.learned = {n: np.full(shape, initial[n]) for n, shape in program.shapes().items()}

    @abstractmethod
    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Run all trials from `learned`, which may be changed in place."""

    def write(self, learned: Mapping[str, Array]) -> None:
        """Set learned arrays; those not named keep their values.

        Raises
        ------
        InputError
            For an unknown name, a wrong shape, a value that is not finite or not on the program's grid.
        """
        self.learned.update(check_learned(self.program, learned))

    def read(self) -> dict[str, Array]:
        """Copies of the learned arrays."""
        return {n: a.copy() for n, a in self.learned.items()}

    def run(
        self,
        trials: Trials,
        *,
        constants: Mapping[str, float] | None = None,
        learn: bool = True,
        progress: Progress | None = None,
    ) -> Records:
        """Run trials; learned arrays persist to the next run, all else starts anew with each trial.

        Raises
        ------
        InputError
            If trials or constants do not fit the program.
        NumericalError
            If a state or weight becomes infinite or NaN; the learned arrays then stay as before the run.
        ExactnessLost
            Under grid arithmetic, if a sum could be inexact.
        BackendError
            If the simulator fails.
        """
        start = time.perf_counter()
        run = bind(self.program, trials, constants, learn)
        self._check_exactness(run, self.learned)
        with np.errstate(all="ignore"):  # what is not finite is an error of its own, with its place
            learned = {n: a.copy() for n, a in self.learned.items()}
            with border(f"backend {self.backend.name}:{self.mode} failed", BackendError):
                outcome = self.simulate(run, learned, progress)
        if not outcome.finite or not all(np.isfinite(a).all() for a in outcome.learned.values()):
            locate(run, self.learned)
        self._check_exactness(run, outcome.learned)
        self.learned = outcome.learned
        compiled, self.compile_seconds = self.compile_seconds, 0.0
        wall = time.perf_counter() - start + compiled
        timing = Timing(
            build=outcome.build_seconds + compiled,
            transfer=outcome.transfer_seconds,
            simulate=outcome.simulate_seconds,
            wall=wall,
            steps=run.steps * run.count,
        )
        counts = _counts(run, outcome)
        kind, name = self.capabilities.kind, self.backend.name
        return Records(outcome.probes, timing, counts, kind, name, self.mode, self.versions)

    def _check_exactness(self, run: Run, learned: Mapping[str, Array]) -> None:
        if self.program.grid is not None:
            check_exactness(self.program, delivered_weights(run, learned), run.input_bounds())

    def close(self) -> None:  # noqa: B027 - most backends hold nothing
        """Release what the session holds; it cannot run any more."""

    def __enter__(self) -> HostSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def refuse_unsupported(program: Program, backend: Backend, mode: str) -> None:
    """Refuse a program that asks for more than the mode claims.

    Raises
    ------
    UnsupportedFeature
        Naming what can run it.
    """
    able = backend.capabilities()
    for feature in sorted(program.features() - able.features[mode]):
        others = [f"{backend.name}:{m}" for m in able.modes if feature in able.features[m]]
        raise UnsupportedFeature(feature, f"{backend.name}:{mode}", others or ["reference"])


def delivered_weights(run: Run, learned: Mapping[str, Array]) -> dict[str, Array]:
    """The weights that each matrix delivers, in the shape of its learned arrays."""
    statements = Statements(run)
    found = {}
    for m in run.program.matrices:
        if m.is_plain:
            found[m.name] = learned[f"{m.name}.{m.weight}"]
        else:
            scope = {f"{m.name}__{v}": learned[f"{m.name}.{v}"] for v, _ in m.state}
            scope[f"{m.name}__effective"] = np.empty(learned[f"{m.name}.{m.state[0][0]}"].shape)
            exec("\n".join(statements.effective(m)), dict(ENVIRONMENT), scope)
            found[m.name] = scope[f"{m.name}__effective"]
    return found


def locate(run: Run, learned: Mapping[str, Array]) -> None:
    """Repeat a run that went wrong in the reference, looking at every step.

    Raises
    ------
    NumericalError
        Naming the population or projection, variable, trial and step.
    """
    found = first_non_finite(run, learned)
    if found is None:
        raise NumericalError("the run", "a state or weight", run.count - 1, max(run.steps - 1, 0), float("nan"))
    raise NumericalError(*found)


def _counts(run: Run, outcome: Outcome) -> dict[str, int]:
    synapses = sum(run.program.synapses(run.program.matrix(e.matrix)) for e in run.program.edges)
    spikes = sum(p.count for p in outcome.probes.values() if isinstance(p, Events))
    counts = {"spikes": spikes, "synaptic_operations": synapses * run.steps * run.count}
    return counts if outcome.operations is None else {**counts, "effective_synaptic_operations": outcome.operations}
