"""Which method a table of the scenario file is: each table is registered with what builds its method."""

from __future__ import annotations

from functools import singledispatch

from neurosim.edges.toml.table import Table
from neurosim.errors import SpecError
from neurosim.scenario.methods.base import Method
from neurosim.scenario.methods.equilibrium import Equilibrium
from neurosim.scenario.methods.gradient import Gradient
from neurosim.scenario.methods.latent_replay import LatentReplay
from neurosim.scenario.methods.of_package import of_package
from neurosim.scenario.schema import (
    EquilibriumTable,
    GradientSettings,
    LatentReplayTable,
    PackageMethod,
    Scenario,
)


def method_of(scenario: Scenario) -> Method:
    """How a scenario trains.

    Raises
    ------
    SpecError
        If it has neither [training] nor [pretraining], or a package's method is none.
    """
    table = scenario.training or scenario.pretraining
    if table is None:
        raise SpecError("'training' is missing")
    return _built(table, scenario)


@singledispatch
def _built(table: Table, scenario: Scenario) -> Method:
    raise NotImplementedError(f"{type(table).__name__} is registered with no method")


_built.register(EquilibriumTable, Equilibrium.of)
_built.register(GradientSettings, Gradient.of)
_built.register(LatentReplayTable, LatentReplay)
_built.register(PackageMethod, of_package)
