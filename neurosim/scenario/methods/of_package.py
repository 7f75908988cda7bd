"""A training method of an installed package: whatever it raises is an error that names the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from neurosim.backend.contract import Records
from neurosim.edges.foreign_errors import border
from neurosim.errors import BackendError, NeurosimError, SpecError
from neurosim.model.network import Network
from neurosim.program.schedule import Array, Schedule, Trials
from neurosim.results.result import Stage
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.methods.base import Effort, Method
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import PackageMethod, Scenario
from neurosim.scenario.streams import SampleRefs, Task


def of_package(table: PackageMethod, scenario: Scenario) -> Method:
    """The method that the package's settings build.

    Raises
    ------
    SpecError
        If they raise an exception, or give what has not all of a `Method`.
    """
    method = table.called("[training]", "build", scenario)
    if not isinstance(method, Method):
        raise table.wrong("[training]", method, "a neurosim.scenario.methods.base.Method")
    return MethodOfPackage(method, f"[training] method = {table.method!r}")


@dataclass(frozen=True)
class MethodOfPackage:
    """Someone else's method behind a border.

    Parameters
    ----------
    where
        Begins the messages.
    """

    method: Method
    where: str

    def effort(self) -> Effort:
        """As the package says."""
        with self._border():
            return self.method.effort()

    def schedule(self, network: Network, data: Dataset | None) -> Schedule:
        """As the package says."""
        with self._border():
            return self.method.schedule(network, data)

    def check(self, network: Network, data: Dataset | None, tasks: Sequence[Task] = ()) -> None:
        """As the package says."""
        with self._border():
            self.method.check(network, data, tasks)

    def training(self, run_state: RunState, task: Task) -> Callable[[], Stage]:
        """As the package says; what it gives is behind the border, too."""
        with self._border(BackendError):
            learn = self.method.training(run_state, task)

        def learned() -> Stage:
            with self._border(BackendError):
                return learn()

        return learned

    def trials(self, run_state: RunState, samples: SampleRefs) -> tuple[Trials, dict[str, float]]:
        """As the package says."""
        with self._border(BackendError):
            return self.method.trials(run_state, samples)

    def scores(self, records: Records) -> Array:
        """As the package says."""
        with self._border(BackendError):
            return self.method.scores(records)

    def _border(self, error: type[NeurosimError] = SpecError) -> AbstractContextManager[None]:
        return border(self.where, error)
