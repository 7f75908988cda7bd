"""A recording as objects of Neo, which tools for the analysis of spikes and signals take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurosim.edges.optional_packages import NEO, needed
from neurosim.results.analysis.frames.trains import spike_trains
from neurosim.simulation.recordings.recording import Recording, SampledTrace, SpikeTrain

if TYPE_CHECKING:
    import neo


def to_neo(recording: Recording) -> neo.Block:
    """Return a block of one segment: a spike train for each neuron, a signal for each variable."""
    with needed(NEO, "to_neo"):
        import neo
    about = {"backend": recording.backend, "kind": recording.kind, "dt": recording.dt}
    block = neo.Block(name="neurosim", **about)
    segment = neo.Segment(index=0)
    block.segments.append(segment)
    for name, found in recording.items():
        if isinstance(found, SpikeTrain):
            segment.spiketrains.extend(list(_trains(name, found)))
        else:
            segment.analogsignals.append(_signal(name, found, recording))
    return block


def _trains(name: str, found: SpikeTrain) -> Iterator[neo.SpikeTrain]:
    span = found.first * found.dt, (found.first + found.events.steps) * found.dt
    return spike_trains(name, found.times, found.indices, found.size, span)


def _signal(name: str, found: SampledTrace, recording: Recording) -> neo.AnalogSignal:
    """Samples are equally far apart, the first at the end of the first step."""
    import neo
    from quantities import ms

    first = found.times[0] if len(found) else recording.start + recording.dt
    period = found.times[1] - found.times[0] if len(found) > 1 else recording.dt
    return neo.AnalogSignal(
        found.values,
        units=found.measured_in or "dimensionless",
        t_start=first * ms,
        sampling_period=period * ms,
        name=name,
        array_annotations={"unit": found.units},
    )
