"""The scenario file that a user writes, in TOML: checked key by key, with an error that names the place.

Tables: ``[scenario] [data] [stream] [models] [rules] [synapses] [network] [pretraining] [training] [rehearsal]
[gates] [sleep] [search]``. Models, rules and synapses are named from the library or defined in the file as equations.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from neurosim.errors import ModelError, SpecError, nearest
from neurosim.model import learning, neurons, synapses
from neurosim.model.connectivity import AllToAll, Connectivity, OneToOne, Pairs
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Driven, Learned, NeuronModel
from neurosim.model.synapses import SynapseModel
from neurosim.program.precision import Float64, Grid, Precision
from neurosim.program.schedule import Array
from neurosim.scenario import gating, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.gating import EngramGate
from neurosim.scenario.randomness import stream
from neurosim.scenario.streams import Task
from neurosim.scenario.wiring import fixed_in_degree

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Table(BaseModel):
    """A table of the file: unknown keys are refused, values are not converted from other types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class FloatFormat(Table):
    format: Literal["float64"]

    def precision(self) -> Precision:
        return Float64()


class GridFormat(Table):
    format: Literal["grid"]
    output_bits: int = 20
    weight_bits: int = 24

    def precision(self) -> Precision:
        return Grid(self.output_bits, self.weight_bits)


class ScenarioTable(Table):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    description: str = ""
    precision: Annotated[FloatFormat | GridFormat, Field(discriminator="format")] = FloatFormat(format="float64")
    tier: Literal["T0", "T1"] = "T1"


class DataTable(Table):
    """A data set and its parts; see `neurosim.scenario.datasets.load`."""

    name: str
    test: Annotated[int, Field(ge=1)] | None = None
    validation: Annotated[int, Field(ge=0)] = 0
    train: Annotated[int, Field(ge=1)] | None = None
    steps: Annotated[int, Field(ge=1)] | None = None
    split_seed: int = 0


class JointStream(Table):
    kind: Literal["joint"]

    def build(self, data: Dataset) -> list[Task]:
        return streams.joint(data)


class ClassIncrementalStream(Table):
    kind: Literal["class-incremental"]
    increment: Annotated[int, Field(ge=1)]
    initial_increment: Annotated[int, Field(ge=1)] | None = None
    class_order: tuple[int, ...] | None = Field(default=None, strict=False)

    def build(self, data: Dataset) -> list[Task]:
        return streams.class_incremental(data, self.increment, self.class_order, self.initial_increment)


class PermutedStream(Table):
    kind: Literal["permuted"]
    tasks: Annotated[int, Field(ge=1)]
    permutation_seed: int = 0

    def build(self, data: Dataset) -> list[Task]:
        return streams.permuted(data, self.tasks, self.permutation_seed)


class RotatedStream(Table):
    """Degrees from one task to the next."""

    kind: Literal["rotated"]
    tasks: Annotated[int, Field(ge=1)]
    angle: float

    def build(self, data: Dataset) -> list[Task]:
        return streams.rotated(data, self.tasks, self.angle)


class OddEvenStream(Table):
    kind: Literal["odd-even"]

    def build(self, data: Dataset) -> list[Task]:
        return streams.odd_even(data)


class SampleIncrementalStream(Table):
    """The group that is left out of the first task."""

    kind: Literal["sample-incremental"]
    group: Annotated[int, Field(ge=0)]

    def build(self, data: Dataset) -> list[Task]:
        return streams.sample_incremental(data, self.group)


Number = float  # whole numbers are accepted as well


class NeuronTable(Table):
    """A neuron model as equations; see `NeuronModel`."""

    state: dict[str, Number] = {}
    params: dict[
        str, Number | Annotated[dict[Literal["learned", "driven"], Number], Field(min_length=1, max_length=1)]
    ] = {}
    update: dict[str, str] = {}
    spike: str | None = None
    reset: dict[str, str] = {}
    output: str = "s"
    ports: tuple[str, ...] = Field(default=("drive",), strict=False)
    alias: dict[str, str] = {}
    derived: dict[str, str] = {}

    def build(self, name: str) -> NeuronModel:
        params = {n: _parameter(v) for n, v in self.params.items()}
        plain = self.model_dump(exclude={"params", "state"})
        return NeuronModel(name, {n: float(v) for n, v in self.state.items()}, params, **plain)


def _parameter(value: Any) -> float | Learned | Driven:
    if isinstance(value, dict):
        kind, number = next(iter(value.items()))
        return Learned(float(number)) if kind == "learned" else Driven(float(number))
    return float(value)


