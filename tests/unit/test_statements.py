"""Statements as text, and what is made of it."""

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import NeuronModel, SpikeInput
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Float64, Grid, Precision
from neurosim.program.run import Run, bind
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.program.source.listing import listing
from neurosim.program.source.statements import definitions

RELAY = NeuronModel("Relay", {"s": 0.0}, {}, {"s": "clip(drive, -1, 1)"})


def test_numbers_of_a_text_are_arrays_and_all_else_is_as_it_stands() -> None:
    given = definitions("def f(x):\n    return 0.5*x, -2.5, True, 3, 'a 0.5'")["f"]
    half, number, *rest = given(np.array([1.0, 4.0]))
    assert half.tolist() == [0.5, 2.0]
    assert number == -2.5
    assert rest == [True, 3, "a 0.5"]
    assert all(isinstance(c, int | str) for c in given.__code__.co_consts if c is not None)


def spiking_run(
    text: str = "w + lr*arrived", precision: Precision | None = None, units: int = 100, learn: bool = True
) -> Run:
    network = Network(
        [Population("input", 300, SpikeInput), Population("a", units, RELAY)],
        [Projection("p", "input", "a", learning=[LearningRule("r", "step", {"w": text}, {"lr": 0.5})])],
    )
    program = lower(network, Schedule([Phase("run", 2)], (), {"input.x": "events"}), precision=precision or Grid())
    return bind(program, Trials({"input.x": Events.from_dense(np.zeros((1, 2, 300)))}), learn=learn)


def test_silent_neurons_are_left_out_where_nothing_can_tell() -> None:
    assert "spike_sums" in listing(spiking_run())


@pytest.mark.parametrize(
    "run",
    [spiking_run(precision=Float64()), spiking_run("clip(w + lr*arrived, -1, 1)"), spiking_run(units=10)],
    ids=["another order of sums", "a weight may be infinite in between", "too small to pay"],
)
def test_silent_neurons_are_not_left_out(run: Run) -> None:
    assert "spike_sums" not in listing(run)


def test_what_a_rule_could_do_does_not_matter_where_none_fires() -> None:
    assert "spike_sums" in listing(spiking_run("clip(w + lr*arrived, -1, 1)", learn=False))


@pytest.mark.parametrize("precision", [Float64(), Grid()], ids=["float64", "grid"])
def test_weights_that_are_computed_follow_a_rule_on_spikes(precision: Precision) -> None:
    unit = NeuronModel("Unit", {"v": 0.0}, {}, {"v": "drive"}, spike="v >= 0.5", output="spike")
    grow = LearningRule("grow", "post.spike", {"w": "w + inc*arrived"}, {"inc": 0.25})
    network = Network(
        [Population("input", 5, SpikeInput), Population("a", 4, unit)],
        [Projection("p", "input", "a", SynapseModel("Scaled", {"w": 0.0}, "k*w*w", {"k": 0.5}), [grow])],
    )
    start, spikes = np.arange(20.0).reshape(5, 4) / 16, np.random.default_rng(0).random((6, 5)) < 0.6

    def run(spikes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        schedule = Schedule([Phase("run", len(spikes))], [Probe("a.v", "step")], {"input.x": "events"})
        with ReferenceBackend().compile(lower(network, schedule, precision=precision)) as session:
            session.write({"p.w": start})
            records = session.run(Trials({"input.x": Events.from_dense(spikes[None])}))
            return np.asarray(records["a.v@step"])[0], session.read()["p.w"]

    _, learned = run(spikes)
    assert (learned != start).any()
    potentials, _ = run(np.vstack([spikes, np.eye(5)[2] > 0]))
    np.testing.assert_array_equal(potentials[-1], 0.5 * learned[2] ** 2)
