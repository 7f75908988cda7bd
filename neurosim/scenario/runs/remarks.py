"""Settings of a scenario file without effect, or with unusual values: none is a mistake, and each is told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neurosim.edges.toml.setting_paths import leaves
from neurosim.model.network import Network
from neurosim.scenario.memory import rehearsal
from neurosim.scenario.methods.latent_replay import LatentReplay
from neurosim.scenario.schema import (
    Chosen,
    EquilibriumTable,
    GatesTable,
    GradientSettings,
    GradientTable,
    LatentReplayTable,
    PackageMethod,
    PenaltyTable,
    RehearsalTable,
    Scenario,
    Table,
)
from neurosim.scenario.streams import Task

LARGE = 1e30
"""No constant of a model in any unit is as large, and few of its powers overflow."""

NOT_BELOW_ZERO = frozenset({"lr", "eps", "inc", "dec", "scale", "theta"})
"""Constants that are refused below 0 where the library knows their meaning, and are only unusual elsewhere."""

OF_PENALTY = {"samples": "ewc", "xi": "si", "temperature": "lwf"}
"""Keys of a penalty, each with the one kind that reads it."""

OF_GATE = {"masks": ("bank",), "tau": ("bank", "input-conditioned")}


def remarks(scenario: Scenario, tasks: Sequence[Task], network: Network) -> list[str]:
    """A line for each setting without effect, share of nothing, or unusual value; none for most scenarios.

    Parameters
    ----------
    network
        The network of the scenario.
    """
    lines = [*_unused(scenario), *_asleep(scenario), *_of_training(scenario), *_unusual(scenario)]
    if scenario.gates is not None:
        lines += _of_gates(scenario.gates)
    if scenario.rehearsal is not None:
        lines += _of_rehearsal(scenario.rehearsal, tasks)
    if isinstance(scenario.training, LatentReplayTable):
        lines += _of_latent_replay(scenario, scenario.training, tasks, network)
    return lines


def _chosen(scenario: Scenario) -> Iterator[tuple[str, Chosen]]:
    """Everything that is chosen by its name, with its place."""
    for n, p in scenario.network.population.items():
        for mode, model in (("wake", p.wake), ("sleep", p.sleep)):
            if model is not None:
                yield f"network.population.{n}.{mode}", model
                yield from ((f"network.population.{n}.{mode}.learning.{k}", r) for k, r in enumerate(model.learning))
    for n, j in scenario.network.projection.items():
        if j.synapse is not None:
            yield f"network.projection.{n}.synapse", j.synapse
        for mode, table in (("wake", j.wake), ("sleep", j.sleep)):
            yield from ((f"network.projection.{n}.{mode}.learning.{k}", r) for k, r in enumerate(table.learning))


def _name(chosen: Chosen) -> str:
    return str(getattr(chosen, "rule", None) or getattr(chosen, "model", ""))


def _unused(scenario: Scenario) -> Iterator[str]:
    """Tables of equations that nothing chooses, and values beside them that nothing reads."""
    used = {_name(c) for _, c in _chosen(scenario)}
    for kind in ("models", "rules", "synapses"):
        yield from (f"[{kind}.{n}] is chosen nowhere" for n in getattr(scenario, kind) if n not in used)
    for n, j in scenario.network.projection.items():
        if j.initial.kind == "zeros" and "scale" in j.initial.model_fields_set:
            yield f"network.projection.{n}.initial.scale has no effect, for its weights begin as zeros"


def _asleep(scenario: Scenario) -> Iterator[str]:
    """Settings of sleep in a scenario that does not sleep."""
    if scenario.sleep is not None:
        return
    for n, p in scenario.network.population.items():
        if p.sleep is not None:
            yield f"network.population.{n}.sleep has no effect, for the scenario has no [sleep]"
    for n, j in scenario.network.projection.items():
        if "sleep" in j.model_fields_set:
            yield f"network.projection.{n}.sleep has no effect, for the scenario has no [sleep]"


def _of_training(scenario: Scenario) -> Iterator[str]:
    table = scenario.training
    rules = [place for place, c in _chosen(scenario) if ".wake.learning." in place]
    if isinstance(table, EquilibriumTable):
        for place, c in _chosen(scenario):
            if place in rules and "beta" in c.__pydantic_extra__:
                yield f"{place}.beta has no effect, for every rule has training.beta = {table.beta:g}"
    elif rules and not isinstance(table, PackageMethod):
        what = f"method = '{table.method}'" if table is not None else "[pretraining]"
        yield f"{', '.join(rules)}: no rule fires awake, for {what} learns by gradients"
    for where, gradients in (("training", table), ("pretraining", scenario.pretraining)):
        if isinstance(gradients, GradientSettings):
            yield from _of_gradients(where, gradients, scenario.data.validation)
    if isinstance(table, GradientTable) and table.penalty is not None:
        yield from _of_penalty(table.penalty)


def _of_gradients(where: str, table: GradientSettings, validation: int) -> Iterator[str]:
    if table.truncate is not None and table.truncate >= table.steps:
        yield f"{where}.truncate = {table.truncate} has no effect, for a trial has {table.steps} steps"
    if table.patience is not None and not validation:
        yield f"{where}.patience has no effect, for data.validation = 0 keeps no sample to judge epochs by"
    if isinstance(table, LatentReplayTable) and table.window == 1 and "pooling" in table.model_fields_set:
        yield f"{where}.pooling has no effect, for window = 1 pools nothing"


def _of_penalty(table: PenaltyTable) -> Iterator[str]:
    for key, kind in OF_PENALTY.items():
        if key in table.model_fields_set and table.kind != kind:
            yield f"training.penalty.{key} has no effect, for it belongs to kind = '{kind}'"


def _of_gates(table: GatesTable) -> Iterator[str]:
    for key, kinds in OF_GATE.items():
        if key in table.model_fields_set and table.kind not in kinds:
            yield f"gates.{key} has no effect with kind = '{table.kind}'"
    if not table.populations:
        yield "[gates] has no effect, for populations = [] names none"


def _of_rehearsal(table: RehearsalTable, tasks: Sequence[Task]) -> Iterator[str]:
    """Tasks of which nothing is kept, when the last task is learned."""
    if len(tasks) < 2:
        yield "[rehearsal] has no effect, for there is one task"
        return
    setting = f"fraction = {table.fraction:g}" if table.fraction is not None else f"samples = {table.samples}"
    empty = [str(t.index + 1) for t, n in zip(tasks, rehearsal.shares(table, tasks[:-1]), strict=False) if n == 0]
    if empty:
        yield f"[rehearsal] {setting} keeps no sample of task {', '.join(empty)} when task {len(tasks)} is learned"


def _of_latent_replay(
    scenario: Scenario, table: LatentReplayTable, tasks: Sequence[Task], network: Network
) -> Iterator[str]:
    if len(tasks) > 1 and table.samples != 0:
        capacity, classes = LatentReplay(table, scenario).capacity(network), 0
        for task in tasks[:-1]:
            classes += len(set(task.excited))
            if capacity < classes:
                yield (
                    f"[training] there is room to replay {capacity} samples, which is none of each of the {classes} "
                    f"classes of {task.index + 1} tasks: from task {task.index + 2} on nothing is replayed"
                )
                return


def _unusual(scenario: Scenario) -> Iterator[str]:
    for place, c in _chosen(scenario):
        yield from (
            f"{place}.{n} = {value:g} is below 0, which is unusual"
            for n, value in c.__pydantic_extra__.items()
            if n in NOT_BELOW_ZERO and value < 0
        )
    for place, value in leaves(_given(scenario)):
        if isinstance(value, (int, float)) and not isinstance(value, bool) and not abs(value) < LARGE:
            yield f"{place} = {value:g} is unusually large"


def _given(table: Table) -> object:
    return table.model_dump(exclude_unset=True, mode="json")