class RuleTable(Table):
    """A learning rule as equations; see `LearningRule`."""

    at: str
    update: dict[str, str]
    params: dict[str, Number] = {}

    def build(self, name: str) -> LearningRule:
        return LearningRule(name, self.at, self.update, {n: float(v) for n, v in self.params.items()})


class SynapseTable(Table):
    """A synapse as equations; see `SynapseModel`."""

    state: dict[str, Number] = {"w": 0.0}
    weight: str = "w"
    params: dict[str, Number] = {}

    def build(self, name: str) -> SynapseModel:
        numbers = ({n: float(v) for n, v in part.items()} for part in (self.state, self.params))
        state, params = numbers
        return SynapseModel(name, state, self.weight, params)


class Chosen(Table):
    """Something named from the library or the file; further keys are values of its constants."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, Number]


class ChosenRule(Chosen):
    rule: str


class ChosenModel(Chosen):
    model: str
    learning: tuple[ChosenRule, ...] = Field(default=(), strict=False)


class ChosenSynapse(Chosen):
    model: str


class PopulationTable(Table):
    size: Annotated[int, Field(ge=1)]
    wake: ChosenModel
    sleep: ChosenModel | None = None


class ProjectionMode(Table):
    learning: tuple[ChosenRule, ...] = Field(default=(), strict=False)
    reciprocal: bool = False


class InitialTable(Table):
    """Initial weights: scale * sqrt(6/(n_in + n_out)) * U(-1, 1), or zeros.

    n_in and n_out are the synapses of a target and of a source: of all to all the sizes of pre and post, else means.
    """

    kind: Literal["glorot-uniform", "zeros"] = "glorot-uniform"
    scale: Number = 1.0


class OneToOneTable(Table):
    kind: Literal["one-to-one"]

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        return OneToOne()


class PairsTable(Table):
    """Pairs (source, target), counted from 0."""

    kind: Literal["pairs"]
    pairs: tuple[Annotated[tuple[int, int], Field(strict=False)], ...] = Field(strict=False)

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        return Pairs([i for i, _ in self.pairs], [k for _, k in self.pairs])


class FixedInDegreeTable(Table):
    """Random sources, as many for each target; the same in every run of the scenario."""

    kind: Literal["fixed-in-degree"]
    in_degree: Annotated[int, Field(ge=1)]
    wiring_seed: int = 0

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        return fixed_in_degree(self.wiring_seed, projection, pre, post, self.in_degree)


class AllToAllTable(Table):
    kind: Literal["all-to-all"] = "all-to-all"

    def build(self, projection: str, pre: int, post: int) -> Connectivity:
        return AllToAll()


class ProjectionTable(Table):
    pre: str
    post: str
    connectivity: Annotated[
        AllToAllTable | OneToOneTable | PairsTable | FixedInDegreeTable, Field(discriminator="kind")
    ] = AllToAllTable()
    synapse: ChosenSynapse | None = None
    delay: Annotated[int, Field(ge=1)] = 1
    initial: InitialTable = InitialTable()
    wake: ProjectionMode = ProjectionMode()
    sleep: ProjectionMode = ProjectionMode()


class NetworkTable(Table):
    population: dict[str, PopulationTable]
    projection: dict[str, ProjectionTable]


class EquilibriumTable(Table):
    """Equilibrium propagation; see `neurosim.scenario.training`."""

    method: Literal["one-sided", "symmetric"]
    input: str
    output: str
    free_steps: Annotated[int, Field(ge=1)]
    nudged_steps: Annotated[int, Field(ge=1)]
    beta: Annotated[Number, Field(gt=0)]
    epochs: Annotated[int, Field(ge=1)] = 1


class PenaltyTable(Table):
    """What keeps weights, or outputs, near those of earlier tasks."""

    kind: Literal["ewc", "si", "lwf"]
    strength: Annotated[Number, Field(ge=0)]
    samples: Annotated[int, Field(ge=1)] = 200
    xi: Annotated[Number, Field(gt=0)] = 0.1
    temperature: Annotated[Number, Field(gt=0)] = 2.0


class GradientSettings(Table):
    """Back-propagation through the steps of a trial, on the host."""

    input: str
    output: str
    steps: Annotated[int, Field(ge=1)]
    loss: Literal["cross-entropy", "mean-squared"] = "cross-entropy"
    over: Literal["last", "max"] = "last"
    optimiser: Literal["sgd", "adam", "adamax"] = "adam"
    lr: Annotated[Number, Field(gt=0)]
    momentum: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    weight_decay: Annotated[Number, Field(ge=0)] = 0.0
    epochs: Annotated[int, Field(ge=1)] = 1
    batch: Annotated[int, Field(ge=1)] = 64
    surrogate: Literal["fast-sigmoid", "super-spike", "straight-through"] = "fast-sigmoid"
    slope: Annotated[Number, Field(gt=0)] | None = None
    truncate: Annotated[int, Field(ge=1)] | None = None
    clip: Annotated[Number, Field(gt=0)] | None = None
    patience: Annotated[int, Field(ge=1)] | None = None
    dtype: Literal["float32", "float64"] = "float32"
    device: str = "cpu"


class GradientTable(GradientSettings):
    """Gradients as the training method of every task."""

    method: Literal["gradient"]
    penalty: PenaltyTable | None = None


class LatentReplayTable(GradientSettings):
    """Gradients behind one population, whose spikes of earlier samples are replayed; see `neurosim.scenario.latent`."""

    method: Literal["latent-replay"]
    insertion: str
    window: Annotated[int, Field(ge=1)] = 1
    pooling: Literal["or", "count"] = "or"
    samples: Annotated[int, Field(ge=0)] | None = None
    bits: Annotated[int, Field(ge=1)] | None = None
    redraw: Annotated[Number, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_capacity(self) -> LatentReplayTable:
        if (self.samples is None) == (self.bits is None):
            raise ValueError("expected one of 'samples' and 'bits'")
        return self


class PretrainingTable(GradientSettings):
    """Gradients for the first task alone; or a file that they left behind, relative to the scenario's."""

    file: str | None = None


