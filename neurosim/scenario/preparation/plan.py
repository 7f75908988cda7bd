"""What can be built of a scenario without its data; a mistake in the file is refused before data are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.model.network import Network
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import FixedPoint, Grid
from neurosim.program.program import Program
from neurosim.program.schedule import Schedule
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.methods import sleep_replay, threshold_scaling
from neurosim.scenario.methods.base import Method
from neurosim.scenario.methods.building import method_of
from neurosim.scenario.preparation import footprint
from neurosim.scenario.schema import Scenario


@dataclass(frozen=True, eq=False)
class Planned:
    """A scenario that is built and checked as far as that needs no data.

    Attributes
    ----------
    method
        How the tasks are learned; it has no state.
    schedules, programs
        By mode: ``wake``, and ``sleep`` where the scenario sleeps.
    """

    scenario: Scenario
    network: Network
    method: Method
    schedules: Mapping[str, Schedule]
    programs: Mapping[str, Program]

    def programs_for(self, data: Dataset) -> Mapping[str, Program]:
        """The programs that show these data; those of the plan, unless the data are spikes in time.

        Raises
        ------
        NeurosimError
            If the network cannot be lowered for a trial that shows them.
        """
        if not data.rows.is_events:
            return self.programs
        schedules = schedules_of(self.scenario, self.network, self.method, data)
        return self.programs if schedules == self.schedules else lowered(self.scenario, self.network, schedules)


def plan(scenario: Scenario) -> Planned:
    """Build and check what follows from a scenario alone.

    Raises
    ------
    NeurosimError
        If something is wrong with it; the error names the place in the file.
    """
    footprint.check_sizes(scenario)
    network, method = scenario.build_network(), method_of(scenario)
    method.check(network, None)
    schedules = schedules_of(scenario, network, method, None)
    programs = lowered(scenario, network, schedules)
    scenario.backends()
    return Planned(scenario, network, method, schedules, programs)


def schedules_of(scenario: Scenario, network: Network, method: Method, data: Dataset | None) -> dict[str, Schedule]:
    """The schedule of a trial in each mode; without data, as if a sample were an array of numbers.

    Raises
    ------
    NeurosimError
        If the network cannot show a sample, or cannot sleep as the scenario says.
    """
    awake = method.schedule(network, data)
    if scenario.sleep is None:
        return {"wake": awake}
    if scenario.sleep.scales == "data":
        awake = threshold_scaling.recording(awake, network, scenario.sleep.input)
    asleep = sleep_replay.schedule(network, scenario.sleep.input, scenario.sleep.steps_after(0))
    return {"wake": awake, "sleep": asleep}


def lowered(scenario: Scenario, network: Network, schedules: Mapping[str, Schedule]) -> dict[str, Program]:
    """The program of each mode.

    Sleep always has exact sums, which makes its spikes equal everywhere: one ulp more would decide over a spike.

    Raises
    ------
    NeurosimError
        If the network does not go with a schedule, or not with the number format.
    """
    precision = scenario.scenario.precision.build()
    exact = precision if isinstance(precision, (Grid, FixedPoint)) else Grid()
    precisions = {"wake": precision, "sleep": exact}
    return {mode: lower(network, schedule, mode, precisions[mode]) for mode, schedule in schedules.items()}
