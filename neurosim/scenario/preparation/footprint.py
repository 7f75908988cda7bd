"""The least memory and work that a scenario takes, computed from its sizes before any array or list is made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from neurosim.errors import SpecError
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory, check_work, figure, of_batch, updates
from neurosim.program.program import Program
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.methods.base import Effort
from neurosim.scenario.schema import Scenario
from neurosim.scenario.streams import Task


def check_sizes(scenario: Scenario) -> None:
    """Refuse a network that fits no memory, before it is built.

    Raises
    ------
    SpecError
        Naming the largest population or projection.
    """
    populations = scenario.network.population
    sizes = {name: p.size for name, p in populations.items()}
    parts = [MemoryPart(f"[network.population.{name}] size = {figure(n)}", NUMBER * n) for name, n in sizes.items()]
    for name, j in scenario.network.projection.items():
        if j.pre in sizes and j.post in sizes:
            pre, post = sizes[j.pre], sizes[j.post]
            what = f"[network.projection.{name}], {figure(pre)} by {figure(post)} neurons"
            parts.append(MemoryPart(what, NUMBER * j.connectivity.synapses(pre, post)))
    check_memory(parts, "the network", SpecError)


def check_run(
    scenario: Scenario, effort: Effort, programs: Mapping[str, Program], data: Dataset, tasks: list[Task]
) -> None:
    """Refuse a scenario that fits no memory or would never end, before its first task.

    Parameters
    ----------
    effort
        What its method takes for each sample.

    Raises
    ------
    SpecError
        Naming the largest part, and the setting that it comes from.
    """
    trained, tested = sum(len(t.train) for t in tasks), len(tasks) * sum(len(t.test) for t in tasks)
    steps, epochs, name = effort.steps, effort.epochs, "training" if scenario.training else "pretraining"
    each = updates(programs["wake"])
    check_work(trained * epochs * steps, each, f"training with {name}.epochs = {figure(epochs)}", SpecError)
    check_work(tested * steps, each, f"testing {len(tasks):,} tasks after each of them", SpecError)
    parts = [*_learned(scenario, programs, tasks), *_shown(effort, data, tasks)]
    parts += of_batch(programs["wake"], max(len(t.train) for t in tasks) * epochs)
    if scenario.sleep is not None:
        asleep = [scenario.sleep.steps_after(t.index) for t in tasks]
        check_work(sum(asleep), updates(programs["sleep"]), "sleep.steps", SpecError)
        parts += _drawn(max(asleep), programs["sleep"], data)
    check_memory(parts, "the scenario", SpecError)


def _learned(scenario: Scenario, programs: Mapping[str, Program], tasks: list[Task]) -> Iterator[MemoryPart]:
    """Learned arrays: each phase of each task keeps its own."""
    phases = len(tasks) * (2 + (scenario.sleep is not None))
    shapes = {n: s for program in programs.values() for n, s in program.shapes().items()}
    for name, shape in shapes.items():
        what = f"'{name}' after each of {phases:,} phases of {len(tasks):,} tasks"
        yield MemoryPart(what, NUMBER * math.prod(shape) * phases)


def _shown(effort: Effort, data: Dataset, tasks: list[Task]) -> Iterator[MemoryPart]:
    """The order in which trials show samples, each with its task: of all epochs that are drawn at once.

    Training and test are both counted, for a phase is drawn while the one before it runs. So are samples that a task
    transforms.
    """
    transformed = not data.rows.is_events and any(t.transformation is not None for t in tasks)
    each = NUMBER * (2 + data.units * transformed)
    if effort.drawn:
        shown = max(len(t.train) for t in tasks) * effort.drawn
        yield MemoryPart(f"{shown:,} training samples of training.epochs = {figure(effort.drawn)}", each * shown)
    tested = sum(len(t.test) for t in tasks)
    yield MemoryPart(f"the {tested:,} samples that test {len(tasks):,} tasks", each * tested)


def _drawn(steps: int, program: Program, data: Dataset) -> Iterator[MemoryPart]:
    """The spikes of a sleep: one bit, which takes a byte, for each step and input, and where each step begins."""
    yield MemoryPart(f"{figure(steps)} steps of sleep for {data.units:,} inputs", steps * data.units)
    yield MemoryPart(f"the spikes of {figure(steps)} steps of sleep", NUMBER * steps * (1 + len(program.probes)))
