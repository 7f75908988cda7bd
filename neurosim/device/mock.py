"""A mock of a chip: a backend that runs programs as silicon changes them, on a simulator."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from neurosim.backend.contract import Backend, Capabilities, Progress, Records, Session
from neurosim.backend.joined_records import joined
from neurosim.backend.registry import load, opener
from neurosim.backend.session_wrapper import SessionWrapper
from neurosim.device import drawn, names, synapses
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.calibration.files import CalibrationFile
from neurosim.device.calibration.measuring.weights import Weights
from neurosim.device.calibration.subject import calibration_key, device_key
from neurosim.device.fabrication import Fabricated
from neurosim.device.on_silicon import ProgramOnSilicon, on_silicon
from neurosim.device.silicon import FIGURES, Silicon
from neurosim.edges.values import text, whole_number
from neurosim.errors import ModelError, nearest
from neurosim.program.constants import length_of
from neurosim.program.precision import quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials
from neurosim.program.trial.state import SPIKES, start_state

KIND = "mock"

LARGEST = 2**26
"""Bytes of noise that are drawn at once, about."""


def mock(
    on: str = "reference",
    *,
    seed: int = 0,
    name: str = "mock",
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
    calibration
        That trims its neurons, or its file.
    **figures
        Those of `Silicon`.

    Raises
    ------
    ModelError
        For a figure that there is not, or that is none.
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
    loaded = Calibration.load(calibration) if isinstance(calibration, (str, Path)) else calibration
    found = MockBackend(
        text(name, "mock: name =", error=ModelError), on, Silicon(**figures), seed, calibrated_by=loaded
    )
    assert found.calibration is loaded  # a wrong one is refused here already
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
    calibrated_by
        What trims its neurons; a file is read when the chip is first used.
    """

    def __init__(
        self,
        name: str,
        on: str,
        silicon: Silicon,
        seed: int = 0,
        others: Mapping[str, Backend] | None = None,
        calibrated_by: Calibration | CalibrationFile | None = None,
    ):
        self.name, self.silicon, self.calibrated_by = name, silicon, calibrated_by
        self.seed = whole_number(seed, f"device {name}: seed =", least=0, error=ModelError)
        self.inside, self.mode = load(on, others)

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
        bare = copy(self)
        bare.calibrated_by = None
        bare.__dict__.pop("calibration", None)
        return bare

    @property
    def weights(self) -> Weights:
        """The weights that it takes."""
        return Weights.of(self.silicon)

    def capabilities(self) -> Capabilities:
        """Those of the simulator, in the one mode; its kind is that of a mock."""
        of = self.inside.capabilities()
        note = f"a mock of a chip on {self.inside.name}:{self.mode}; no chip was there"
        return Capabilities((self.mode,), {self.mode: of.features[self.mode]}, KIND, {self.mode: note})

    def versions(self) -> dict[str, str]:
        """Those of the simulator, the chip, and its calibration where it has one."""
        trimmed = {} if self.calibration is None else {calibration_key(self.name): self.calibration.digest}
        return {**self.inside.versions(), device_key(self.name): self.device, **trimmed}

    def compile(self, program: Program, *, mode: str = "default") -> MockSession:
        """Open a session of the chip.

        Raises
        ------
        UnsupportedFeature
            For what no chip of this kind can be, and as of the simulator.
        """
        chip = Fabricated(self.silicon, self.seed, None if self.calibration is None else self.calibration.trims)
        found = on_silicon(program, chip, learns=True)
        return MockSession(self, program, found, chip, opener(self.inside, self.mode)(found.program))

    def __repr__(self) -> str:
        ideal = Silicon()
        figures = [
            f"{f} = {getattr(self.silicon, f)}" for f in FIGURES if getattr(self.silicon, f) != getattr(ideal, f)
        ]
        said = ", ".join(figures) or "ideal"
        return f"<{self.name} on {self.inside.name}:{self.mode}, chip {self.seed}: {said}>"


class MockSession(SessionWrapper):
    """A session of a chip: it draws what the chip draws, and shows the network's own arrays alone."""

    def __init__(
        self, backend: MockBackend, program: Program, changed: ProgramOnSilicon, chip: Fabricated, session: Session
    ):
        super().__init__(session)
        self.backend, self.program, self.chip = backend, program, chip
        self.changed, self.tied = changed.program, changed.tied

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
        records = []
        for start, stop in self._pieces(trials, steps):
            part = trials.part(start, stop)
            self._program(part)
            added = drawn.stimuli(self.changed, self.chip, part, steps)
            records.append(
                self.session.run(
                    replace(part, stimuli={**part.stimuli, **added}),
                    constants=given,
                    learn=learn,
                    keep_state=keep_state,
                    ends=ends,
                )
            )
            if progress is not None:
                progress(stop, trials.count)
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
        """Trials that are run at once: between two programmings, and for no more noise than fits."""
        each = max(sum(g.size for g in self.changed.groups) * steps * 8, 1)
        most = max(LARGEST // each, 1) if self.changed.stimuli != self.program.stimuli else trials.count
        every = self.chip.silicon.reprogram if self.chip.silicon.write_noise else None
        ends, at = [], 0
        while at < trials.count:
            until = trials.count if every is None else at + every - (trials.first + at) % every
            at = min(at + most, until, trials.count)
            ends.append(at)
        return list(zip([0, *ends[:-1]], ends, strict=True)) or [(0, 0)]

    def _program(self, trials: Trials) -> None:
        """Write what the programming of these trials adds to each synapse."""
        silicon = self.chip.silicon
        if not silicon.write_noise:
            return
        index = 0 if silicon.reprogram is None else trials.first // silicon.reprogram
        shapes = self.changed.shapes()
        written = {
            f"{m.name}.{names.WRITTEN}": self.chip.programming(
                m.name, shapes[f"{m.name}.{names.WRITTEN}"], trials.phase, index
            )
            for m in self.changed.matrices
        }
        self.session.write(quantise(written, self.changed)[0])
