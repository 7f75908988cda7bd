"""A file with devices: what they are, and the network that they are for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from neurosim.errors import NeurosimError, SpecError, nearest

if TYPE_CHECKING:
    from neurosim.backend.contract import Backend
    from neurosim.device.board.probing.dry_run import PlannedRun
    from neurosim.device.table import DeviceOfFile, DeviceTable
    from neurosim.model.network import Network
    from neurosim.program.precision import Precision
    from neurosim.program.program import Program
    from neurosim.scenario.schema import Scenario


@dataclass(frozen=True)
class DeviceWork:
    """What a device is to do.

    Attributes
    ----------
    programs
        Of the network, by its modes.
    runs
        All of a file, in their order.
    """

    programs: Mapping[str, Program]
    runs: Sequence[PlannedRun]


@dataclass(frozen=True)
class DeviceFile:
    """A file with devices, and the network that they are for.

    Attributes
    ----------
    programs
        Gives the programs of the network, by its modes.
    work
        Gives them with all that is run; a scenario needs its data for it, from a folder where one is given, or by code
        where that is allowed.
    """

    path: Path
    network: Network
    precision: Precision
    tables: dict[str, DeviceOfFile]
    backends: dict[str, Backend]
    programs: Callable[[], Mapping[str, Program]]
    work: Callable[[Path | None, bool], DeviceWork]

    @classmethod
    def read(cls, path: Path) -> DeviceFile:
        """The devices and the network of a scenario or simulation file.

        Raises
        ------
        SpecError
            For every mistake in it, naming the file.
        """
        from neurosim.cli.plain_networks.simulations import is_simulation
        from neurosim.scenario import schema as scenarios
        from neurosim.scenario.preparation.plan import plan
        from neurosim.simulation import schema as simulations

        if path.suffix == ".py":
            raise SpecError(f"{path}: a Python file has no [devices.NAME]; expected one in TOML")
        try:
            if is_simulation(path):
                simulation = simulations.read(path)
                network, precision = simulation.builder().build().network, simulation.precision
                found = simulation.devices, simulation.backends()
                return cls(
                    path, network, precision, *found, lambda: _simulated(path).programs, lambda *_: _simulated(path)
                )
            scenario = scenarios.read(path)
            network, precision = scenario.build_network(), scenario.scenario.precision.build()
            devices, backends = scenario.devices, scenario.backends()
            programs, work = (lambda: plan(scenario).programs), partial(_of_scenario, path, scenario)
            return cls(path, network, precision, devices, backends, programs, work)
        except NeurosimError as error:
            said = str(error)
            raise SpecError(said if said.startswith(f"{path}: ") else f"{path}: {said}") from None

    def device(self, name: str) -> tuple[DeviceOfFile, Backend]:
        """A device of the file.

        Raises
        ------
        SpecError
            If it has none of that name.
        """
        if name not in self.tables:
            known = nearest(name, self.tables) if self.tables else "it has no [devices.NAME]"
            raise SpecError(f"{self.path}: no device '{name}'; {known}")
        return self.tables[name], self.backends[name]

    def mock(self, name: str) -> tuple[DeviceTable, Backend]:
        """A mock of the file.

        Raises
        ------
        SpecError
            If it has no device of that name, or it is no mock.
        """
        from neurosim.device.table import DeviceTable, PackageDevice

        table, backend = self.device(name)
        if not isinstance(table, DeviceTable):
            what = "of a package" if isinstance(table, PackageDevice) else "a board"
            raise SpecError(f"{self.path}: device '{name}' is {what}; mocks alone are calibrated yet")
        return table, backend


def _of_scenario(path: Path, scenario: Scenario, data_folder: Path | None, allow_code: bool) -> DeviceWork:
    from neurosim.scenario.preparation import prepare
    from neurosim.scenario.preparation.planned_runs import planned_runs

    try:
        prepared = prepare(scenario, scenario.data.build(data_folder, allow_code=allow_code))
    except NeurosimError as error:
        raise SpecError(f"{path}: {error}") from None
    return DeviceWork(prepared.programs, list(planned_runs(prepared)))


def _simulated(path: Path) -> DeviceWork:
    from neurosim.cli.plain_networks.simulations import Asked, prepared
    from neurosim.device.board.probing.dry_run import PlannedRun

    experiment = prepared(path, None, Asked()).experiment
    program = experiment.program
    return DeviceWork(
        {program.mode: program}, [PlannedRun("simulate", program.mode, 1, program.lengths, experiment.learns)]
    )
