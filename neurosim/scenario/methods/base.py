"""What the engine asks of a way to train: its schedule, how a task is learned, and what the network then predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from neurosim.backend.contract import Records
from neurosim.errors import SpecError
from neurosim.model.network import Network
from neurosim.model.neurons import Driven
from neurosim.program.schedule import Array, Schedule, Trials
from neurosim.results.result import Stage
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.streams import SampleRefs, Task

if TYPE_CHECKING:
    from neurosim.scenario.run_state import RunState


class Method(Protocol):
    """A way to train and to test the network awake.

    It has no state: what it keeps from task to task is `RunState.kept`, so that runs with several seeds share it.
    """

    def schedule(self, network: Network, data: Dataset | None) -> Schedule:
        """Of a trial, awake; without data, as if a sample were an array of numbers."""
        ...

    def check(self, network: Network, data: Dataset | None) -> None:
        """Raise SpecError where the network, or the data once they are known, cannot be trained so."""
        ...

    def train(self, run_state: RunState, task: Task) -> Stage:
        """Learn a task; the learned arrays of the run, and what the method keeps of it, are then the new ones."""
        ...

    def trials(self, run_state: RunState, samples: SampleRefs) -> tuple[Trials, dict[str, float]]:
        """Trials that test samples, and the constants of such a run."""
        ...

    def scores(self, records: Records) -> Array:
        """One score a sample and class, shape (samples, classes)."""
        ...


def stimulus_of(network: Network, population: str, where: str) -> str:
    """``population.parameter`` of an input: the parameter that shows it a sample."""
    model = network.population(population, where).model_in("wake")
    driven = [n for n, v in model.params.items() if isinstance(v, Driven)]
    if not model.is_input or len(driven) != 1:
        raise SpecError(f"{where}: {population} is a {model.name}, which shows no sample; use Clamp or SpikeInput")
    return f"{population}.{driven[0]}"


def check_sizes(network: Network, data: Dataset, input: str, output: str) -> None:
    """Refuse populations that the data do not fit."""
    for name, needed, what in ((input, data.units, "inputs"), (output, data.classes, "classes")):
        size = network.population(name).size
        if size != needed:
            raise SpecError(
                f"population {name} has size {size}, expected {needed}: data set {data.name} has {needed} {what}"
            )
