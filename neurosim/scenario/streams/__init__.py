"""The tasks of a scenario, in the words of Avalanche and continuum; the same for every backend and every run.

Each function makes a list of `Task` of a data set. No sample of a training part is ever in a test part, of its own task
or of another.
"""

from neurosim.scenario.streams.classes import class_incremental, joint
from neurosim.scenario.streams.domains import inversion, odd_even, permutation, permuted, rotated, rotation
from neurosim.scenario.streams.groups import sample_incremental
from neurosim.scenario.streams.listed import ListedTask, listed, place_of
from neurosim.scenario.streams.task import SampleRefs, Task, task_of
from neurosim.scenario.streams.views import inputs, labelled, labels, outputs, shown

__all__ = [
    "ListedTask",
    "SampleRefs",
    "Task",
    "class_incremental",
    "inputs",
    "inversion",
    "joint",
    "labelled",
    "labels",
    "listed",
    "odd_even",
    "outputs",
    "permutation",
    "permuted",
    "place_of",
    "rotated",
    "rotation",
    "sample_incremental",
    "shown",
    "task_of",
]
