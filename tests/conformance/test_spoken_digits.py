"""The trained weights that come with the spoken digits: they fit their scenario, and every backend hears the same."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from neurosim.backend import registry
from neurosim.results import pretrained
from neurosim.results.agreement.tiers import agreement
from neurosim.results.result import Result
from neurosim.scenario import engine, schema

ROOT = Path(__file__).parents[2]
SCENARIOS = ["spoken_digits", "spoken_sample_incremental", "spoken_class_incremental", "spoken_multi_class"]
DATA = ROOT.parent / "shared" / "data"
BACKENDS = ("brian2:standalone", "brian2:numpy", "nengo:native", "nengo:fused", "lava:fused")


@functools.cache
def scenario(name: str = "spoken_digits") -> schema.Scenario:
    return schema.read(ROOT / "scenarios" / f"{name}.toml")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_file_is_of_the_scenarios_network_and_small(name: str) -> None:
    table = scenario(name).pretraining
    assert table is not None
    assert table.file is not None
    kept = pretrained.read(Path(table.file))
    assert kept.network == scenario(name).build_network()
    assert kept.training["settings"] == table.model_dump(exclude={"file"})
    assert Path(table.file).stat().st_size < 1e6


@functools.cache
def result(backend: str) -> Result:
    loaded, mode = registry.load(backend)
    data = scenario().data.build(DATA)
    return engine.run(scenario(), functools.partial(loaded.compile, mode=mode), data=data)


needs_data = pytest.mark.skipif(not (DATA / "spoken-digits").is_dir(), reason="the spoken digits are not here")


@needs_data
@pytest.mark.slow
def test_the_network_knows_85_percent_of_the_test_words() -> None:
    assert result("reference").accuracy >= 0.85


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_spike_of_the_test_is_equal(backend: str) -> None:
    compared = agreement(result("reference"), result(backend))
    assert compared.spikes > 1e6
    assert compared.is_exact