TrainingTable = Annotated[EquilibriumTable | GradientTable | LatentReplayTable, Field(discriminator="method")]


class RehearsalTable(Table):
    """Awake rehearsal: a fraction of each earlier task's samples, or a buffer of so many in all."""

    fraction: Annotated[Number, Field(gt=0, le=1)] | None = None
    samples: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> RehearsalTable:
        if (self.fraction is None) == (self.samples is None):
            raise ValueError("expected one of 'fraction' and 'samples'")
        return self


class SleepTable(Table):
    """Sleep replay; see `neurosim.scenario.replay`.

    After task k = 0, 1, ... it lasts steps*(1 + growth*k) steps, or per_task[k], with P(spike) = min(1, rate*mean) in
    a window of mask x mask pixels of the mean image, or everywhere. Thresholds may be scaled by layer, see
    `neurosim.scenario.scales`.
    """

    input: str
    steps: Annotated[int, Field(ge=1)] | None = None
    growth: Annotated[Number, Field(ge=0)] = 0.0
    per_task: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(default=None, strict=False)
    rate: Annotated[Number, Field(gt=0)]
    mean_of: Literal["all", "first"] = "all"
    scales: Literal["none", "data"] = "none"
    mask: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_length(self) -> SleepTable:
        if (self.steps is None) == (self.per_task is None):
            raise ValueError("expected one of 'steps' and 'per_task'")
        if self.per_task is not None and "growth" in self.model_fields_set:
            raise ValueError("'growth' goes with 'steps', not with 'per_task'")
        return self

    def steps_after(self, task: int) -> int:
        if self.per_task is not None:
            return self.per_task[task]
        assert self.steps is not None
        return round(self.steps * (1 + self.growth * task))


class GatesTable(Table):
    """Engram gates of some populations; see `neurosim.scenario.gating`."""

    kind: Literal["input-conditioned", "bank", "unconditioned"]
    populations: tuple[str, ...] = Field(strict=False)
    density: Annotated[Number, Field(gt=0, lt=1)]
    tau: Annotated[Number, Field(gt=0)] = 4.0
    masks: Annotated[int, Field(ge=1)] = 50

    def build(self, seed: int, population: str, inputs: int, units: int) -> EngramGate:
        density, tau = float(self.density), float(self.tau)
        if self.kind == "bank":
            return gating.bank(seed, population, inputs, units, density, tau, self.masks)
        if self.kind == "unconditioned":
            return gating.Unconditioned(units, density)
        return gating.input_conditioned(seed, population, inputs, units, density, tau)


class RangeTable(Table):
    """The values of a setting that a search draws from: between low and high, or one of some choices."""

    low: int | Number | None = None
    high: int | Number | None = None
    log: bool = False
    choices: tuple[bool | int | Number | str, ...] | None = Field(default=None, min_length=1, strict=False)

    @model_validator(mode="after")
    def _a_range_or_choices(self) -> RangeTable:
        given = self.model_fields_set
        if given not in ({"choices"}, {"low", "high"}, {"low", "high", "log"}):
            raise ValueError("expected 'low' and 'high', perhaps with 'log', or 'choices'")
        if self.low is not None and self.high is not None:
            if not self.low < self.high:
                raise ValueError("expected low < high")
            if self.log and self.low <= 0:
                raise ValueError("expected low > 0 where log = true")
        return self


