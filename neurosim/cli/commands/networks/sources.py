"""Where a network and its weights come from: a run, a scenario, a simulation file, or a network in a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from neurosim.errors import InputError
from neurosim.program.schedule import Array

if TYPE_CHECKING:
    from neurosim.model.network import Network
    from neurosim.scenario.schema import Scenario

Found = tuple["Network", Mapping[str, Array]]
WITH_PHASES = ("one-sided", "symmetric")
"""Methods of equilibrium propagation."""


def network_of(source: Path, seed: int) -> Found:
    """The network of a source, and its weights: of a run those at its end, else those before anything is learned.

    Raises
    ------
    NeurosimError
        If there is no such thing, or it cannot be read.
    UnsupportedFeature
        For a scenario with gates or phases, which NIR has no word for.
    """
    if source.is_dir():
        return _of_run(source)
    if source.suffix == ".h5":
        from neurosim.results import pretrained

        stored = pretrained.read(source)
        return stored.network, stored.learned
    if source.suffix == ".json":
        from neurosim.model.network import Network

        return Network.load(source), {}
    return _of_file(source, seed)


def _of_file(source: Path, seed: int) -> Found:
    from neurosim.scenario import schema
    from neurosim.simulation import schema as plain

    if plain.is_simulation(schema.document(schema.text_of(source))):
        setup = plain.read(source).builder(seed).build()
        return setup.network, setup.weights
    scenario = schema.with_paths_relative_to(source, schema.read(source))
    _check(scenario)
    network = scenario.build_network()
    return network, scenario.initial_weights(network, seed)


def _of_run(source: Path) -> Found:
    from neurosim.scenario.runs.opened import OpenedRun, open

    opened = open(source)
    if not isinstance(opened, OpenedRun):
        raise InputError(f"{source}: expected the folder of a run")
    scenario = opened.read_scenario()
    _check(scenario)
    return scenario.build_network(), opened.stages[-1].learned


def _check(scenario: Scenario) -> None:
    """Refuse what belongs to a scenario and not to its network, and what NIR has no word for."""
    from neurosim.interchange.nir.graphs.graph import NoWord

    if scenario.gates is not None:
        raise NoWord("[gates]: NIR has no word for gates that are drawn for each trial")
    method = getattr(scenario.training, "method", None)
    if method in WITH_PHASES:
        raise NoWord(
            f"[training] method = '{method}': NIR has no word for rate units and phases of equilibrium propagation"
        )
