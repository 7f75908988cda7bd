"""Sleep replay: what drives the network while it sleeps, drawn from the mean input of the classes seen so far.

No label and no single sample is kept for it, only one vector (Tadros et al. 2022). A step may show a window of it
alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import ModelError, SpecError
from neurosim.model.network import Network
from neurosim.model.neurons import Driven
from neurosim.model.randomness import stream
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.results.result import Stage, StageKind
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.methods import long_sleep
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import SleepTable
from neurosim.scenario.streams import Task
from neurosim.scenario.streams.pictures import picture, picture_of

BLOCK = 256
"""The steps whose random numbers are in memory at once."""


def schedule(network: Network, input: str, steps: int) -> Schedule:
    """One phase, a spike list as stimulus, and the spikes of every other population recorded.

    Raises
    ------
    ModelError
        If there is no such input, or nothing drives it asleep.
    """
    spiking = [p for p in network.populations if p.name != input and p.model_in("sleep").spike is not None]
    model = network.population(input, "[sleep] input").model_in("sleep")
    stimulus = next((n for n, v in model.params.items() if isinstance(v, Driven)), None)
    if stimulus is None:
        raise ModelError(f"[sleep] input: {input} is a {model.name} asleep, which nothing drives; use SpikeInput")
    return Schedule(
        [Phase("sleep", steps)],
        [Probe(f"{p.name}.spike", "step") for p in spiking],
        {f"{input}.{stimulus}": "events"},
    )


def check(table: SleepTable, tasks: int, data: Dataset) -> None:
    """Refuse a table that these tasks or data do not fit.

    Raises
    ------
    SpecError
        For another number of lengths than tasks, or a window that is larger than a sample.
    """
    if table.per_task is not None and len(table.per_task) != tasks:
        raise SpecError(f"sleep.per_task has {len(table.per_task)} lengths, expected {tasks}, one for each task")
    if table.mask is None:
        return
    image = picture_of(data)
    most = data.units if image is None else min(image.rows, image.columns)
    if table.mask > most:
        what = f"{data.units} inputs in a row" if image is None else f"images of {image.size}"
        raise SpecError(f"sleep.mask = {table.mask}: data set {data.name} has {what}; expected at most {most}")


def spikes(
    mean: Array,
    rate: float,
    steps: int,
    random: np.random.Generator,
    mask: int | None = None,
    shape: tuple[int, ...] | None = None,
) -> Events:
    """Bernoulli spikes of one trial: P(spike) = min(1, rate*mean) in each step, with a mask only in that step's window.

    Windows are drawn after the spikes, so a mask only takes spikes away.

    Parameters
    ----------
    mean
        The mean input, shape (units,).
    mask
        The side of a window, in pixels; None shows everything.
    shape
        Of a sample, as in `Dataset`.
    """
    fired = _drawn(np.minimum(1.0, rate * mean), steps, random)
    if mask is not None:
        fired &= windows(len(mean), mask, steps, random, shape)
    return Events.from_dense(fired[np.newaxis])


def _drawn(probability: Array, steps: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Which units spike in which step, shape (steps, units); a block of steps at a time, so that numbers stay few."""
    fired = np.empty((steps, len(probability)), np.bool_)
    numbers = np.empty((min(steps, BLOCK), len(probability)))
    for first in range(0, steps, BLOCK):
        block = numbers[: steps - first]
        np.less(random.random(out=block), probability, out=fired[first : first + len(block)])
    return fired


def windows(
    units: int, mask: int, steps: int, random: np.random.Generator, shape: tuple[int, ...] | None = None
) -> NDArray[np.bool_]:
    """A window for each step, anywhere inside a sample; shape (steps, units).

    It has mask x mask pixels of an image, the same ones in every channel, or mask units in a row where a sample is no
    image.
    """
    image = picture(units, shape)
    if image is None:
        return _stretches(units, mask, steps, random)
    rows, columns = (_stretches(n, mask, steps, random) for n in (image.rows, image.columns))
    inside = (rows[:, :, np.newaxis] & columns[:, np.newaxis, :]).reshape(steps, image.rows * image.columns)
    return np.tile(inside, image.channels)


def _stretches(places: int, mask: int, steps: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """So many places in a row for each step, the first of them drawn; shape (steps, places)."""
    first = random.integers(0, places - mask + 1, size=(steps, 1))
    return np.asarray((first <= np.arange(places)) & (np.arange(places) < first + mask))


def trials(run_state: RunState, task: Task, table: SleepTable) -> Trials:
    """The one trial of the sleep after a task: spikes drawn from the mean input of the tasks so far."""
    steps, random = table.steps_after(task.index), stream(run_state.seed, "sleep", task.index)
    events = spikes(_mean(run_state, task, table), float(table.rate), steps, random, table.mask, run_state.data.shape)
    return Trials({run_state.programs["sleep"].stimuli[0][0]: events})


def sleep(run_state: RunState, task: Task, trials: Trials, constants: Mapping[str, float]) -> Stage:
    """Sleep after a task.

    Parameters
    ----------
    trials
        Those of `trials`.
    constants
        Values of constants while the network sleeps, such as scaled thresholds.

    Raises
    ------
    NeurosimError
        If the sleep is endless, or the backend fails.
    """
    assert run_state.scenario.sleep is not None
    steps = run_state.scenario.sleep.steps_after(task.index)
    if run_state.sleeps is not None:
        records, ledger = long_sleep.run(run_state, run_state.sleeps, trials, steps, constants, task)
    else:
        whole = {"steps.sleep": steps, **constants}
        records, ledger = run_state.run("sleep", trials, whole, True, RunPhase.SLEEP, task)
    return run_state.stage(task, StageKind.SLEPT, records, ledger, trials.count)


def _mean(run_state: RunState, task: Task, table: SleepTable) -> Array:
    """The mean input of the tasks so far, or of the first alone."""
    return run_state.seen_until(task if table.mean_of == "all" else run_state.tasks[0]).mean
