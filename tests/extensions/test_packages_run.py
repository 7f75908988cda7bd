"""Data, stream, connectivity, method, metric and device of other packages run in one scenario, on every simulator."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from neurosim.backend import registry
from neurosim.results import store
from neurosim.results.agreement.tiers import agreement, tier
from neurosim.results.result import Result
from neurosim.scenario import engine, schema
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.runs import saved_run

SCENARIO = Path(__file__).parent / "everything.toml"
SIMULATORS = ("brian2:numpy", "nengo:native", "lava:fused")
LONGEST = 40


@pytest.fixture
def scenario(packages: Path) -> schema.Scenario:
    return schema.read(SCENARIO)


@pytest.fixture
def prepared(scenario: schema.Scenario) -> Prepared:
    return prepare(scenario, scenario.data.build())


def run(prepared: Prepared, name: str) -> Result:
    return engine.run_prepared(prepared, registry.opener(*registry.load(name, prepared.scenario.backends())))


def chip_on(simulator: str) -> Prepared:
    """The scenario, with its device on another simulator."""
    scenario = schema.read(SCENARIO, settings={"devices.chip.on": simulator})
    return prepare(scenario, scenario.data.build())


def test_packages_are_small(packages: Path) -> None:
    assert len(list(packages.glob("*.dist-info"))) == 6
    for file in packages.glob("*.py"):
        assert len([line for line in file.read_text(encoding="utf-8").splitlines() if line]) < LONGEST, file.name


def test_packages_run_bit_for_bit_on_every_simulator(prepared: Prepared) -> None:
    reference = run(prepared, "reference")
    assert reference.accuracy == 1.0
    assert reference.metrics["worst-task"] == 1.0
    assert reference.stages[-1].learned["w.w"].shape == (36,)
    for simulator in SIMULATORS:
        assert tier(agreement(reference, run(prepared, simulator))) == "T0", simulator


def test_a_device_of_a_package_is_the_same_on_every_simulator(packages: Path) -> None:
    reference = run(chip_on("reference"), "chip")
    assert reference.kind == "mock"
    for simulator in SIMULATORS:
        assert tier(agreement(reference, run(chip_on(simulator), "chip"))) == "T0", simulator


def test_a_run_keeps_settings_versions_and_metrics_of_packages(prepared: Prepared, tmp_path: Path) -> None:
    backend, mode = registry.load("reference")
    with saved_run.kept(saved_run.begin(prepared, SCENARIO.read_text(), backend, mode, 0, tmp_path)) as directory:
        result = saved_run.go_on(directory, prepared, backend)
    (path,) = tmp_path.iterdir()
    resolved = json.loads((path / "resolved.json").read_text())
    assert resolved["stream"] == {"kind": "halves", "first": 2}
    assert resolved["training"] == {"method": "delta", "input": "input", "output": "output", "steps": 3}
    assert resolved["network"]["projection"]["w"]["connectivity"] == {"kind": "ring", "width": 3}
    versions = store.read_run(path)[0].versions
    packages = ("bars-data", "halves-stream", "ring-connectivity", "delta-method", "worst-metric")
    assert {name: versions[name] for name in packages} == dict.fromkeys(packages, "1.0")
    assert "loud-device" not in versions
    assert json.loads((path / "metrics.jsonl").read_text().splitlines()[-1])["further_metrics"] == {"worst-task": 1.0}
    again = store.read(path)
    assert again.metrics == result.metrics
    assert schema.from_document(resolved) == prepared.scenario


def test_defaults_of_a_package_are_in_what_is_resolved(packages: Path) -> None:
    text = SCENARIO.read_text().replace("first = 2\n", "")
    assert schema.parse(text).stream.model_dump(mode="json") == {"kind": "halves", "first": 1}


def test_a_scenario_of_packages_can_be_pickled(scenario: schema.Scenario) -> None:
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert again.stream.settings == scenario.stream.settings


def test_connectivity_of_a_package_has_a_form_in_json(scenario: schema.Scenario) -> None:
    network = scenario.build_network()
    text = network.to_json()
    again = type(network).from_json(text)
    assert json.loads(text)["projections"][0]["connectivity"] == {"kind": "ring", "width": 3}
    assert again == network
    assert np.array_equal(again.wiring("w").post, network.wiring("w").post)