class SearchTable(Table):
    """A search of settings; see `neurosim.scenario.search`."""

    trials: Annotated[int, Field(ge=1)] = 100
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(default=(0,), min_length=1, strict=False)
    prune_after: Annotated[int, Field(ge=1)] | None = None
    prune_below: Annotated[Number, Field(gt=0, le=1)] | None = None
    range: Annotated[dict[str, RangeTable], Field(min_length=1)]

    @model_validator(mode="after")
    def _both_or_neither(self) -> SearchTable:
        if (self.prune_after is None) != (self.prune_below is None):
            raise ValueError("expected both of 'prune_after' and 'prune_below', or neither")
        return self


class Scenario(Table):
    """A whole scenario file."""

    scenario: ScenarioTable
    data: DataTable
    stream: Annotated[
        JointStream | ClassIncrementalStream | PermutedStream | RotatedStream | OddEvenStream | SampleIncrementalStream,
        Field(discriminator="kind"),
    ]
    models: dict[str, NeuronTable] = {}
    rules: dict[str, RuleTable] = {}
    synapses: dict[str, SynapseTable] = {}
    network: NetworkTable
    pretraining: PretrainingTable | None = None
    training: TrainingTable | None = None
    rehearsal: RehearsalTable | None = None
    gates: GatesTable | None = None
    sleep: SleepTable | None = None
    search: SearchTable | None = None

    def build_network(self) -> Network:
        """The network of the file.

        Raises
        ------
        SpecError
            Naming the table in which a model, rule, constant or connection is wrong.
        """
        modes = ["wake"] + ["sleep"] * (self.sleep is not None)
        try:
            return Network(
                [self._population(n, p, modes) for n, p in self.network.population.items()],
                [self._projection(n, j, modes) for n, j in self.network.projection.items()],
            )
        except ModelError as error:
            raise SpecError(f"[network]: {error}") from None

    def _population(self, name: str, table: PopulationTable, modes: list[str]) -> Population:
        models, rules = {}, {}
        for mode in modes:
            chosen: ChosenModel | None = getattr(table, mode)
            where = f"[network.population.{name}] {mode}"
            if chosen is None:
                raise SpecError(f"{where}: missing; a scenario with [sleep] needs a model for every population's sleep")
            library = {n: m for n, m in vars(neurons).items() if isinstance(m, NeuronModel)}
            models[mode] = _choose(chosen.model, library, self.models, chosen.__pydantic_extra__, where)
            rules[mode] = self._rules(chosen.learning, where)
        return Population(name, table.size, models, rules)

    def _projection(self, name: str, table: ProjectionTable, modes: list[str]) -> Projection:
        where = f"[network.projection.{name}]"
        synapse = synapses.Dense
        if table.synapse is not None:
            library = {n: s for n, s in vars(synapses).items() if isinstance(s, SynapseModel)}
            extra = table.synapse.__pydantic_extra__
            synapse = _choose(table.synapse.model, library, self.synapses, extra, f"{where} synapse")
        per_mode: dict[str, ProjectionMode] = {m: getattr(table, m) for m in modes}
        rules = {m: self._rules(t.learning, f"{where} {m}") for m, t in per_mode.items()}
        reciprocal = [m for m, t in per_mode.items() if t.reciprocal]
        wiring = self._wiring(name, table)
        return Projection(
            name, table.pre, table.post, synapse, rules, reciprocal, delay=table.delay, connectivity=wiring
        )

    def _wiring(self, name: str, table: ProjectionTable) -> Connectivity:
        pre, post = (self.network.population.get(n) for n in (table.pre, table.post))
        if pre is None or post is None:
            return AllToAll()  # the network says which population is not there
        try:
            return table.connectivity.build(name, pre.size, post.size)
        except ModelError as error:
            raise SpecError(f"[network.projection.{name}] connectivity: {error}") from None

    def _rules(self, chosen: tuple[ChosenRule, ...], where: str) -> list[LearningRule]:
        library = {n: r for n, r in vars(learning).items() if isinstance(r, LearningRule)}
        return [_choose(c.rule, library, self.rules, c.__pydantic_extra__, f"{where}.learning") for c in chosen]

    def initial_weights(self, network: Network, seed: int) -> dict[str, Array]:
        """Learned arrays before the first task, from the streams ``weights/PROJECTION``."""
        found: dict[str, Array] = {}
        for name, variable in network.learned().items():
            found[name] = np.full(variable.shape, variable.initial)
        for name, table in self.network.projection.items():
            part = network[name]
            assert isinstance(part, Projection)
            first = f"{name}.{next(iter(part.synapse.state))}"
            if table.initial.kind == "glorot-uniform":
                sizes = np.array([network.population(n).size for n in (part.pre, part.post)])
                width = table.initial.scale * np.sqrt(6.0 / (found[first].size / sizes).sum())
                found[first] = stream(seed, "weights", name).uniform(-1.0, 1.0, found[first].shape) * width
        return found


