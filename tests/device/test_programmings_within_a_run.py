"""Programmings of a chip on Brian2's standalone device: all in one process, to the bits of runs of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from outcomes import assert_same, left

from neurosim.device import mock
from neurosim.device.mock import MockBackend
from neurosim.errors import ExactnessLost
from neurosim.program.precision import Grid
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.testing.targets import case_named

pytest.importorskip("brian2")
standalone = pytest.importorskip("neurosim_brian2.standalone")
compiler = pytest.importorskip("neurosim_brian2.building.compiler")
if compiler.compiler() is None:
    pytest.skip("no C++ compiler", allow_module_level=True)

ON = "brian2:standalone"
FIGURES: dict[str, Any] = {"weight_bits": 6, "write_noise": 0.03, "reprogram": 1, "seed": 7}


def chip(on: str, **figures: Any) -> MockBackend:
    return mock(on, **{**FIGURES, **figures})


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is started."""
    started: list[object] = []
    execute = standalone.StandaloneSession._execute
    monkeypatch.setattr(
        standalone.StandaloneSession, "_execute", lambda *given: started.append(given) or execute(*given)
    )
    return started


@pytest.mark.parametrize("name", ["ep_one_sided", "recurrent_spiking"])
@pytest.mark.parametrize("learn", [True, False])
def test_one_process_programs_a_chip_again_and_again(name: str, learn: bool, processes: list[object]) -> None:
    case = replace(case_named(name, 0.1), learn=learn)
    assert case.trials.count > 1
    found, expected = (left(chip(on), case, case.program(Grid())) for on in (ON, "reference"))
    assert_same(found, expected)
    assert len(processes) == 1
    without = left(chip("reference", reprogram=None), case, case.program(Grid()))
    assert any((without[1][n] != found[1][n]).any() for n in without[1]) == (learn and name == "ep_one_sided")


def test_what_goes_wrong_in_one_process_is_looked_at_programming_by_programming(
    processes: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest weights of all programmings together can be too large where those of each are not."""

    def refuse(_: Program, weights: Mapping[str, Array], __: object) -> None:
        seen.append(weights)
        raise ExactnessLost("too large together")

    seen: list[Mapping[str, Array]] = []
    monkeypatch.setattr(standalone, "check_exactness", refuse)
    case = case_named("ep_one_sided", 0.1)
    found, expected = (left(chip(on), case, case.program(Grid())) for on in (ON, "reference"))
    assert_same(found, expected)
    assert len(processes) == 1 + case.trials.count
    assert all((weights > 0).any() for weights in seen[0].values())
