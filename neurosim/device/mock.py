"""A mock of a chip: a backend that runs programs as silicon changes them, on a simulator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backend.contract import Backend, Capabilities, Progress, Records, Session, refuse_unsupported
from neurosim.backend.registry import load, opener
from neurosim.backend.sessions.equipment import ALL_READ, Limits, ReadBack
from neurosim.backend.sessions.joined_records import joined
from neurosim.backend.sessions.session_wrapper import SessionWrapper
from neurosim.backend.sessions.writes_within import run_with_writes
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.calibration.files import CalibrationFile
from neurosim.device.calibration.measuring.weight_range import WeightRange
from neurosim.device.calibration.subject import calibration_key, device_key
from neurosim.device.host_learning import HostLearningSession, Patience
from neurosim.device.host_learning.loop import Loop, refuse_within
from neurosim.device.host_learning.where import Loops
from neurosim.device.imperfections import drawn, names, synapses
from neurosim.device.imperfections.fabrication import Fabricated
from neurosim.device.imperfections.on_silicon import ProgramOnSilicon, on_silicon
from neurosim.device.presets import preset_of, silicon_of
from neurosim.device.silicon import FIGURES, Silicon
from neurosim.edges.values import text, whole_number
from neurosim.errors import ModelError, nearest
from neurosim.program.constants import length_of
from neurosim.program.precision import quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials
from neurosim.program.trial.state import SPIKES, start_state
from neurosim.program.trial.writes import Writes

KIND = "mock"

LARGEST = 2**26
"""Bytes of noise that are drawn at once, about."""


def mock(
    on: str = "reference",
    *,
    seed: int = 0,
    name: str = "mock",
    preset: str | None = None,
    learning: str | None = None,
    loop: Loop | Mapping[str, Loop] | None = None,
    retries: int = 0,
    deadline: float | None = None,
    latency_budget_ms: float | None = None,
    over_budget: str = "warn",
    calibration: Calibration | str | Path | None = None,
    **figures: Any,
) -> MockBackend:
    """Return a backend that stands for one chip.

    Parameters
    ----------
    on
        The backend that simulates it, ``NAME`` or ``NAME:MODE``.
    seed
        Of the chip: its patterns follow from it and from the figures alone.
    name
        What it is called in results.
    preset
        ``"dynapse2"``, ``"pcm"``, ``"reram"`` or ``"hfo2"``: published figures, with their source in
        `neurosim.device.presets`; `figures` beside it take the place of its own.
    learning
        ``"host"`` where rules fire on the host, from what is read of the chip; ``"device"`` where they fire on the
        chip, which a readout that is not exact cannot serve. By default as `loop` and the readout say.
    loop
        How much the chip runs between two times that the host learns: ``"trial"`` (the default), ``"phase"``, or a
        number of steps; by the mode of the network where they differ.
    retries, deadline, latency_budget_ms, over_budget
        Those of `Patience`, for calls of the host.
    calibration
        That trims its neurons, or its file.
    **figures
        Those of `Silicon`.

    Raises
    ------
    ModelError
        For a figure or a preset that there is not, for a value that is none, and for a way of learning that there is
        not.
    UnknownBackend
        For a backend that there is not.
    InputError
        For a calibration that is refused (`Calibration.load`), or is of another chip.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.device.mock(seed=7, gain=0.2, dead_synapses=0.02)
    <mock on reference:numpy, chip 7: gain = 0.2, dead_synapses = 0.02>
    """
    for figure in figures:
        if figure not in FIGURES:
            raise ModelError(f"mock: no figure '{figure}'; {nearest(figure, FIGURES)}")
    silicon, patience = silicon_of(preset, figures), Patience(retries, deadline, latency_budget_ms, over_budget)
    name = text(name, "mock: name =", error=ModelError)
    loaded = Calibration.load(calibration) if isinstance(calibration, (str, Path)) else calibration
    how: dict[str, Any] = {"learning": learning, "loop": loop, "patience": patience, "calibrated_by": loaded}
    how["preset"] = preset
    found = MockBackend(name, on, silicon, seed, **how)
    if loaded is not None:
        loaded.check_device(found.device)
    return found


class MockBackend(Backend):
    """A chip on a simulator.

    Parameters
    ----------
    name
        What it is called in results.
    on
        The backend that simulates it, ``NAME`` or ``NAME:MODE``.
    silicon
        Its figures.
    seed
        Of the chip.
    others
        Backends that `on` can name beside the installed ones.
    learning, loop
        Where rules fire, and how often the host is asked; as of `mock`.
    patience
        With calls of the host that fail or take long.
    calibrated_by
        What trims its neurons; a file is read when the chip is first used.
    preset
        The one that figures of `silicon` are of, which its notes then tell.
    """

    def __init__(
        self,
        name: str,
        on: str,
        silicon: Silicon,
        seed: int = 0,
        others: Mapping[str, Backend] | None = None,
        *,
        learning: str | None = None,
        loop: Loop | Mapping[str, Loop] | None = None,
        patience: Patience | None = None,
        calibrated_by: Calibration | CalibrationFile | None = None,
        preset: str | None = None,
    ):
        self.preset = preset
        self.name, self.silicon, self.calibrated_by = name, silicon, calibrated_by
        self.seed = whole_number(seed, f"device {name}: seed =", least=0, error=ModelError)
        self.learning, self.loop, self.patience = learning, loop, patience or Patience()
        self.inside, self.mode = load(on, others)
        self.parts: tuple[str, ...] | None = None
        _ = self.loops  # what is no way of learning is refused here

    def with_silicon(self, name: str, silicon: Silicon) -> MockBackend:
        """Return the same chip with other figures, under another name, and without trims, which are not for these."""
        other = self.uncalibrated()
        other.name, other.silicon, other.preset = name, silicon, None
        return other

    def with_seed(self, seed: int) -> MockBackend:
        """Return another chip of the same kind, which has no trims."""
        other = self.uncalibrated()
        other.seed = seed
        return other

    def with_parts(self, name: str, parts: tuple[str, ...]) -> MockBackend:
        """Return the same chip for some populations and projections, where all others are ideal."""
        other = copy(self)
        other.name, other.parts = name, parts
        return other

    @property
    def loops(self) -> Loops:
        """Where rules fire, and how often the host is asked."""
        readout = self.silicon.readout
        return Loops(self.learning, self.loop, readout.is_exact and not readout.spikes_only, f"device {self.name}")

    @property
    def device(self) -> str:
        """Which chip it is: its figures and its seed, whatever simulates it."""
        return f"{self.silicon}, chip {self.seed}"

    @cached_property
    def calibration(self) -> Calibration | None:
        """What trims its neurons.

        Raises
        ------
        InputError
            For one that is refused, or is of another chip.
        """
        given = self.calibrated_by
        found = given.load() if isinstance(given, CalibrationFile) else given
        if found is not None:
            found.check_device(self.device)
        return found

    def uncalibrated(self) -> MockBackend:
        """The same chip without trims."""
        return self.calibrated(None)

    def calibrated(self, calibration: Calibration | None) -> MockBackend:
        """The same chip with the trims of a calibration, in place of those that it has."""
        other = copy(self)
        other.calibrated_by = calibration
        other.__dict__.pop("calibration", None)
        return other

    @property
    def weights(self) -> WeightRange:
        """The weights that it takes."""
        return WeightRange.of(self.silicon)

    def capabilities(self) -> Capabilities:
        """Those of the simulator, in the one mode, with the rules that can fire; its kind is that of a mock."""
        of, loops, readout = self.inside.capabilities(), self.loops, self.silicon.readout
        said = loops.note() + ("" if self.preset is None else f"; {self.preset}: {preset_of(self.preset).note}")
        return Capabilities(
            (self.mode,),
            {self.mode: loops.features(of.features[self.mode])},
            KIND,
            {self.mode: f"a mock of a chip on {self.inside.name}:{self.mode}; no chip was there{said}"},
            limits=Limits(bits=self.silicon.weight_bits),
            readout=ReadBack(("spike",) if readout.spikes_only else ALL_READ.variables, bits=readout.bits),
            loop=("trial", "phase", "steps"),
            learns=not loops.on_host,
        )

    def versions(self) -> dict[str, str]:
        """Those of the simulator, the chip, and its calibration where it has one."""
        trimmed = {} if self.calibration is None else {calibration_key(self.name): self.calibration.digest}
        return {**self.inside.versions(), device_key(self.name): self.device, **trimmed}

    def compile(self, program: Program, *, mode: str = "default") -> Session:
        """Open a session of the chip; where rules fire on the host, they and the readout are around it.

        Raises
        ------
        UnsupportedFeature
            For what no chip of this kind can be, for rules that fire within a call, and as of the simulator.
        """
        loops = self.loops
        if not loops.on_host:
            return self._chip(program, learns=True)
        refuse_within(program, loops.of(program.mode), f"{self.name}:{self.mode}")
        refuse_unsupported(program, self.capabilities(), self.name, self.mode)
        return HostLearningSession(
            program,
            partial(self._chip, learns=False),
            loop=loops.of(program.mode),
            name=f"{self.name}:{self.mode}",
            readout=self.silicon.readout,
            seed=self.seed,
            patience=self.patience,
        )

    def _chip(self, program: Program, learns: bool) -> MockSession:
        chip = Fabricated(self.silicon, self.seed, None if self.calibration is None else self.calibration.trims)
        found = on_silicon(program, chip, learns, self.parts)
        return MockSession(self, program, found, chip, opener(self.inside, self.mode)(found.program))

    def __repr__(self) -> str:
        ideal = Silicon()
        figures = [
            f"{f} = {getattr(self.silicon, f)}" for f in FIGURES if getattr(self.silicon, f) != getattr(ideal, f)
        ]
        said = ", ".join(([] if self.preset is None else [f"preset {self.preset}"]) + figures) or "ideal"
        return f"<{self.name} on {self.inside.name}:{self.mode}, chip {self.seed}: {said}>"


class MockSession(SessionWrapper):
    """A session of a chip: it draws what the chip draws, and shows the network's own arrays alone."""

    def __init__(
        self, backend: MockBackend, program: Program, changed: ProgramOnSilicon, chip: Fabricated, session: Session
    ):
        super().__init__(session)
        self.backend, self.program, self.chip = backend, program, chip
        self.changed, self.tied = changed.program, changed.tied
        self._programmed: tuple[str, int] | None = None  # the part of a run, and the number of the programming in it

    def write(self, learned: Mapping[str, Array]) -> None:
        """Write to the chip, where synapses lie in both directions to both."""
        both = dict(learned)
        for name, array in learned.items():
            owner, _, variable = name.partition(".")
            if owner in self.tied:
                both[f"{synapses.back(owner)}.{variable}"] = array.T
        self.session.write(both)

    def read(self) -> dict[str, Array]:
        """What is learned of the network; what silicon has beside that is nobody's."""
        return {n: a for n, a in self.session.read().items() if not names.is_of_silicon(n)}

    def run(
        self,
        trials: Trials,
        *,
        constants: Mapping[str, float] | None = None,
        learn: bool = True,
        progress: Progress | None = None,
        keep_state: bool = False,
        ends: bool = True,
    ) -> Records:
        """Run trials on the chip, from one programming to the next."""
        given = synapses.mirrored(constants or {}, self.tied)
        steps = sum(int(given.get(key, self.program.constants[key])) for key in self._lengths())
        how: dict[str, Any] = {"constants": given, "learn": learn, "keep_state": keep_state, "ends": ends}
        records = []
        for start, stop in self._pieces(trials, steps):
            part = trials.part(start, stop)
            shown = replace(part, stimuli={**part.stimuli, **drawn.stimuli(self.changed, self.chip, part, steps)})
            told = None if progress is None else partial(_told, progress, start, trials.count)
            writes, last = self._programmings(part)
            self._programmed = None if writes else self._programmed
            records.append(run_with_writes(self.session, shown, writes, told, **how))
            self._programmed = last
        return replace(joined(records), kind=KIND, backend=self.backend.name, versions=self.backend.versions())

    def write_state(self, state: Mapping[str, Array]) -> None:
        """Set the state that a run goes on from; what silicon keeps beside the network's is as at a trial's start."""
        start = start_state(self.changed)
        own = {n: a for n, a in start.items() if names.is_of_silicon(n)}
        under_way = {
            n: f"{n.partition('.')[0]}.{names.SENT}" for n in state if n.endswith(f".{SPIKES}") and n not in start
        }
        given = {under_way.get(n, n): a for n, a in state.items()}
        self.session.write_state({**own, **given})

    def _lengths(self) -> list[str]:
        return [str(length_of(p.name)) for p in self.program.phases]

    def _pieces(self, trials: Trials, steps: int) -> list[tuple[int, int]]:
        """Trials that are run at once: for no more noise, and of no more programmings, than fit."""
        each = max(sum(g.size for g in self.changed.groups) * steps * 8, 1)
        most = max(LARGEST // each, 1) if self.changed.stimuli != self.program.stimuli else trials.count
        if self._every is not None:
            written = sum(math.prod(shape) * 8 for shape in self._written.values())
            most = min(most, max(LARGEST // max(written, 1), 1) * self._every)
        return list(pairwise([*range(0, trials.count, max(most, 1)), trials.count])) or [(0, 0)]

    @property
    def _every(self) -> int | None:
        """Trials between two programmings that differ."""
        return self.chip.silicon.reprogram if self._written else None

    @cached_property
    def _written(self) -> dict[str, tuple[int, ...]]:
        """Shapes of what programmings add to synapses."""
        shapes = self.changed.shapes()
        names_of = {f"{m.name}.{names.WRITTEN}": m.name for m in self.changed.matrices}
        return {of: shapes[n] for n, of in names_of.items() if n in shapes}

    def _programmings(self, trials: Trials) -> tuple[Writes, tuple[str, int] | None]:
        """What the programmings of these trials add to each synapse, and the last programming."""
        every, found, last = self._every, dict[int, int](), self._programmed
        for k in range(trials.count if self._written else 0):
            programming = trials.phase, 0 if every is None else (trials.first + k) // every
            if programming != last:
                found[k], last = programming[1], programming
        if not found:
            return Writes(), last
        added = {
            f"{of}.{names.WRITTEN}": np.stack(
                [self.chip.programming(of, shape, trials.phase, index) for index in found.values()]
            )
            for of, shape in self._written.items()
        }
        return Writes(tuple(found), quantise(added, self.changed)[0]), last


def _told(progress: Progress, start: int, total: int, done: int, _: int) -> None:
    """Tell of trials behind a part's first."""
    progress(start + done, total)