def _choose(name: str, library: dict[str, Any], own: dict[str, Any], values: dict[str, Any], where: str) -> Any:
    """A model, rule or synapse by its name, with values of its constants."""
    try:
        if name in own and name in library:
            raise SpecError(f"{where}: '{name}' of this file has the name of one in the library; rename it")
        if name in own:
            found = own[name].build(name)
        elif name in library:
            found = library[name]
        else:
            raise SpecError(
                f"{where}: '{name}' is not in the library, nor defined in this file; {nearest(name, {*own, *library})}"
            )
        return found(**values) if values else found
    except ModelError as error:
        raise SpecError(f"{where}: {error}") from None


def read(path: Path) -> Scenario:
    """The scenario of a TOML file.

    Raises
    ------
    SpecError
        For a missing file, a mistake in the TOML, an unknown key or a value of the wrong kind; it names the place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}; {_scenarios_nearby(path)}") from None
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: not TOML: not text in UTF-8 ({error.reason} at byte {error.start})") from None
    try:
        return beside(path, parse(text))
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None


def beside(path: Path, scenario: Scenario) -> Scenario:
    """The scenario with paths from where its file is."""
    table = scenario.pretraining
    if table is None or table.file is None:
        return scenario
    there = table.model_copy(update={"file": str(path.parent / table.file)})
    return scenario.model_copy(update={"pretraining": there})


def _scenarios_nearby(path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else Path()
    return nearest(path.name, [p.name for p in folder.glob("*.toml")])


def parse(text: str) -> Scenario:
    """The scenario of a TOML text."""
    try:
        return from_document(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"not TOML: {error}") from None


def from_document(document: dict[str, Any]) -> Scenario:
    """The scenario of tables and values, as a TOML reader gives them."""
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise SpecError(_explain(error, document)) from None


def _explain(error: ValidationError, document: dict[str, Any]) -> str:
    """The first mistakes, each with its place, what was found and what was expected."""
    return "; ".join(_explain_one(problem, document) for problem in error.errors()[:3])


def _explain_one(problem: Any, document: dict[str, Any]) -> str:
    loc, found, context = problem["loc"], problem["input"], problem.get("ctx", {})
    where = ".".join(str(p) for p in _place(loc, document, absent=problem["type"] == "missing"))
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{where}'; {nearest(str(loc[-1]), _fields(Scenario, list(loc[:-1])))}"
    if problem["type"] == "missing":
        return f"'{where}' is missing"
    if problem["type"] == "union_tag_invalid":
        tags = [t.strip(" '") for t in context["expected_tags"].split(",")]
        return (
            f"'{where}.{context['discriminator'].strip(chr(39))}' = {context['tag']!r}; {nearest(context['tag'], tags)}"
        )
    if problem["type"] == "literal_error":
        choices = [c.strip(" '") for c in context["expected"].replace(" or ", ",").split(",")]
        return f"'{where}' = {found!r}; {nearest(str(found), choices)}"
    return f"'{where}' = {found!r:.80}: {problem['msg'].lower()}"


def _place(loc: tuple[Any, ...], document: Any, absent: bool) -> list[Any]:
    """Where a problem is in the file: the location without the tags of unions, which are not in it.

    With `absent` the last part is a key that should be there."""
    place = []
    for i, part in enumerate(loc):
        in_table = isinstance(document, dict) and part in document
        inside = in_table or (isinstance(document, list) and isinstance(part, int))
        if inside:
            document = document[part]
        if inside or (absent and i == len(loc) - 1):
            place.append(part)
    return place


def _fields(table: Any, place: list[Any]) -> set[str]:
    if not place:
        return set(table.model_fields) if isinstance(table, type) and issubclass(table, BaseModel) else set()
    if isinstance(table, type) and issubclass(table, BaseModel) and place[0] in table.model_fields:
        return set().union(*(_fields(t, place[1:]) for t in _tables_in(table.model_fields[place[0]].annotation)))
    if isinstance(table, type) and issubclass(table, BaseModel):
        return _fields(table, place[1:])  # a key of a dict of tables, an index, or the tag of a union
    return set()


def _tables_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [t for part in getattr(annotation, "__args__", ()) for t in _tables_in(part)]
