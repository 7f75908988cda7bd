"""The scenario file that a user writes, in TOML: checked key by key, with an error that names the place.

Tables: ``[scenario] [data] [stream] [models] [rules] [synapses] [network] [pretraining] [training] [rehearsal]
[gates] [sleep] [search] [workers]``. Models, rules and synapses are named from the library or defined in the file as
equations.
"""

from neurosim.scenario.spec.components import GatesTable, RehearsalTable, SleepTable
from neurosim.scenario.spec.data import (
    ClassIncrementalStream,
    DataTable,
    JointStream,
    OddEvenStream,
    PermutedStream,
    RotatedStream,
    SampleIncrementalStream,
)
from neurosim.scenario.spec.heading import (
    FixedFormat,
    FloatFormat,
    GridFormat,
    LoihiFormat,
    ScenarioTable,
    SingleFormat,
)
from neurosim.scenario.spec.models import (
    Chosen,
    ChosenModel,
    ChosenRule,
    ChosenSynapse,
    NeuronTable,
    RuleTable,
    SynapseTable,
)
from neurosim.scenario.spec.network import (
    AllToAllTable,
    FixedInDegreeTable,
    InitialTable,
    NetworkTable,
    OneToOneTable,
    PairsTable,
    PopulationTable,
    ProjectionMode,
    ProjectionTable,
)
from neurosim.scenario.spec.reading import beside, document, from_document, parse, read, text_of
from neurosim.scenario.spec.scenario import Scenario
from neurosim.scenario.spec.search import RangeTable, SearchTable
from neurosim.scenario.spec.table import Table
from neurosim.scenario.spec.training import (
    EquilibriumTable,
    GradientSettings,
    GradientTable,
    LatentReplayTable,
    PenaltyTable,
    PretrainingTable,
    TrainingTable,
)
from neurosim.scenario.spec.workers import WorkerTable

__all__ = [
    "AllToAllTable", "Chosen", "ChosenModel", "ChosenRule", "ChosenSynapse", "ClassIncrementalStream", "DataTable",
    "EquilibriumTable", "FixedFormat", "FixedInDegreeTable", "FloatFormat", "GatesTable", "GradientSettings",
    "GradientTable", "GridFormat", "InitialTable", "JointStream", "LatentReplayTable", "LoihiFormat", "NetworkTable",
    "NeuronTable", "OddEvenStream", "OneToOneTable", "PairsTable", "PenaltyTable", "PermutedStream",
    "PopulationTable", "PretrainingTable", "ProjectionMode", "ProjectionTable", "RangeTable", "RehearsalTable",
    "RotatedStream", "RuleTable", "SampleIncrementalStream", "Scenario", "ScenarioTable", "SearchTable",
    "SingleFormat", "SleepTable", "SynapseTable", "Table", "TrainingTable", "WorkerTable", "beside", "document",
    "from_document", "parse", "read", "text_of",
]  # fmt: skip
