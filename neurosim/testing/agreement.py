"""Assertions that records and learned arrays agree with the reference's; a failure says where they do not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neurosim.backend.contract import Records
from neurosim.program.schedule import Array, Events, Recording
from neurosim.results.agreement.differences import spikes_that_differ


def assert_learned_agree(found: Mapping[str, Array], expected: Mapping[str, Array], tolerance: float = 0.0) -> bool:
    """Assert that learned arrays agree to a tolerance, and say whether they are equal.

    Parameters
    ----------
    found, expected
        Arrays by name, of the same shape under the same name.
    tolerance
        The most that a value may differ, in its own unit.

    Raises
    ------
    AssertionError
        If a name is missing or unknown, or an array differs.
    """
    assert set(found) == set(expected), "other learned arrays than the reference has"
    for name, values in expected.items():
        np.testing.assert_allclose(
            found[name], values, rtol=0, atol=tolerance, equal_nan=False, err_msg=f"learned {name}"
        )
    return all(np.array_equal(found[n], a) for n, a in expected.items())


def assert_probes_agree(found: Records, expected: Records, tolerance: float = 0.0) -> bool:
    """Assert that all recordings agree, spikes exactly and arrays to a tolerance, and say whether all are equal.

    Parameters
    ----------
    tolerance
        The most that a value may differ, in its own unit.

    Raises
    ------
    AssertionError
        If a probe is missing or unknown, or its recording differs.
    """
    assert set(found.probes) == set(expected.probes), "other probes than the reference has"
    equal = [_agrees(n, found[n], recording, tolerance) for n, recording in expected.probes.items()]
    return all(equal)


def assert_counts_agree(found: Records, expected: Records) -> None:
    """Assert that all counts are equal; effective synaptic operations may be missing.

    Raises
    ------
    AssertionError
        If another count is missing or unknown, or one differs.
    """
    known = {n: count for n, count in expected.counts.items() if n in {"spikes", "synaptic_operations", *found.counts}}
    assert dict(found.counts) == known, "other counts than the reference has"


def _agrees(name: str, found: Recording, expected: Recording, tolerance: float) -> bool:
    if isinstance(expected, Events):
        assert isinstance(found, Events), f"probe {name}: spikes are recorded as Events"
        assert (found.trials, found.steps, found.units) == (expected.trials, expected.steps, expected.units), name
        different = spikes_that_differ(found, expected)
        assert different == 0, f"probe {name}: {different} spikes differ of {expected.count}"
        return True
    assert isinstance(found, np.ndarray), f"probe {name}: an array is expected"
    assert found.shape == expected.shape, f"probe {name}: shape {found.shape}, expected {expected.shape}"
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance, equal_nan=False, err_msg=f"probe {name}")
    return bool(np.array_equal(found, expected))
