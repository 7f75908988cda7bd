"""What a run leaves behind, on any backend, and how it is compared with the reference."""

from __future__ import annotations

import numpy as np

import neurosim as ns
from neurosim.program.schedule import Events

MODES = ("native", "fused")


def outcome(backend, program, trials, learned=None, constants=None, learn=True):
    """Probes and learned arrays of one run, by name."""
    found, mode = ns.load(backend)
    with found.compile(program, mode=mode) as session:
        session.write(learned or {})
        records = session.run(trials, constants=constants, learn=learn)
        return {**records.probes, **session.read()}


def assert_agree(found, expected, exact):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if isinstance(value, Events):
            np.testing.assert_array_equal(found[name].offsets, value.offsets, err_msg=name)
            np.testing.assert_array_equal(found[name].indices, value.indices, err_msg=name)
        elif exact:
            np.testing.assert_array_equal(found[name], value, err_msg=name)
        else:
            np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-12, err_msg=name)


def assert_as_reference(mode, program, trials, learned=None, constants=None, learn=True, exact=False):
    run = (program, trials, learned, constants, learn)
    expected = outcome("reference", *run)
    assert_agree(outcome(f"nengo:{mode}", *run), expected, exact)
    return expected
