"""Every backend and mode gives what the reference gives: T0 on the grid, T1 in float64, on every case."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pytest

from neurosim.backend import registry
from neurosim.backend.contract import Records
from neurosim.program.precision import Float64, Grid, Precision
from neurosim.program.schedule import Array
from neurosim.results.compare import TOLERANCE
from neurosim.results.differences import largest_difference, spikes_that_differ
from neurosim.testing.cases import CASES, Case

FAST = ("brian2:standalone", "nengo:native", "nengo:fused", "lava:fused")
SLOW = ("brian2:numpy", "brian2:cython")  # tens of times slower, so the cases are shorter
SHORT = 0.25
CYTHON_ALWAYS = {"two_ports"}  # a case costs half a minute of cython: the others are slow tests

EXACT_FUNCTIONS = {name for name in CASES if name not in ("ep_tanh", "ep_leaky_tanh", "sleep_smooth")}
"""Cases without exp or tanh, whose last bit is the C library's or NumPy's own."""


def runs() -> list[object]:
    found: list[object] = []
    for backend in (*FAST, *SLOW):
        for name in CASES:
            slow = backend == "brian2:cython" and name not in CYTHON_ALWAYS
            found.append(pytest.param(backend, name, marks=[pytest.mark.slow] if slow else [], id=f"{backend}-{name}"))
    return found


@lru_cache(maxsize=64)
def outcome(backend: str, name: str, length: float, precision: Precision) -> tuple[Records, Mapping[str, Array]]:
    case: Case = CASES[name](length)
    program = case.program(precision)
    loaded, mode = registry.load(backend)
    with loaded.compile(program, mode=mode) as session:
        session.write(case.learned_for(program))
        records = session.run(case.trials, constants=case.constants, learn=case.learn)
        return records, session.read()


def both(backend: str, name: str, precision: Precision):
    length = SHORT if backend in SLOW else 1.0
    return outcome("reference", name, length, precision), outcome(backend, name, length, precision)


@pytest.mark.parametrize(("backend", "name"), runs())
def test_on_the_grid_every_weight_probe_and_spike_is_equal(backend: str, name: str) -> None:
    (expected, expected_weights), (found, weights) = both(backend, name, Grid())
    assert largest_difference(expected_weights, weights) == 0.0
    assert found.probes.keys() == expected.probes.keys()
    for probe, recording in expected.probes.items():
        if isinstance(recording, np.ndarray):
            tolerance = 0.0 if name in EXACT_FUNCTIONS else TOLERANCE
            np.testing.assert_allclose(found.probes[probe], recording, rtol=0, atol=tolerance, err_msg=probe)
        assert spikes_that_differ(recording, found.probes[probe]) == 0


@pytest.mark.parametrize(("backend", "name"), runs())
def test_in_float64_weights_agree_to_1e_12_and_spikes_are_equal(backend: str, name: str) -> None:
    (expected, expected_weights), (found, weights) = both(backend, name, Float64())
    assert largest_difference(expected_weights, weights) <= TOLERANCE
    for probe, recording in expected.probes.items():
        if isinstance(recording, np.ndarray):
            np.testing.assert_allclose(found.probes[probe], recording, rtol=0, atol=TOLERANCE, err_msg=probe)
        assert spikes_that_differ(recording, found.probes[probe]) == 0


@pytest.mark.parametrize("backend", FAST)
def test_a_second_run_of_the_same_session_gives_the_same_bits(backend: str) -> None:
    case = CASES["ep_one_sided"](1.0)
    program = case.program(Grid())
    loaded, mode = registry.load(backend)
    found = []
    with loaded.compile(program, mode=mode) as session:
        for _ in range(2):
            session.write(case.learned_for(program))
            session.run(case.trials)
            found.append(session.read())
    assert largest_difference(*found) == 0.0


@pytest.mark.parametrize("backend", FAST)
def test_a_run_in_parts_is_the_run(backend: str) -> None:
    case = CASES["ep_one_sided"](1.0)
    program = case.program(Grid())
    _, expected = outcome("reference", "ep_one_sided", 1.0, Grid())
    loaded, mode = registry.load(backend)
    with loaded.compile(program, mode=mode) as session:
        session.write(case.learned_for(program))
        for first in range(0, case.trials.count, 7):
            session.run(case.trials.part(first, first + 7))
        assert largest_difference(session.read(), expected) == 0.0
