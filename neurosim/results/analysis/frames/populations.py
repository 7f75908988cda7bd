"""Spikes of a stage by population, as rows of trial, step and neuron."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neurosim.program.schedule import Events
from neurosim.results.result import Stage

PROBE = ".spike@step"


def populations_of(stage: Stage) -> Iterator[tuple[str, Events]]:
    """The populations that were recorded, and their spikes; a silent one, too."""
    for name in stage.spikes:
        yield name.removesuffix(PROBE), stage.spikes[name]


def rows_of(events: Events) -> dict[str, NDArray[np.int64]]:
    """``trial``, ``step`` within it and ``neuron`` of each spike, all from 0, each of shape (spikes,)."""
    row = np.repeat(np.arange(len(events.offsets) - 1), np.diff(events.offsets))
    trial, step = np.divmod(row, max(events.steps, 1))
    return {"trial": trial, "step": step, "neuron": events.indices.astype(np.int64)}
