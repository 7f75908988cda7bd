"""Numbers and arrays of a user: taken exactly, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.edges.foreign_errors import border
from neurosim.edges.values import number, real_array, whole_array, whole_number
from neurosim.errors import BackendError, InputError, ModelError


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_whole_numbers_of_any_library_are_taken(value: object) -> None:
    found = whole_number(value, "size")
    assert found == 3
    assert type(found) is int


@pytest.mark.parametrize("value", [3.0, "3", True, np.True_, None, 2.5, [3], float("nan")])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(ModelError, match=r"size .*; expected a whole number of at least 1"):
        whole_number(value, "size", least=1, error=ModelError)


def test_whole_numbers_have_both_ends_of_their_range() -> None:
    assert whole_number(1, "n", least=1, most=4) == 1
    assert whole_number(4, "n", least=1, most=4) == 4
    for out in (0, 5):
        with pytest.raises(InputError, match="from 1 to 4"):
            whole_number(out, "n", least=1, most=4)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "1", True, 1j, None, 10**400])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="finite"):
        number(value, "lr")


@pytest.mark.parametrize("values", [[1, 2], np.array([1, 2], np.float32), np.array([1, 2], np.uint64), (1.0, 2.0)])
def test_real_arrays_are_exact(values: object) -> None:
    found = real_array(values, "stimulus")
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, 2.0]


def test_a_float64_array_is_not_copied_and_a_number_stays_one() -> None:
    given = np.arange(4.0)
    assert real_array(given, "x") is given or np.shares_memory(real_array(given, "x"), given)
    assert real_array(2, "x").shape == ()


@pytest.mark.parametrize(
    "values",
    [[1 + 2j], ["1"], [None], [2**53 + 1], [[1], [1, 2]], np.ma.masked_array([1.0, 2.0], [False, True])],
)
def test_what_float64_cannot_hold_is_refused(values: object) -> None:
    with pytest.raises(InputError, match="stimulus"):
        real_array(values, "stimulus")


@pytest.mark.parametrize("values", [[0.7], [float("nan")], [True], ["1"], [-1], [5], [2.0**63], [1e300]])
def test_what_is_no_index_is_refused(values: object) -> None:
    with pytest.raises(InputError, match="indices"):
        whole_array(values, "indices", least=0, most=4)


def test_whole_floats_and_empty_lists_are_indices() -> None:
    assert whole_array([0.0, 4.0], "indices", most=4).tolist() == [0, 4]
    assert whole_array([], "indices").dtype == np.int64


def test_a_border_names_the_place_and_lets_our_own_errors_and_short_memory_pass() -> None:
    with pytest.raises(BackendError, match=r"^lava: KeyError: 'a'$"), border("lava", BackendError):
        raise KeyError("a")
    for ours in (ModelError("mine"), MemoryError()):
        with pytest.raises(type(ours)), border("lava", BackendError):
            raise ours


@pytest.mark.parametrize("package", ["brian2", "pint", "quantities"])
def test_a_unit_of_another_package_is_never_dropped(package: str) -> None:
    units = pytest.importorskip(package)
    given = {
        "brian2": lambda: [20 * units.ms, np.array([1.0, 2.0]) * units.mV, [1 * units.ms, 2 * units.ms]],
        "pint": lambda: [units.Quantity(3, "ms"), units.Quantity(np.array([1.0, 2.0]), "mV")],
        "quantities": lambda: [3 * units.ms, np.array([1.0, 2.0]) * units.mV],
    }[package]()
    for value in given:
        with pytest.raises(InputError, match="a unit of another package; write the unit as a text, such as '20 ms'"):
            real_array(value, "tau =")
    with pytest.raises(ModelError, match="a unit of another package"):
        number(given[0], "tau =", error=ModelError)


def test_a_ratio_of_quantities_is_a_number() -> None:
    brian2 = pytest.importorskip("brian2")
    assert number(4 * brian2.ms / brian2.ms, "tau =") == 4.0


def test_what_is_no_quantity_of_such_a_package_is_refused_as_anything_else() -> None:
    class Clock:
        """Has no unit."""

    Clock.__module__ = "brian2.core.clocks"
    with pytest.raises(InputError, match="expected a finite number"):
        number(Clock(), "tau =")


def test_a_unit_is_found_under_each_name_that_packages_have_for_it() -> None:
    class Quantity(np.ndarray):
        """Keeps its unit as astropy does."""

        unit = "ms"

    Quantity.__module__ = "astropy.units.quantity"
    with pytest.raises(InputError, match="a unit of another package"):
        real_array(np.ones(2).view(Quantity), "tau =")
