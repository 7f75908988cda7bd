"""Sources: when they spike, what they show, that parts and blocks do not matter, and what is refused."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

import neurosim as ns
from neurosim.errors import ModelError
from neurosim.model.randomness import stream
from neurosim.program.schedule import Events
from neurosim.simulation.sources import BLOCK, Shown, Source, joined

MANY = ns.Events.from_dense(np.arange(5 * 3500).reshape(1, 3500, 5) % 7 == 0)

SOURCES: dict[str, Source] = {
    "poisson": ns.poisson(5, "100 Hz"),
    "poisson, each": ns.poisson(5, [0, 10, 100, 1000, 20], unit="Hz"),
    "poisson, in time": ns.poisson(5, np.linspace(0, 500, 15).reshape(3, 5), unit="Hz", every="70 ms"),
    "poisson, together in time": ns.poisson(5, ["0 Hz", "50 Hz", "1 kHz"], every="33 ms"),
    "regular": ns.regular(5, ["1 ms", "0.1 ms", 0.25, 7, "20 ms"], start=[0, 1, 2, 3, 200]),
    "spike times": ns.spike_times(5, [0, 4, 0, 2, 3], [0, 0.3, 99.9, 100.0, 340]),
    "current": ns.current([1, 2, 3, 4, 5], unit="pA"),
    "current in time": ns.current(np.arange(20.0).reshape(4, 5), every=80),
    "step current": ns.step_current("0.5 nA", "50 ms", "150.05 ms", size=5),
    "noise": ns.noisy_current(0.1, [0.1, 0.2, 0.3, 0.4, 0.0]),
    "held noise": ns.noisy_current("0.1 nA", "10 pA", every="0.7 ms", size=5),
    "played spikes": ns.playback(MANY),
    "played values": ns.playback(np.arange(5.0 * 3500).reshape(3500, 5)),
}
DT = 0.1


def values(shown: Shown) -> np.ndarray:
    return shown.dense()[0] if isinstance(shown, Events) else shown


def spikes(source: Source, steps: int, dt: float | str = DT, name: str = "s") -> Events:
    found = source.between(3, name, 0, steps, dt)
    assert isinstance(found, Events)
    return found


# in parts


@pytest.mark.parametrize("name", SOURCES)
@settings(max_examples=20)
@given(cuts=st.sets(st.integers(1, 3499), max_size=4))
def test_a_simulation_that_goes_on_gets_what_one_at_once_gets(name: str, cuts: set[int]) -> None:
    source, ends = SOURCES[name], [0, *sorted(cuts), 3500]
    parts = [source.between(3, name, first, stop, DT) for first, stop in pairwise(ends) if stop > first]
    whole = source.between(3, name, 0, 3500, DT)
    assert np.array_equal(values(joined(parts)), values(whole))
    assert values(whole).shape == (3500, 5)
    assert isinstance(whole, Events) == source.is_spikes


@pytest.mark.parametrize("name", SOURCES)
def test_a_block_is_shown_at_a_time(name: str) -> None:
    source = SOURCES[name]
    blocks = list(source.blocks(3, name, 0, 3500, DT))
    assert len(blocks) == len(range(0, 3500, source.block_steps(DT)))
    assert np.array_equal(values(joined(blocks)), values(source.between(3, name, 0, 3500, DT)))
    assert list(source.blocks(3, name, 100, 100, DT)) == []


@pytest.mark.parametrize("name", SOURCES)
def test_numbers_follow_from_seed_and_name(name: str) -> None:
    source = SOURCES[name]
    one = values(source.between(3, "a", 0, 2000, DT))
    assert np.array_equal(one, values(source.between(3, "a", 0, 2000, "0.1 ms")))
    is_random = "poisson" in name or "noise" in name
    assert np.array_equal(one, values(source.between(3, "b", 0, 2000, DT))) != is_random
    assert np.array_equal(one, values(source.between(4, "a", 0, 2000, DT))) != is_random


@pytest.mark.parametrize("name", SOURCES)
def test_a_trial_drawn_at_once_is_of_the_same_kind(name: str) -> None:
    source = SOURCES[name]
    found = source.draw(stream(0, "draw"), 1500, DT)
    assert values(found).shape == (1500, 5)
    if "poisson" not in name and "noise" not in name:
        assert np.array_equal(values(found), values(source.between(0, "x", 0, 1500, DT)))
    if isinstance(found, Events):
        ns.Trials({"s.x": found})
        assert (found.trials, found.steps) == (1, 1500)


def test_the_noise_of_a_step_is_of_its_block_alone() -> None:
    """The streams are part of what is promised: a block is drawn from the one of its number."""
    noise = ns.noisy_current(0, 1, size=3)
    found = noise.between(7, "n", 0, 2 * BLOCK, DT)
    expected = stream(7, "source", "n", 1).standard_normal((BLOCK, 3))
    assert np.array_equal(values(found)[BLOCK:], expected)


# Poisson


def test_spikes_come_at_their_rate_and_independently() -> None:
    size, steps, p = 100, 100_000, 0.1
    found = spikes(ns.poisson(size, "1 kHz"), steps)
    assert abs(found.count - size * steps * p) < 5 * np.sqrt(size * steps * p * (1 - p))
    of_neurons = np.bincount(found.indices, minlength=size)
    assert np.abs(of_neurons - steps * p).max() < 5 * np.sqrt(steps * p * (1 - p))
    in_steps = np.diff(found.offsets)
    n = 22
    binomial = np.array([_binomial(size, k, p) for k in range(n)])
    counted = np.bincount(np.minimum(in_steps, n), minlength=n + 1)[:n]
    enough = binomial * steps > 5
    chi_square = ((counted - binomial * steps) ** 2 / (binomial * steps))[enough].sum()
    assert chi_square < enough.sum() + 5 * np.sqrt(2 * enough.sum())


def _binomial(n: int, k: int, p: float) -> float:
    from math import comb

    return comb(n, k) * p**k * (1 - p) ** (n - k)


def test_intervals_are_geometric_also_across_blocks() -> None:
    steps, p = 10_000_000, 0.1
    at = spikes(ns.poisson(1, "1 kHz"), steps).pairs()[:, 0]
    gaps = np.diff(at)
    assert len(gaps) > 990_000
    longest = 60
    counted = np.bincount(np.minimum(gaps, longest), minlength=longest + 1)[1:longest]
    expected = len(gaps) * p * (1 - p) ** np.arange(longest - 1)
    chi_square = ((counted - expected) ** 2 / expected).sum()
    assert chi_square < longest + 5 * np.sqrt(2 * longest)
    across = at[1:] // BLOCK != at[:-1] // BLOCK
    assert np.mean(gaps[1:][across[:-1]] == 1) == pytest.approx(p, abs=5 * np.sqrt(p / across.sum()))


def test_a_million_intervals_of_small_steps_are_exponential() -> None:
    """Rate, mean and CV of the intervals, their distribution, and none of them tells the next, nor another neuron's."""
    size, steps, p = 100, 1_000_000, 0.01
    found = spikes(ns.poisson(size, "100 Hz"), steps).pairs()
    assert abs(len(found) - size * steps * p) < 5 * np.sqrt(size * steps * p * (1 - p))
    order = np.lexsort((found[:, 0], found[:, 1]))
    at, of = found[order, 0], found[order, 1]
    gaps = np.diff(at)[of[1:] == of[:-1]]
    n = len(gaps)
    assert n > 990_000
    mean, sd = 1 / p, np.sqrt(1 - p) / p  # of a geometric distribution
    assert abs(gaps.mean() - mean) < 5 * sd / np.sqrt(n)
    assert gaps.std() / gaps.mean() == pytest.approx(np.sqrt(1 - p), abs=5 / np.sqrt(n))  # towards 1 with the step
    within = np.random.default_rng(0).random(n)  # a time within the step
    continuous = -np.log1p(-p) * (gaps - 1) - np.log1p(within * np.expm1(np.log1p(-p)))
    assert kstest(continuous, "expon").pvalue > 1e-4
    pairs = (continuous[1:] - 1) * (continuous[:-1] - 1)
    assert abs(pairs.mean()) < 5 / np.sqrt(n)
    counts = np.stack([np.bincount(found[found[:, 1] == k, 0] // 100, minlength=steps // 100) for k in (0, 1)])
    assert abs(np.corrcoef(counts)[0, 1]) < 5 / np.sqrt(steps // 100)


def test_each_neuron_and_each_span_has_its_own_rate() -> None:
    rates = np.array([[0, 100, 900], [50, 0, 300]])
    found = spikes(ns.poisson(3, rates, unit="Hz", every="5 s"), 200_000).dense()[0]
    for row, part in zip(rates, (found[:50_000], found[50_000:]), strict=True):  # the last row lasts
        p = row / 10_000
        assert (np.abs(part.mean(axis=0) - p) <= 5 * np.sqrt(p * (1 - p) / len(part))).all()


def test_one_rate_is_the_same_for_all_in_every_form() -> None:
    forms = (
        ns.poisson(3, "35 Hz"),
        ns.poisson(3, "0.035 kHz"),
        ns.poisson(3, 35, unit="Hz"),
        ns.poisson(3, [35, 35, 35], unit="Hz"),
        ns.poisson(3, ["35 Hz"] * 3),
        ns.poisson(3, np.full((1, 3), 0.035), unit="1/ms", every="1 s"),
    )
    found = [spikes(form, 20_000).pairs() for form in forms]
    assert len(found[0])
    assert all(np.array_equal(found[0], other) for other in found)


def test_a_neuron_that_spikes_in_each_step_does() -> None:
    assert spikes(ns.poisson(2, "10 kHz"), 1500).count == 3000


def test_memory_is_that_of_the_spikes() -> None:
    tracemalloc.start()
    try:
        found = ns.poisson(10_000, "15 Hz").draw(stream(0, "memory"), 10_000, DT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(found, Events)
    assert found.count == pytest.approx(150_000, rel=0.02)
    assert peak < 100 * found.count  # of 10**8 pairs of a neuron and a step


# given times


def test_a_regular_source_spikes_in_the_steps_of_its_times() -> None:
    found = spikes(ns.regular(2, ["0.3 ms", "0.25 ms"], start=["0 ms", "0.1 ms"]), 3000)
    of_neurons = [found.pairs()[:, 0][found.indices == i] for i in (0, 1)]
    assert np.array_equal(of_neurons[0], np.arange(0, 3000, 3))
    times = 10 + 25 * np.arange(1200)  # in hundredths of a ms
    assert np.array_equal(of_neurons[1], (times // 10)[times < 30_000])


@given(st.integers(1, 400), st.integers(0, 500))
def test_intervals_of_whole_steps_stay_whole(interval: int, start: int) -> None:
    found = spikes(ns.regular(1, interval * DT, start=start * DT), 2500).pairs()[:, 0]
    assert np.array_equal(found, np.arange(start, 2500, interval))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2499)), unique=True, max_size=50))
def test_spikes_are_in_the_steps_of_their_times(chosen: list[tuple[int, int]]) -> None:
    source = ns.spike_times(4, [i for i, _ in chosen], [step * DT for _, step in chosen])
    assert sorted((i, k) for k, i in spikes(source, 2500).pairs().tolist()) == sorted(chosen)


def test_times_may_have_a_unit() -> None:
    found = [ns.spike_times(2, [1, 0], t) for t in (["1 ms", "0.002 s"], [1, 2], np.array([1.0, 2.0]))]
    found.append(ns.spike_times(2, [1, 0], [0.001, 0.002], unit="s"))
    assert all(source == found[0] for source in found)


def test_two_spikes_in_one_step_are_named() -> None:
    source = ns.spike_times(4, [3, 3, 1], [100.02, 100.04, 100.04])
    assert spikes(source, 20_000, 0.01).count == 3
    with pytest.raises(ModelError, match=r"neuron 3 spikes at 100.02 ms and at 100.04 ms, both in step 1000 of 0.1 ms"):
        spikes(source, 2000)


# values


def test_a_step_current_is_on_between_its_times() -> None:
    found = values(ns.step_current([1, 2], "0.3 ms", "0.6 ms").between(0, "s", 0, 10, DT))
    assert found.tolist() == [[0, 0]] * 3 + [[1, 2]] * 3 + [[0, 0]] * 4
    stays = values(ns.step_current("5 nA", "0.55 ms").between(0, "s", 0, 10, DT, size=1))
    assert stays.ravel().tolist() == [0] * 6 + [5] * 4


def test_rows_of_a_current_last_and_the_last_one_stays() -> None:
    found = values(ns.current([[1, 2], [3, 4]], every="0.2 ms", unit="pA").between(0, "s", 0, 5, DT))
    assert found.tolist() == [[0.001, 0.002]] * 2 + [[0.003, 0.004]] * 3


def test_noise_has_its_mean_and_deviation_and_no_memory() -> None:
    steps = 100_000
    found = values(ns.noisy_current("0.2 nA", "50 pA").between(0, "s", 0, steps, DT, 10))
    n = found.size
    assert abs(found.mean() - 0.2) < 5 * 0.05 / np.sqrt(n)
    assert abs(found.std() - 0.05) < 5 * 0.05 / np.sqrt(2 * n)
    apart = (found - 0.2) / 0.05
    for other in (apart[1:] * apart[:-1], apart[:, 1:] * apart[:, :-1]):
        assert abs(other.mean()) < 5 / np.sqrt(other.size)


def test_noise_that_is_held_for_long_takes_no_memory() -> None:
    noise = ns.noisy_current(0, 1, every="100 s", size=1000)
    found = values(noise.between(0, "s", 999_000, 1_001_000, DT))
    assert (found[:1000] == found[0]).all()
    assert (found[1000:] == found[1000]).all()
    assert (found[0] != found[1000]).all()


def test_noise_is_held() -> None:
    found = values(ns.noisy_current(0, 1, every="0.7 ms").drawn(0, "s", 7 * 400, DT, 2)).reshape(400, 7, 2)
    assert (found == found[:, :1]).all()
    assert len(np.unique(found)) == 800


@pytest.mark.parametrize(
    "source",
    [ns.current("5 pA"), ns.current([1, 2], every=1), ns.step_current(1, 2), ns.noisy_current(0, 1)],
    ids=lambda s: type(s).__name__,
)
def test_values_are_for_as_many_neurons_as_there_are(source: Source) -> None:
    assert source.size is None
    for size in (1, 4):
        found = source.drawn(0, "e.current", 30, DT, size)
        assert np.array_equal(values(found), values(source.of_size(size).between(0, "e.current", 0, 30, DT)))
        assert values(found).shape == (30, size)


# mistakes


def shown(source: Source, steps: int = 100, dt: object = DT) -> Callable[[], object]:
    return lambda: source.between(0, "s", 0, steps, dt)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ns.poisson(0, "5 Hz"), "poisson: size 0; expected a whole number from 1"),
        (lambda: ns.poisson(2.5, "5 Hz"), "poisson: size 2.5; expected a whole number from 1"),
        (lambda: ns.poisson(5, 15), 'poisson: rate = 15 has no unit; write "15 Hz", or unit="Hz" beside an array'),
        (lambda: ns.poisson(2, [15, 20]), "poisson: rate = [15, 20] has no unit"),
        (lambda: ns.poisson(5, "15 mV"), "poisson: rate = '15 mV': a unit of mV; expected one of 1/ms"),
        (lambda: ns.poisson(5, 15, unit="ms"), "poisson: rate = 'ms': a unit of ms; expected one of 1/ms"),
        (lambda: ns.poisson(5, 15, unit="Herz"), "poisson: rate: unit = '1 Herz': there is no unit Herz"),
        (lambda: ns.poisson(5, "15 Hz", unit="Hz"), "poisson: rate has units in it, and unit = 'Hz' beside it"),
        (lambda: ns.poisson(5, "-15 Hz"), "poisson: rate = '-15 Hz' has negative values; expected 0 or more"),
        (lambda: ns.poisson(5, None), "poisson: rate = None; expected a finite number"),
        (lambda: ns.poisson(5, [1, 2], unit="Hz"), "has shape (2,); expected one number, or shape (5,), one for each"),
        (lambda: ns.poisson(5, [[1, 2]], unit="Hz", every=5), "or shape (rows,) or (rows, 5)"),
        (lambda: ns.poisson(5, [1, 2], unit="Hz", every="5 mV"), "poisson: rate: every = '5 mV': a unit of mV"),
        (lambda: ns.poisson(5, [1, 2], unit="Hz", every=0), "poisson: rate: every = 0; expected a time above 0"),
        (
            shown(ns.poisson(5, "20 kHz")),
            "poisson: rate*dt = 2, of 20000 Hz in steps of 0.1 ms; expected at most 1, "
            "for a neuron spikes at most once a step: a dt of at most 0.05 ms",
        ),
        (
            shown(ns.poisson(5, ["5 Hz", "6 Hz"], every="0.25 ms")),
            "poisson: every = 0.25 ms is no whole number of steps of 0.1 ms; nearest: 0.2 or 0.3 ms",
        ),
        (shown(ns.poisson(5, "5 Hz"), dt="5 mV"), "dt = '5 mV': a unit of mV; expected one of ms"),
        (shown(ns.poisson(5, "5 Hz"), dt=0), "dt = 0; expected a time above 0"),
        (shown(ns.poisson(5, "5 Hz"), steps=0), "source s: stop step 0; expected a whole number of at least 1"),
        (lambda: ns.poisson(5, "5 Hz").draw(stream(0, "x"), 0, DT), "source: steps 0; expected a whole number"),
        (lambda: ns.regular(5, 0), "regular: interval = 0; expected times above 0"),
        (lambda: ns.regular(5, "5 Hz"), "regular: interval = '5 Hz': a unit of 1/ms; expected one of ms"),
        (lambda: ns.regular(5, 1, start=-1), "regular: start = -1; expected times of 0 or later"),
        (lambda: ns.regular(5, [1, 2]), "regular: interval has shape (2,); expected one number, or shape (5,)"),
        (shown(ns.regular(5, 0.05)), "regular: interval = 0.05 ms is shorter than a step of 0.1 ms"),
        (
            lambda: ns.spike_times(3, [0, 3], [1, 2]),
            "spike_times: indices has 3 in it; expected whole numbers from 0 to 2",
        ),
        (lambda: ns.spike_times(3, [0], [1, 2]), "indices of shape (1,), times of shape (2,); expected as many"),
        (lambda: ns.spike_times(3, [0], [-1]), "the first -1 ms; expected 0 or later"),
        (lambda: ns.spike_times(3, [0], ["1 mV"]), "spike_times: times = ['1 mV']: a unit of mV; expected one of ms"),
        (lambda: ns.spike_times(3, [0], "1 ms"), "spike_times: times '1 ms'; expected a list"),
        (lambda: ns.current("a"), "current: amplitude = 'a'; expected a number and a unit"),
        (lambda: ns.current([1, 2, np.nan]), "current: amplitude has values that are not finite"),
        (
            lambda: ns.step_current(1, 5, 5),
            "step_current: start = 5, stop = 5; expected 0 or later, and a stop after",
        ),
        (lambda: ns.step_current(1, "5 mV"), "step_current: start = '5 mV': a unit of mV; expected one of ms"),
        (lambda: ns.noisy_current("1 nA", "1 mV"), "noisy_current: sd = '1 mV': a unit of mV; expected one of nA"),
        (lambda: ns.noisy_current(0, -1), "noisy_current: sd = -1 has negative values; expected 0 or more"),
        (
            shown(ns.noisy_current(0, 1, every=0.05, size=3)),
            "noisy_current: every = 0.05 ms is no whole number of steps of 0.1 ms; nearest: 0.1 ms",
        ),
        (shown(ns.noisy_current(0, 1)), "NoisyCurrent: values for as many neurons as there are; expected size="),
        (lambda: ns.current(1, size=0), "current: size 0; expected a whole number from 1"),
        (lambda: ns.current([1, 2], size=3), "current: amplitude has shape (2,); expected one number, or shape (3,)"),
        (lambda: ns.current([[1, 2]]), "has shape (1, 2); expected one number, or shape (size,), one for each neuron"),
        (lambda: ns.noisy_current([1, 2], [1, 2, 3]), "noisy_current: arrays of 2 and of 3 neurons; expected one size"),
        (
            lambda: ns.current([1, 2]).drawn(0, "e.current", 5, DT, 3),
            "Current: of 2 neurons; expected 3, as the population has",
        ),
        (lambda: ns.playback([1.0, 2.0]), "of shape (2,); expected (steps, size)"),
        (lambda: ns.playback(ns.Events.from_dense(np.ones((2, 3, 1)))), "spikes of 2 trials; expected one"),
        (
            shown(ns.playback(np.ones((50, 2)))),
            "playback: 100 steps of a recording that has 50; expected at most as many",
        ),
        (shown(ns.playback(MANY), steps=4000), "playback: 4000 steps of a recording that has 3500"),
    ],
)
def test_what_is_no_source_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ModelError) as refused:
        call()
    assert message in str(refused.value)
