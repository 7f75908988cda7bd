"""The same network on several backends: whether they agree to the bit, and where they first do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from neurosim.backend.contract import Backend
from neurosim.edges.values import whole_number
from neurosim.errors import InputError, ModelError, nearest
from neurosim.model.display.notebook import table_html
from neurosim.program.precision import Precision
from neurosim.results.agreement.differences import largest_difference, spikes_that_differ
from neurosim.results.agreement.teacher_forced import Segment, summary
from neurosim.results.agreement.tiers import segments_reach_t1
from neurosim.simulation.description.builder import NetworkBuilder
from neurosim.simulation.description.recordable import Recordable, whole_steps
from neurosim.simulation.description.setup import Setup
from neurosim.simulation.recordings.differences import Difference as Difference
from neurosim.simulation.recordings.differences import first_difference
from neurosim.simulation.recordings.recording import Recording, SpikeTrain
from neurosim.simulation.running import teacher_forced
from neurosim.simulation.running.chosen import by_name
from neurosim.simulation.running.experiment import Experiment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REFERENCE = "reference"
HEADS = ("backend", "kind", "tier", "spikes !=", "first difference", "seconds", "x ref")
BACKENDS = (REFERENCE, "brian2", "nengo", "lava")


@dataclass(frozen=True, repr=False)
class Verdict:
    """How one backend compares with the reference.

    Attributes
    ----------
    tier
        ``T0`` where all spikes, samples and learned arrays are equal bit for bit; ``T1`` where they are equal but for
        the last bits in segments; else ``none``.
    spikes, spikes_different
        How many spikes the reference recorded, and how many only one of both.
    largest_dw
        The largest difference of any learned array in the end.
    first
        Where the recordings first differ; None where they do not.
    speed
        That of the reference is 1.
    segments
        Of the teacher-forced comparison; None where none was made.
    """

    recording: Recording
    tier: str
    spikes: int
    spikes_different: int
    largest_dw: float
    first: Difference | None
    speed: float
    segments: tuple[Segment, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        first = (
            None if self.first is None else {"name": self.first.name, "unit": self.first.unit, "ms": self.first.time}
        )
        row = {
            "name": self.recording.backend,
            "kind": self.recording.kind,
            "tier": self.tier,
            "spikes": self.spikes,
            "spikes_different": self.spikes_different,
            "max_abs_dw": self.largest_dw,
            "first_difference": first,
            "seconds": self.recording.seconds,
            "wall_seconds": self.recording.wall,
            "speed": self.speed if math.isfinite(self.speed) else None,
        }
        return row if self.segments is None else {**row, "segments": summary(self.segments)}


@dataclass(frozen=True, repr=False)
class SimulationComparison:
    """What `compare` found; printed as a table.

    Attributes
    ----------
    verdicts
        Of each backend, the first that of the reference itself.

    Raises
    ------
    InputError
        For the name of a backend that was not compared.
    """

    verdicts: Sequence[Verdict]

    def __getitem__(self, backend: str) -> Recording:
        """Return the recording of a backend, by its name with or without its mode.

        Raises
        ------
        InputError
            For another name.
        """
        return self._verdict(backend).recording

    def _verdict(self, backend: str) -> Verdict:
        for v in self.verdicts:
            if backend in (v.recording.backend, v.recording.backend.partition(":")[0]):
                return v
        raise InputError(
            f"comparison: no '{backend}'; {nearest(backend, [v.recording.backend for v in self.verdicts])}"
        )

    @property
    def is_exact(self) -> bool:
        """Whether all backends reached T0."""
        return all(v.tier == "T0" for v in self.verdicts)

    def draw(self, backend: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw what lies around the first difference of a backend from the reference.

        The spikes of the neurons nearby, marked where only one of both has them; below them the samples of the neuron,
        where a variable of it was recorded.

        Parameters
        ----------
        backend
            Its name, with or without its mode; None for the first that differs.
        ax
            Where to draw; None for a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            Where spikes are drawn, or samples where there are no spikes.

        Raises
        ------
        InputError
            For a name that was not compared, and where nothing that was recorded differs.
        BackendUnavailable
            Where matplotlib is missing.
        """
        from neurosim.simulation.recordings import around

        asked = self.verdicts if backend is None else [self._verdict(backend)]
        for v in asked:
            if v.first is not None:
                return around.draw(self.verdicts[0].recording, v.recording, v.first, ax)
        names = ", ".join(v.recording.backend for v in asked)
        raise InputError(f"comparison: nothing that was recorded differs on {names}; there is nothing to draw")

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"backends": [v.to_dict() for v in self.verdicts]}

    def rows(self) -> list[tuple[str, ...]]:
        """Return the cells of its table, a row for each backend, in the order of `HEADS`."""
        return [_cells(v) for v in self.verdicts]

    def __repr__(self) -> str:
        rows = [HEADS, *self.rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(HEADS))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<div>{table_html('Comparison with the reference', HEADS, self.rows())}</div>"


