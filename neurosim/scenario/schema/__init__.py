"""The scenario file that a user writes, in TOML: checked key by key, with an error that names the place.

Tables: ``[scenario] [data] [stream] [models] [rules] [synapses] [network] [pretraining] [training] [rehearsal]
[gates] [sleep] [search] [workers] [devices]``. Models, rules and synapses are named from the library or defined in the
file as equations.
"""

from neurosim.backend.remote.table import WorkerTable
from neurosim.device.board.table import BoardTable, FaultTable
from neurosim.device.table import DeviceTable, PackageDevice, ReadoutTable
from neurosim.edges.toml.table import Table
from neurosim.model.network.tables import (
    Chosen,
    ChosenModel,
    ChosenRule,
    ChosenSynapse,
    NeuronTable,
    RuleTable,
    SynapseTable,
)
from neurosim.program.precision.tables import FixedPointTable, FloatTable, GridTable, LoihiTable, SingleTable
from neurosim.scenario.schema.components import GatesTable, RehearsalTable, SleepTable
from neurosim.scenario.schema.data import (
    ClassIncrementalStream,
    DataTable,
    JointStream,
    OddEvenStream,
    PackageStream,
    PermutedStream,
    RotatedStream,
    SampleIncrementalStream,
)
from neurosim.scenario.schema.data_sources.base import SourceTable
from neurosim.scenario.schema.data_sources.code import CodeTable, TonicTable
from neurosim.scenario.schema.data_sources.files import (
    FileTable,
    NumbersFileTable,
    ScalingTable,
    SpikeNamesTable,
    SpikesFileTable,
)
from neurosim.scenario.schema.listed_tasks import InvertedTable, ListStream, PermutedTable, RotatedTable, TaskTable
from neurosim.scenario.schema.network import (
    AllToAllTable,
    FixedInDegreeTable,
    InitialTable,
    NetworkTable,
    OneToOneTable,
    PackageConnectivity,
    PairsTable,
    PopulationTable,
    ProjectionMode,
    ProjectionTable,
)
from neurosim.scenario.schema.reading import document, from_document, parse, read, text_of, with_paths_relative_to
from neurosim.scenario.schema.scenario import Scenario
from neurosim.scenario.schema.scenario_table import ScenarioTable
from neurosim.scenario.schema.search import RangeTable, SearchTable
from neurosim.scenario.schema.shared_weights import (
    Conv1dTable,
    Conv2dTable,
    FlattenTable,
    PoolTable,
    SharedWeightsTable,
)
from neurosim.scenario.schema.training import (
    EquilibriumTable,
    GradientSettings,
    GradientTable,
    LatentReplayTable,
    PackageMethod,
    PenaltyTable,
    PretrainingTable,
    TrainingTable,
)
from neurosim.scenario.schema.varied.documents import Document, ScenarioFile, digest_of
from neurosim.scenario.schema.varied.extending import FilesRead
from neurosim.scenario.schema.varied.tables import StudyTable, StudyTables, VariantTable

__all__ = [
    "AllToAllTable",
    "BoardTable",
    "Chosen",
    "ChosenModel",
    "ChosenRule",
    "ChosenSynapse",
    "ClassIncrementalStream",
    "CodeTable",
    "Conv1dTable",
    "Conv2dTable",
    "DataTable",
    "DeviceTable",
    "Document",
    "EquilibriumTable",
    "FaultTable",
    "FileTable",
    "FilesRead",
    "FixedInDegreeTable",
    "FixedPointTable",
    "FlattenTable",
    "FloatTable",
    "GatesTable",
    "GradientSettings",
    "GradientTable",
    "GridTable",
    "InitialTable",
    "InvertedTable",
    "JointStream",
    "LatentReplayTable",
    "ListStream",
    "LoihiTable",
    "NetworkTable",
    "NeuronTable",
    "NumbersFileTable",
    "OddEvenStream",
    "OneToOneTable",
    "PackageConnectivity",
    "PackageDevice",
    "PackageMethod",
    "PackageStream",
    "PairsTable",
    "PenaltyTable",
    "PermutedStream",
    "PermutedTable",
    "PoolTable",
    "PopulationTable",
    "PretrainingTable",
    "ProjectionMode",
    "ProjectionTable",
    "RangeTable",
    "ReadoutTable",
    "RehearsalTable",
    "RotatedStream",
    "RotatedTable",
    "RuleTable",
    "SampleIncrementalStream",
    "ScalingTable",
    "Scenario",
    "ScenarioFile",
    "ScenarioTable",
    "SearchTable",
    "SharedWeightsTable",
    "SingleTable",
    "SleepTable",
    "SourceTable",
    "SpikeNamesTable",
    "SpikesFileTable",
    "StudyTable",
    "StudyTables",
    "SynapseTable",
    "Table",
    "TaskTable",
    "TonicTable",
    "TrainingTable",
    "VariantTable",
    "WorkerTable",
    "digest_of",
    "document",
    "from_document",
    "parse",
    "read",
    "text_of",
    "with_paths_relative_to",
]  # fmt: skip
