"""What is packed and sent comes out as it was."""

from __future__ import annotations

import execnet
import numpy as np
import pytest

from neurosim import errors
from neurosim.backend.remote.protocol import pack, pack_error, unpack, unpack_error
from neurosim.errors import (
    BackendError,
    BackendUnavailable,
    ExactnessLost,
    InputError,
    NumericalError,
    UnsupportedFeature,
)
from neurosim.program.schedule import Events


def sent(value: object) -> object:
    return unpack(execnet.loads(execnet.dumps(pack(value))))


@pytest.mark.parametrize(
    "array",
    [
        np.array([[0.0, -0.0, 2.0**-1074, np.inf], [1e308, -1.0, np.nan, 1 / 3]]),
        np.zeros((0, 5)),
        np.arange(6, dtype=np.int32).reshape(2, 3).T,
        np.array([True, False]),
        np.array(2.5),
    ],
)
def test_arrays_keep_every_bit_and_can_be_written_to(array: np.ndarray) -> None:
    found = sent({"a": array})["a"]
    assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())
    assert found.flags.writeable


def test_a_part_of_events_is_sent_alone() -> None:
    spikes = np.random.default_rng(1).random((5, 7, 3)) < 0.3
    part = Events.from_dense(spikes).part(1, 3)
    found = sent(part)
    assert (found.steps, found.units, found.trials) == (7, 3, 2)
    assert (found.dense() == spikes[1:3]).all()
    assert len(found.indices) == spikes[1:3].sum()


def test_numbers_of_numpy_become_plain() -> None:
    found = sent({"a": np.float64(0.1), "b": np.int64(3), "c": (1, "x", None, True)})
    assert found == {"a": 0.1, "b": 3, "c": (1, "x", None, True)}
    assert [type(v) for v in found.values()] == [float, int, tuple]


@pytest.mark.parametrize("error", [
    InputError("stimulus 'a' is missing"), ExactnessLost("too large"), BackendUnavailable("no simulator"),
    BackendError("gone"), UnsupportedFeature("delay", "lab:fast", ["lab:slow"]),
    NumericalError("hidden", "s", np.int64(3), 4, np.float64("inf")),
])  # fmt: skip
def test_our_errors_keep_class_text_and_values(error: errors.NeurosimError) -> None:
    found = unpack_error(*execnet.loads(execnet.dumps(pack_error(error))))
    assert (type(found), str(found), vars(found)) == (type(error), str(error), vars(error))


def test_an_error_of_a_class_made_from_ours_comes_as_ours() -> None:
    class Worse(InputError):
        pass

    found = unpack_error(*pack_error(Worse("no")))
    assert (type(found), str(found)) == (InputError, "no")


def test_any_other_error_comes_as_a_backend_error_that_names_it() -> None:
    found = unpack_error(*pack_error(KeyError("w")))
    assert (type(found), str(found)) == (BackendError, "KeyError: 'w'")
