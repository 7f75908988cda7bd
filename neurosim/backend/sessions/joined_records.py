"""Records of trials that follow each other, as one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from neurosim.backend.contract import Records, Timing
from neurosim.program.schedule import Events, Recording


def joined(records: Sequence[Records]) -> Records:
    """Return one record of consecutive trials, of at least one part."""
    first = records[0]
    probes = {n: _recordings([r[n] for r in records]) for n in first.probes}
    timing = Timing.joined([r.timing for r in records])
    counts = {n: sum(r.counts[n] for r in records) for n in first.counts}
    incidents = tuple(text for r in records for text in r.incidents)
    return replace(first, probes=probes, timing=timing, counts=counts, incidents=incidents)


def joined_within_trial(records: Sequence[Records], by_step: Collection[str]) -> Records:
    """Return one record of the parts of one trial, which follow each other within it, of at least one.

    Parameters
    ----------
    by_step
        The probes that record steps; others record the end of a phase, which is in one part at the most.
    """
    whole = joined([replace(r, probes={}) for r in records])
    names = records[0].probes
    probes = {n: (_of_steps if n in by_step else _recordings)([r[n] for r in records]) for n in names}
    return replace(whole, probes=probes)


def _of_steps(parts: Sequence[Recording]) -> Recording:
    events = [part for part in parts if isinstance(part, Events)]
    if events:
        return Events.one_trial(events)
    return np.concatenate([part for part in parts if not isinstance(part, Events)], axis=1)


def _recordings(parts: Sequence[Recording]) -> Recording:
    events = [part for part in parts if isinstance(part, Events)]
    if events:
        return Events.joined(events)
    return np.concatenate([part for part in parts if not isinstance(part, Events)])
