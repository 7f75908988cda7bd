"""Recordings of steps that follow each other, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neurosim.program.schedule import Events
from neurosim.simulation.recordings.recording import Recorded, Recording, SampledTrace, SpikeTrain


def joined(parts: Sequence[Recording]) -> Recording:
    """Return one recording of all parts, at least one, each of which begins where the one before it ends."""
    first = parts[0]
    steps = sum(round(part.duration / part.dt) for part in parts)
    return replace(
        first,
        recorded={name: _one([part[name] for part in parts]) for name in first},
        duration=steps * first.dt,
        learned=parts[-1].learned,
        seconds=sum(part.seconds for part in parts),
        wall=sum(part.wall for part in parts),
    )


def _one(parts: Sequence[Recorded]) -> Recorded:
    trains = [part for part in parts if isinstance(part, SpikeTrain)]
    if trains:
        return replace(trains[0], events=Events.one_trial([train.events for train in trains]))
    traces = [part for part in parts if isinstance(part, SampledTrace)]
    times, values = (np.concatenate([getattr(t, name) for t in traces]) for name in ("times", "values"))
    return replace(traces[0], times=times, values=values)
