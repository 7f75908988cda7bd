"""A scenario gives the same bytes whether its data are float64 or are kept as bytes, whatever its tasks do to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend
from neurosim.program.schedule import Events
from neurosim.program.trial.stimuli import Rows
from neurosim.results.result import Result
from neurosim.scenario import datasets, engine, schema, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.schema import Scenario

SIXTEENTHS = np.arange(256) / 16.0

NETWORK = """
[scenario]
name = "small"
precision = { format = "grid" }
[data]
name = "digits"
train = 60
test = 40
[network.population.input]
size = 64
wake = { model = "Clamp" }
sleep = { model = "SpikeInput" }
[network.population.hidden]
size = 6
wake = { model = "RateUnit", learning = [{ rule = "BiasPropagation", lr = 0.03 }] }
sleep = { model = "Heaviside" }
[network.population.output]
size = 10
wake = { model = "RateUnit" }
sleep = { model = "Heaviside" }
[network.projection.input_hidden]
pre = "input"
post = "hidden"
wake = { learning = [{ rule = "EquilibriumPropagation", lr = 0.03 }] }
sleep = { learning = [{ rule = "SleepPlasticity" }] }
[network.projection.hidden_output]
pre = "hidden"
post = "output"
wake = { reciprocal = true, learning = [{ rule = "EquilibriumPropagation", lr = 0.03 }] }
sleep = { learning = [{ rule = "SleepPlasticity" }] }
[training]
method = "one-sided"
input = "input"
output = "output"
free_steps = 4
nudged_steps = 2
beta = 0.5
epochs = 2
[sleep]
input = "input"
steps = 20
rate = 0.5
"""
STREAMS = {
    "class-incremental": 'kind = "class-incremental"\nincrement = 5\n[rehearsal]\nfraction = 0.2',
    "permuted": 'kind = "permuted"\ntasks = 2\n[rehearsal]\nfraction = 0.2',
    "rotated": 'kind = "rotated"\ntasks = 2\nangle = 30.0',
}


def scenario(stream: str) -> Scenario:
    return schema.parse(f"{NETWORK}[stream]\n{STREAMS[stream]}\n")


def as_bytes(data: Dataset) -> Dataset:
    """The digits as they were published, whole numbers from 0 to 16, in another order of rows."""
    order = np.roll(np.arange(len(data.labels)), 3)
    stored = (data.array[order] * 16).astype(np.uint8)
    return replace(data, inputs=Rows(stored, np.argsort(order), SIXTEENTHS))


def as_float32(data: Dataset) -> Dataset:
    return replace(data, inputs=data.array.astype(np.float32))  # sixteenths are float32 numbers


def run(stream: str, change: Callable[[Dataset], Dataset]) -> Result:
    described = scenario(stream)
    return engine.run(described, ReferenceBackend().compile, data=change(described.data.build()))


@pytest.mark.parametrize("change", [as_bytes, as_float32])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_scenario_learns_the_same_bits_from_bytes_and_from_float32(stream: str, change: Any) -> None:
    expected, found = run(stream, lambda data: data), run(stream, change)
    np.testing.assert_array_equal(found.accuracy_matrix, expected.accuracy_matrix)
    for one, other in zip(found.stages, expected.stages, strict=True):
        assert {n: a.tobytes() for n, a in one.learned.items()} == {n: a.tobytes() for n, a in other.learned.items()}
        assert {n: e.indices.tobytes() for n, e in one.spikes.items()} == {
            n: e.indices.tobytes() for n, e in other.spikes.items()
        }
        assert (one.memory_bits, one.raw_bits, one.counts) == (other.memory_bits, other.raw_bits, other.counts)


def test_tasks_that_permute_bytes_show_bytes() -> None:
    data = as_bytes(datasets.load("digits", test=40, train=60))
    tasks = streams.permuted(data, 3)
    refs = streams.SampleRefs(np.array([4, 9, 4, 1]), np.array([2, 0, 1, 1]))
    shown = streams.shown(data, tasks, refs)
    assert shown.values.dtype == np.uint8  # type: ignore[union-attr]
    np.testing.assert_array_equal(shown, streams.inputs(replace(data, inputs=data.array), tasks, refs))


def test_samples_in_an_order_are_rows_of_the_data_set_itself() -> None:
    data = as_bytes(datasets.load("digits", test=40, train=60))
    refs = streams.SampleRefs(np.array([4, 9, 4, 1]), np.zeros(4, dtype=np.int64))
    assert streams.shown(data, streams.joint(data), refs).values is data.rows.values


def test_a_data_set_of_bytes_has_the_numbers_that_it_shows() -> None:
    data = datasets.load("digits", test=40, train=60)
    kept = as_bytes(data)
    np.testing.assert_array_equal(kept.array, data.array)
    assert (kept.units, kept.sample_bits) == (data.units, data.sample_bits) == (64, 64 * 64)


def test_spikes_in_an_order_are_shown_as_spikes() -> None:
    events = Events.from_dense(np.random.default_rng(0).random((7, 5, 3)) < 0.3)
    data = Dataset("speech", ns.Rows(events, [6, 0, 1, 2, 3, 4, 5]), np.arange(7) % 2, *(np.arange(2),) * 3)
    found = streams.inputs(data, streams.joint(data), streams.SampleRefs(np.array([0, 2]), np.zeros(2, dtype=np.int64)))
    assert isinstance(found, Events)
    np.testing.assert_array_equal(found.dense(), events.dense()[[6, 1]])
    assert (data.units, data.sample_bits) == (3, 15)
