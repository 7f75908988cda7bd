"""Rows of what is stored: what they show, in any order, a block at a time; what is refused; what is never copied."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import ExactnessLost, InputError
from neurosim.program.precision import Float32, Float64, Grid, on_grid
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim.program.source.listing import in_parts
from neurosim.program.trial.stimuli import Events, Rows, rows
from neurosim.scenario.memory.mean_input import MeanInput
from neurosim.scenario.methods.ep_schedules import one_sided
from neurosim.testing.cases.small import CASES

PIXELS = np.arange(256) / 255.0


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 7)


# what they show


def test_bytes_show_what_the_table_has_for_them() -> None:
    pixels = drawn(5, 4)
    np.testing.assert_array_equal(Rows(pixels, table=PIXELS).gathered(), pixels / 255.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.float32, np.float64, np.int64, np.float16, ">f8"])
def test_without_a_table_numbers_are_what_they_are_in_float64(dtype: Any) -> None:
    given = (drawn(5, 4) % 2).astype(dtype)
    shown = Rows(given).gathered()
    assert isinstance(shown, np.ndarray)
    assert shown.dtype == np.float64
    np.testing.assert_array_equal(shown, given.astype(np.float64))


@example([0, 0, 2], 3, "float32")
@given(st.lists(st.integers(0, 8), max_size=30), st.integers(1, 9), st.sampled_from(["bytes", "float32", "events"]))
def test_blocks_of_any_size_are_the_rows_in_their_order(order: list[int], size: int, kind: str) -> None:
    stored = drawn(9, 2, 3)
    events = Events.from_dense(stored > 128)
    of_kind = {
        "bytes": Rows(stored, order, PIXELS),
        "float32": Rows(stored.astype(np.float32), order),
        "events": Rows(events, order),
    }
    whole = {"bytes": PIXELS[stored], "float32": stored.astype(np.float64), "events": stored > 128}[kind]
    found = [of_kind[kind].part(k, k + size).gathered() for k in range(0, len(order), size)]
    dense = [f.dense() if isinstance(f, Events) else f for f in found]
    expected = whole[np.array(order, dtype=np.int64)]
    np.testing.assert_array_equal(np.concatenate([expected[:0], *dense]), expected)


def test_rows_are_indexed_and_converted_as_an_array_of_float64_is() -> None:
    pixels, order = drawn(6, 4), [5, 0, 0, 3]
    shown, expected = Rows(pixels, order, PIXELS), (pixels / 255.0)[[5, 0, 0, 3]]
    for index in (1, -1, slice(1, 3), [2, 0], np.array([True, False, True, False])):
        np.testing.assert_array_equal(shown[index], expected[index])
    np.testing.assert_array_equal(np.asarray(shown), expected)
    np.testing.assert_array_equal(shown.take([3, 1])[:], expected[[3, 1]])
    assert (len(shown), shown.shape, np.shape(shown)) == (4, (4, 4), (4, 4))


@pytest.mark.usefixtures("small_blocks")
def test_the_last_block_may_be_smaller() -> None:
    assert [len(block) for block in Rows(drawn(5, 3)).blocks()] == [2, 2, 1]
    assert [len(block) for block in Rows(drawn(2, 99)).blocks()] == [1, 1]


def test_limits_are_of_all_rows_and_of_bytes_that_there_are() -> None:
    assert Rows(np.array([[0.5, -3.0], [2.0, 0.0]]), [0]).limits == (-3.0, 2.0)
    assert Rows(np.array([[10, 20]], np.uint8), table=PIXELS).limits == (10 / 255, 20 / 255)
    assert Rows(np.zeros((0, 3))).limits == (0.0, 0.0)


@pytest.mark.parametrize("stored", [drawn(40, 5), drawn(40, 5).astype(np.float32) / 255, drawn(40, 5) / 255.0])
def test_rounding_a_table_or_a_block_is_rounding_all_numbers(stored: np.ndarray) -> None:
    table = PIXELS if stored.dtype == np.uint8 else None
    shown = Rows(stored, table=table)
    rounded = shown.rounded(partial(on_grid, bits=5))
    expected = on_grid(np.asarray(shown), 5)
    np.testing.assert_array_equal(rounded.gathered(), expected)
    assert rounded.limits == (expected.min(), expected.max())


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("stored", [drawn(50, 6) / 255.0, drawn(50, 6)], ids=["float64", "bytes"])
def test_the_mean_input_of_blocks_is_that_of_all_samples_bit_for_bit(stored: np.ndarray) -> None:
    shown = Rows(stored, np.arange(50)[::-1], PIXELS if stored.dtype == np.uint8 else None)
    found = MeanInput.of_nothing(6).with_samples(shown).with_samples(shown.part(0, 9))
    both = np.asarray(shown)
    np.testing.assert_array_equal(found.total, both.sum(axis=0) + both[:9].sum(axis=0))
    assert found.count == 59


@pytest.mark.usefixtures("small_blocks")
def test_the_mean_input_of_spikes_is_their_share_of_steps() -> None:
    spikes = drawn(12, 4, 3) > 128
    shown = Rows(Events.from_dense(spikes), [3, 3, 11])
    np.testing.assert_array_equal(
        MeanInput.of_nothing(3).with_samples(shown).total, spikes[[3, 3, 11]].sum(axis=(0, 1)) / 4
    )


# what is refused


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rows(np.array([[np.nan, 0.0]])), "rows: values has values that are not finite"),
        (lambda: Rows(np.array([[np.inf, 0.0]], np.float32)), "rows: values has values that are not finite"),
        (lambda: Rows(["a"]), "rows: values has values of type"),
        (lambda: Rows(1.0), "rows: values is one number; expected an array with a row for each trial"),
        (lambda: Rows(drawn(3, 2), [0, 3]), "rows: order has 3 in it; expected whole numbers from 0 to 2"),
        (lambda: Rows(drawn(3, 2), [[0]]), r"rows: order has shape \(1, 1\); expected \(trials,\)"),
        (lambda: Rows(drawn(3, 2), [0.5]), "rows: order has 0.5 in it; expected whole numbers"),
        (lambda: Rows(drawn(3, 2), table=[0.0, 1.0]), r"rows: table has shape \(2,\); expected \(256,\), a number"),
        (lambda: Rows(drawn(3, 2), table=PIXELS * np.nan), "rows: table has values that are not finite"),
        (
            lambda: Rows(drawn(3, 2) / 255.0, table=PIXELS),
            "rows: a table beside values of type float64; expected bytes",
        ),
        (lambda: Rows(Events([0, 0], [], 1, 1), table=PIXELS), "rows: a table beside spikes; expected bytes"),
        (lambda: Rows(Events([0, 0], [], 1, 1))[0], "rows: the values are spikes in time, expected an array"),
    ],
)
def test_what_rows_cannot_be_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def shown_in(precision: Any, given: Any, stimulus: str = "constant") -> Any:
    """A run in which an input of two units shows something."""
    network = ns.Network(
        [ns.Population("a", 2, ns.Clamp), ns.Population("b", 1, ns.RateUnit)], [ns.Projection("p", "a", "b")]
    )
    schedule = Schedule([Phase("run", 3)], [Probe("b.s", "end:run")], {"a.s": stimulus})
    return bind(ns.lower(network, schedule, precision=precision), Trials({"a.s": given}))


@pytest.mark.parametrize("precision", [Float64(), Float32(), Grid()], ids=["float64", "float32", "grid"])
@pytest.mark.parametrize("form", ["bytes", "float32"])
def test_a_run_is_shown_the_numbers_that_float64_is_rounded_to(precision: Any, form: str) -> None:
    stored = drawn(9, 2)
    rows_of = Rows(stored, table=PIXELS) if form == "bytes" else Rows((stored / 255.0).astype(np.float32))
    expected = shown_in(precision, np.asarray(rows_of)).stimuli["a.s"]
    np.testing.assert_array_equal(shown_in(precision, rows_of).stimuli["a.s"], expected)


@pytest.mark.parametrize(
    ("given", "stimulus", "message"),
    [
        (Rows(drawn(4, 3)), "constant", r"stimulus 'a.s' has shape \(4, 3\), expected \(4, 2\) = \(trials, units\)"),
        (Rows(drawn(4, 2)), "steps", r"stimulus 'a.s' has shape \(4, 2\), expected \(4, 3, 2\)"),
        (Rows(Events.from_dense(drawn(4, 3, 2))), "steps", "stimulus 'a.s' is given as events, but declared 'steps'"),
        (Rows(drawn(4, 2, 2)), "events", r"stimulus 'a.s' has shape \(4, 2, 2\), expected \(4, 3, 2\)"),
        (Rows(drawn(4, 2) * 1e305), "constant", "stimulus 'a.s' has values beyond what the grid holds"),
    ],
)
def test_rows_that_do_not_fit_a_stimulus_are_refused(given: Rows, stimulus: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        shown_in(Grid(), given, stimulus)


def test_sums_are_checked_with_the_largest_number_of_all_rows() -> None:
    large = Rows(np.array([[0.0, 0.0], [600.0, 0.0]]), [0])
    program = shown_in(Grid(), large).program
    with ReferenceBackend().compile(program) as session:
        session.write({"p.w": np.ones((2, 1))})
        with pytest.raises(ExactnessLost):
            session.run(Trials({"a.s": large}))


def test_dense_rows_are_spikes_where_a_number_is_not_zero() -> None:
    dense = drawn(5, 3, 2) % 3
    for stored, expected in ((Rows(dense, [4, 0]), dense != 0), (Rows(dense, [4, 0], 1.0 - PIXELS), dense != 255)):
        shown = stored.spiking().gathered()
        assert isinstance(shown, Events)
        np.testing.assert_array_equal(shown.dense(), expected[[4, 0]])


# what is never copied


def test_bytes_float32_and_float64_are_kept_as_they_are_given() -> None:
    for dtype in (np.uint8, np.float32, np.float64):
        given = drawn(4, 3).astype(dtype)
        for shown in (Rows(given), Rows(given, [2, 2]).take([0]), Rows(given).part(1, 2)):
            assert shown.values is given


def test_numbers_that_follow_each_other_are_shown_without_a_copy() -> None:
    given = drawn(9, 3) / 255.0
    shown = Rows(given).part(2, 6).gathered()
    assert isinstance(shown, np.ndarray)
    assert np.shares_memory(shown, given)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("name", ["ep_one_sided", "two_ports"])
@pytest.mark.parametrize("backend", ["reference", "nengo:native", "nengo:fused", "brian2:numpy"])
def test_runs_in_blocks_of_a_trial_or_two_give_the_bits_of_the_run(
    backend: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name](0.1)
    loaded, mode = ns.load(backend)
    program = case.program(Grid())
    with loaded.compile(program, mode=mode) as session:
        found = []
        for at_once in (7, 40, 2**21):
            monkeypatch.setattr(rows, "AT_ONCE", at_once)
            session.write(case.learned_for(program))
            records = session.run(case.trials, constants=case.constants)
            found.append({**session.read(), **{n: _dense(p) for n, p in records.probes.items()}})
    assert len(list(in_parts(bind(program, case.trials)))) == 1
    for other in found[1:]:
        for n, values in found[0].items():
            np.testing.assert_array_equal(other[n], values, err_msg=n)


def _dense(recording: Any) -> np.ndarray:
    return recording.dense() if isinstance(recording, Events) else recording


WIDE = 9000
"""A row of float64 is longer than the block in which Brian2's programs read a file, one of bytes is not."""


