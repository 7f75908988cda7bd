"""Results as objects of Neo, which tools for the analysis of spikes take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.edges.optional_packages import NEO, needed
from neurosim.errors import InputError, ModelError
from neurosim.model.units import MILLISECONDS, inside
from neurosim.results.analysis.frames.populations import populations_of, rows_of
from neurosim.results.analysis.frames.trains import spike_trains
from neurosim.results.analysis.labelled import LabelledResult
from neurosim.results.result import Stage

if TYPE_CHECKING:
    import neo


def to_neo(run: LabelledResult, step: str | float | None = None) -> neo.Block:
    """Return a block with a segment for each stage, and in it a spike train for each neuron that was recorded.

    The trials of a stage follow each other in time; a spike is at the beginning of its step.

    Parameters
    ----------
    step
        How long a step is, such as ``"1 ms"``. A scenario's steps have no length of their own: None gives times in
        steps, a unit that only neurosim has.

    Raises
    ------
    InputError
        For a step that is no time above 0, or if a file of the run is damaged.
    BackendUnavailable
        Where Neo is missing.
    """
    with needed(NEO, "to_neo"):
        import neo
        import quantities
    length = 1.0 if step is None else _milliseconds(step)
    units = quantities.UnitTime("step", symbol="step") if step is None else quantities.ms
    block = neo.Block(name=run.result.scenario, **{n.replace(".", "_"): v for n, v in run.labels.items()})
    block.segments.extend([_segment(i, stage, length, units) for i, stage in enumerate(run.result.stages)])
    return block


def _milliseconds(step: str | float) -> float:
    try:
        length = inside(step, MILLISECONDS, "to_neo: step =")
    except ModelError as error:
        raise InputError(str(error)) from None
    if length <= 0:
        raise InputError(f"to_neo: step = {step}; expected a time above 0, such as '1 ms'")
    return length


def _segment(index: int, stage: Stage, length: float, units: Any) -> neo.Segment:
    import neo

    about = {"task": stage.task, "stage": str(stage.kind), "trials": stage.trials}
    segment = neo.Segment(name=f"task {stage.task}, {stage.kind}", index=index, **about)
    for population, events in populations_of(stage):
        rows = rows_of(events)
        times = (rows["trial"] * events.steps + rows["step"]) * np.float64(length)
        span = 0.0, events.trials * events.steps * length
        segment.spiketrains.extend(
            list(spike_trains(f"{population}.spikes", times, rows["neuron"], events.units, span, units))
        )
    return segment
