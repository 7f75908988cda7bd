"""Records of trials that follow each other, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neurosim.backend.contract import Records
from neurosim.program.schedule import Events, Recording


def joined(records: Sequence[Records]) -> Records:
    """Return one record of consecutive trials, of at least one part."""
    first = records[0]
    probes = {n: _recordings([r[n] for r in records]) for n in first.probes}
    times = [r.timing for r in records]
    timing = replace(
        first.timing,
        **{f: sum(getattr(t, f) for t in times) for f in ("build", "transfer", "simulate", "wall", "steps")},
    )
    counts = {n: sum(r.counts[n] for r in records) for n in first.counts}
    return replace(first, probes=probes, timing=timing, counts=counts)


def _recordings(parts: Sequence[Recording]) -> Recording:
    events = [part for part in parts if isinstance(part, Events)]
    if events:
        return Events.joined(events)
    return np.concatenate([part for part in parts if not isinstance(part, Events)])
