"""Settings that a search tries: the scenario with them, a run for each seed, and what the runs come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from neurosim.errors import ExactnessLost, NumericalError
from neurosim.scenario import engine
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.listeners.several import SeveralListeners
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.runs.submit.parallel import Job
from neurosim.scenario.schema import Scenario
from neurosim.scenario.streams import Task


@dataclass(frozen=True)
class Early:
    """How a run ended that did not get as far as its last task.

    Attributes
    ----------
    accuracy
        After the task at which it was too low; None if the network did not stay finite.
    """

    accuracy: float | None


RunOutcome = float | Early
"""The accuracy of a run over all classes after the last task, unless it ended early."""


@dataclass(frozen=True)
class Threshold:
    """A run ends if its accuracy over all classes is below `below` after task `after`, counted from 1."""

    after: int
    below: float


@dataclass(frozen=True, eq=False)
class TriedSettings:
    """A scenario with the settings of one trial.

    Attributes
    ----------
    trial
        Its number, counted from 1.
    """

    trial: int
    scenario: Scenario
    data: Dataset
    open_session: engine.OpenSession
    threshold: Threshold | None

    @cached_property
    def prepared(self) -> Prepared:
        """What the runs of one process share; processes make their own, as it is larger than what it is made of."""
        return prepare(self.scenario, self.data, "validation")

    def job(self, seed: int) -> Job[RunOutcome]:
        """The run with a seed."""
        return Job(f"trial {self.trial}, seed {seed}", partial(self.run, seed))

    def run(self, seed: int, listener: ProgressListener) -> RunOutcome:
        """Run it with a seed; settings with which the network does not stay finite are no error, but bad ones.

        Raises
        ------
        NeurosimError
            If the scenario or the backend refuses something.
        """
        try:
            heard = SeveralListeners(listener, *self._ending())
            return engine.run_prepared(self.prepared, self.open_session, seed, listener=heard).accuracy
        except TooLow as low:
            return Early(low.accuracy)
        except (NumericalError, ExactnessLost):
            return Early(None)

    def _ending(self) -> list[Listener]:
        return [] if self.threshold is None else [_EndsEarly(self.threshold, self.prepared.tasks)]


class TooLow(Exception):
    """Ends a run that is not worth going on with; `accuracy` is the run's."""

    def __init__(self, accuracy: float):
        self.accuracy = accuracy
        super().__init__(f"accuracy {accuracy:.3f}")


class _EndsEarly(Listener):
    """Ends a run that is below the threshold."""

    def __init__(self, threshold: Threshold, tasks: Sequence[Task]):
        self._threshold = threshold
        self._sizes = [len(t.validation) for t in tasks]

    def after_task(self, task: Task, accuracies: list[float]) -> None:
        accuracy = float(np.average(accuracies, weights=self._sizes))
        if task.index + 1 == self._threshold.after and accuracy < self._threshold.below:
            raise TooLow(accuracy)


def value(outcomes: Sequence[RunOutcome]) -> RunOutcome:
    """The mean of the accuracies of a trial's runs, or how the first of them ended that ended early."""
    early = [o for o in outcomes if isinstance(o, Early)]
    return early[0] if early else float(np.mean([o for o in outcomes if not isinstance(o, Early)]))
