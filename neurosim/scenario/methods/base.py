"""A way to train, as the engine uses it: its schedule, how a task is learned, and what the network then predicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from neurosim.backend.contract import Records
from neurosim.errors import SpecError
from neurosim.model.network import Network
from neurosim.model.neurons import Driven
from neurosim.program.schedule import Array, Schedule, Trials
from neurosim.results.result import Stage
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.streams import SampleRefs, Task, outputs

if TYPE_CHECKING:
    from neurosim.scenario.run_state import RunState


@dataclass(frozen=True)
class Effort:
    """What training takes: steps*epochs for each training sample.

    Parameters
    ----------
    steps
        Of a trial.
    epochs
        How often each sample of a task is shown; a setting ``epochs`` says so.
    drawn
        Epochs whose samples are drawn at once, and take memory together.
    """

    steps: int
    epochs: int = 1
    drawn: int = 0


@runtime_checkable
class Method(Protocol):
    """A way to train and to test the network awake.

    It has no state: what it keeps from task to task is `RunState.kept`, so that runs with several seeds share it.

    That of another package is built by what its entry point in the group ``neurosim.methods`` names: a dataclass or a
    pydantic model of the settings in [training], with ``build(scenario)``, which gives a method.
    """

    def effort(self) -> Effort:
        """What training takes, known before anything is made."""
        ...

    def schedule(self, network: Network, data: Dataset | None) -> Schedule:
        """The schedule of a trial awake; without data, as if a sample were an array of numbers.

        Raises
        ------
        NeurosimError
            If the network cannot show a sample.
        """
        ...

    def check(self, network: Network, data: Dataset | None, tasks: Sequence[Task] = ()) -> None:
        """Refuse a network, or data and their tasks once they are known, that cannot be trained in this way.

        Raises
        ------
        NeurosimError
            Naming the place in the scenario file.
        """
        ...

    def training(self, run_state: RunState, task: Task) -> Callable[[], Stage]:
        """Draw what a task shows.

        A thread does it while the phase before still runs, so it may read neither what is learned nor what is kept.

        Returns
        -------
        callable
            Learns the task. `RunState.learned` then has the new arrays, and `RunState.kept` what the method keeps. It
            raises a NeurosimError if the backend, or what computes gradients, fails.
        """
        ...

    def trials(self, run_state: RunState, samples: SampleRefs) -> tuple[Trials, dict[str, float]]:
        """The trials that test samples, and the values of constants in such a run."""
        ...

    def scores(self, records: Records) -> Array:
        """One score for each sample and class, shape (samples, classes); the largest is the prediction."""
        ...


def stimulus_of(network: Network, population: str, where: str) -> str:
    """``population.parameter`` of an input: the parameter that shows it a sample.

    Raises
    ------
    ModelError
        If there is no such population.
    SpecError
        If it shows no sample.
    """
    model = network.population(population, where).model_in("wake")
    driven = [n for n, v in model.params.items() if isinstance(v, Driven)]
    if not model.is_input or len(driven) != 1:
        raise SpecError(f"{where}: {population} is a {model.name}, which shows no sample; use Clamp or SpikeInput")
    return f"{population}.{driven[0]}"


def check_sizes(network: Network, data: Dataset, tasks: Sequence[Task], input: str, output: str) -> None:
    """Refuse populations that the data and their tasks do not fit.

    Raises
    ------
    SpecError
        If the input has another size than a sample, or the output another than the tasks want; tasks that are listed
        may leave outputs unused.
    """
    _check_size(network, input, data.units, data, f"{data.units} inputs")
    size = network.population(output).size
    for task in tasks:
        if task.keys and max(task.excited) >= size:
            key = task.keys[task.excited.index(max(task.excited))]
            raise SpecError(
                f"{key}: a sample is to excite output {max(task.excited)}, but population {output} has "
                f"size {size}; expected outputs from 0 to {size - 1}"
            )
    if not any(task.where for task in tasks):
        needed = outputs(data, tasks)
        _check_size(network, output, needed, data, f"{needed} classes")


def _check_size(network: Network, population: str, needed: int, data: Dataset, what: str) -> None:
    size = network.population(population).size
    if size != needed:
        raise SpecError(f"population {population} has size {size}, expected {needed}: data set {data.name} has {what}")
