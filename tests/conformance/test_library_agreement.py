"""Every neuron, synapse and rule of the library is the reference's on every backend: T0 on the grid, T1 in float64."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.backend import registry
from neurosim.backend.contract import Records
from neurosim.program.precision import Float64, Grid, Precision
from neurosim.program.schedule import Array
from neurosim.results.compare import TOLERANCE
from neurosim.results.differences import largest_difference, spikes_that_differ
from neurosim.testing.library import LIBRARY

FAST = ("nengo:native", "nengo:fused", "lava:fused")
COMPILED = ("refractory", "current", "sign", "adam", "stdp", "arrival_stdp", "three_factor")
"""Cases for the backend that compiles for seconds; the others are slow tests."""

INEXACT_IN_C = ("metaplastic", "logistic_readout")
"""Cases with tanh or exp, whose last bit is the C library's or NumPy's own."""


def runs() -> list[object]:
    found: list[object] = [pytest.param(b, n, id=f"{b}-{n}") for b in FAST for n in LIBRARY]
    for n in LIBRARY:
        marks = [] if n in COMPILED else [pytest.mark.slow]
        found.append(pytest.param("brian2:standalone", n, marks=marks, id=f"brian2:standalone-{n}"))
    return found


def outcome(backend: str, name: str, precision: Precision) -> tuple[Records, dict[str, Array]]:
    case = LIBRARY[name](1.0)
    program = case.program(precision)
    loaded, mode = registry.load(backend)
    with loaded.compile(program, mode=mode) as session:
        session.write(case.learned_for(program))
        records = session.run(case.trials, constants=case.constants, learn=case.learn)
        return records, session.read()


def assert_as_reference(backend: str, name: str, precision: Precision, tolerance: float) -> None:
    expected, expected_learned = outcome("reference", name, precision)
    found, learned = outcome(backend, name, precision)
    assert largest_difference(expected_learned, learned) <= tolerance
    assert found.probes.keys() == expected.probes.keys()
    for probe, recording in expected.probes.items():
        if isinstance(recording, np.ndarray):
            np.testing.assert_allclose(found.probes[probe], recording, rtol=0, atol=tolerance, err_msg=probe)
        assert spikes_that_differ(recording, found.probes[probe]) == 0


@pytest.mark.parametrize(("backend", "name"), runs())
def test_on_the_grid_every_weight_probe_and_spike_is_equal(backend: str, name: str) -> None:
    inexact = backend.startswith("brian2") and name in INEXACT_IN_C
    assert_as_reference(backend, name, Grid(), TOLERANCE if inexact else 0.0)


@pytest.mark.parametrize(("backend", "name"), [(b, n) for b in FAST for n in LIBRARY])
def test_in_float64_weights_agree_to_1e_12_and_spikes_are_equal(backend: str, name: str) -> None:
    assert_as_reference(backend, name, Float64(), TOLERANCE)


@pytest.mark.parametrize("name", LIBRARY)
def test_every_case_does_something(name: str) -> None:
    case = LIBRARY[name](1.0)
    records, learned = outcome("reference", name, Float64())
    for recording in records.probes.values():
        if isinstance(recording, np.ndarray):
            assert np.unique(recording).size > 1
        else:
            assert 0 < recording.count < 0.7 * recording.trials * recording.steps * recording.units
    written = [f"{part.name}.{v}" for part in case.network.parts for rule in part.rules_in("wake") for v in rule.update]
    for variable in written:
        before = case.learned.get(variable, case.network.learned()[variable].initial)
        assert not np.array_equal(learned[variable], np.broadcast_to(before, learned[variable].shape)), variable