def _cells(v: Verdict) -> tuple[str, ...]:
    first = "" if v.first is None else str(v.first)
    found = v.recording
    speeds = (f"{found.seconds:.2f}", f"{v.speed:.2f}")
    return (found.backend, found.kind, v.tier, f"{v.spikes_different:,}", first, *speeds)


def compare(
    network: NetworkBuilder | Setup,
    duration: str | float,
    record: Sequence[Recordable] | None = None,
    *,
    backends: Sequence[str | Backend] = BACKENDS,
    precision: Precision | None = None,
    learn: bool = True,
    segments: str | float | None = None,
) -> SimulationComparison:
    """Run a network on several backends, with the same draws, and compare each with the reference.

    Parameters
    ----------
    network, duration, record, precision, learn
        As of `simulate`.
    backends
        ``NAME`` or ``NAME:MODE``, or a backend itself, such as a device; the reference comes first, named or not.
    segments
        A time: where a backend is not T0, it runs once more in segments of this length, each of which starts from the
        state and the weights of the reference. T1 is where spikes are then equal, and weights but for the last bits.

    Raises
    ------
    NeurosimError
        As `simulate` does.
    """
    names, own = by_name(backends, "compare: backends")
    experiment = Experiment(network, duration, record, precision, learn, own)
    steps = None if segments is None else segment_steps(segments, experiment)
    reference = experiment.on(REFERENCE)
    verdicts = [verdict(reference, reference)]
    for name in names:
        if name.partition(":")[0] != REFERENCE:
            found = verdict(reference, experiment.on(name))
            verdicts.append(found if steps is None else in_segments(found, experiment, name, steps))
    return SimulationComparison(verdicts)


def segment_steps(length: str | float, experiment: Experiment) -> int:
    """Return the steps of a segment.

    Raises
    ------
    ModelError
        For what is no time of at least a step.
    """
    what = "compare: segments ="
    return whole_number(whole_steps(length, experiment.setup.dt, what), what, least=1, error=ModelError)


def in_segments(found: Verdict, experiment: Experiment, backend: str, steps: int) -> Verdict:
    """Return the verdict with teacher-forced segments, and with T1 where these reach it; as it is where it is T0.

    Parameters
    ----------
    steps
        Of a segment, at least 1.
    """
    if found.tier == "T0":
        return found
    segments = tuple(teacher_forced.segments(experiment, backend, steps))
    return replace(found, tier="T1" if segments_reach_t1(segments) else found.tier, segments=segments)


def verdict(reference: Recording, other: Recording) -> Verdict:
    """Compare one recording with that of the reference."""
    pairs = [(r, other[n]) for n, r in reference.items()]
    trains = [(a.events, b.events) for a, b in pairs if isinstance(a, SpikeTrain) and isinstance(b, SpikeTrain)]
    different = sum(spikes_that_differ(a, b) for a, b in trains)
    dw = largest_difference(reference.learned, other.learned)
    first = first_difference(reference, other)
    tier = "T0" if first is None and not different and not dw else "none"
    speed = reference.seconds / other.seconds if other.seconds else float("inf")
    return Verdict(other, tier, sum(a.count for a, _ in trains), different, dw, first, speed)