@pytest.fixture(scope="module")
def wide() -> Program:
    """One output, and a wide input."""
    rules = [ns.BiasPropagation(lr=0.01, beta=0.5)], [ns.EquilibriumPropagation(lr=0.01, beta=0.5)]
    populations = [ns.Population("a", WIDE, ns.Clamp), ns.Population("b", 1, ns.RateUnit(eps=0.5), rules[0])]
    network = ns.Network(populations, [ns.Projection("p", "a", "b", learning=rules[1])])
    return ns.lower(network, one_sided("a", "b", 2, 1, 0.5), precision=Grid())


def showing(values: Any, order: np.ndarray, table: Any = None) -> Trials:
    return Trials({"a.s": Rows(values, order, table), "b.target": Rows(np.eye(2)[:, :1], order % 2)})


@pytest.mark.parametrize("learn", [True, False], ids=["learns", "in blocks"])
@pytest.mark.parametrize("backend", ["reference", "nengo:fused", "brian2:numpy", "brian2:standalone"])
def test_the_memory_of_a_run_does_not_grow_with_its_trials(
    backend: str, learn: bool, wide: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 8 * WIDE)
    loaded, mode = ns.load(backend)
    pixels = drawn(10, WIDE)

    def peak(trials: int) -> int:
        shown = showing(pixels, np.arange(trials) % 10, PIXELS)
        tracemalloc.start()
        session.run(shown, learn=learn)
        allocated = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return allocated

    with loaded.compile(wide, mode=mode) as session:
        peak(10)
        few, many = peak(20), peak(120)
    assert many - few < 5 * 8 * WIDE, "of 100 trials more, no more than their places and what is recorded"


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_brian2_reads_rows_of_any_type_and_width_a_block_at_a_time(dtype: Any, wide: Program) -> None:
    values, order = drawn(10, WIDE).astype(dtype), np.array([3, 9, 9, 0, 5, 1, 2, 8, 7, 7, 7, 4, 6, 0, 1, 2, 3])
    table = PIXELS if dtype == np.uint8 else None
    values = values if dtype == np.uint8 else values / dtype(255.0)
    found = []
    for backend in ("reference", "brian2:standalone"):
        loaded, mode = ns.load(backend)
        with loaded.compile(wide, mode=mode) as session:
            session.write({"p.w": np.round(np.random.default_rng(1).normal(size=(WIDE, 1)) * 2**14) / 2**24})
            records = session.run(showing(values, order, table))
            found.append({**session.read(), **{n: _dense(p) for n, p in records.probes.items()}})
    for n, expected in found[0].items():
        np.testing.assert_array_equal(found[1][n], expected, err_msg=n)
