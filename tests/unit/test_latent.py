"""Compression of spikes, the replay memory, the part of a network behind a layer, and what latent replay refuses."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neurosim.backend import registry
from neurosim.errors import SpecError
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, Clamp, CurrentLIF, LeakyReadout, SpikeInput
from neurosim.model.randomness import stream
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, quantise
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.results.agreement.differences import spikes_that_differ
from neurosim.scenario import schema
from neurosim.scenario.memory.compression import Compression
from neurosim.scenario.memory.latent_memory import LatentMemory
from neurosim.scenario.methods.subnetwork import Subnetwork, downstream_of
from neurosim.scenario.preparation import plan, prepare
from neurosim.scenario.schema import Scenario

quick = settings(max_examples=60, derandomize=True, database=None, deadline=None)


@st.composite
def compressions(draw: st.DrawFn) -> tuple[Compression, np.ndarray]:
    """A compression, and spikes that it fits."""
    steps, units = draw(st.integers(1, 14)), draw(st.integers(1, 5))
    compression = Compression(steps, units, draw(st.integers(1, steps)), draw(st.sampled_from(["or", "count"])))
    return compression, draw(arrays.arrays(bool, (draw(st.integers(0, 3)), steps, units)))


def there_and_back(compression: Compression, spikes: np.ndarray) -> np.ndarray:
    """What comes back of compressed spikes, in loops as it is told."""
    decompressed = np.zeros_like(spikes)
    for sample in range(len(spikes)):
        for unit in range(compression.units):
            for start in range(0, compression.steps, compression.window):
                in_window = [bool(z) for z in spikes[sample, start : start + compression.window, unit]]
                kept = sum(in_window) if compression.pooling == "count" else int(any(in_window))
                for i in range(kept):
                    decompressed[sample, start + i, unit] = True
    return decompressed


# compression


@given(compressions())
@quick
def test_what_comes_back_is_what_loops_say(case: tuple[Compression, np.ndarray]) -> None:
    compression, spikes = case
    np.testing.assert_array_equal(
        compression.decompress(compression.compress(spikes)), there_and_back(compression, spikes)
    )


@given(compressions())
@quick
def test_what_came_back_is_kept_without_loss(case: tuple[Compression, np.ndarray]) -> None:
    compression, spikes = case
    packed = compression.compress(spikes)
    np.testing.assert_array_equal(compression.compress(compression.decompress(packed)), packed)


@given(compressions())
@quick
def test_a_sample_takes_no_more_bytes_than_its_bits_fill(case: tuple[Compression, np.ndarray]) -> None:
    compression, spikes = case
    assert compression.compress(spikes).shape == (len(spikes), -(-compression.bits // 8))


@given(arrays.arrays(bool, (2, 9, 3)), st.sampled_from(["or", "count"]))
@quick
def test_a_window_of_one_step_keeps_everything(spikes: np.ndarray, pooling: str) -> None:
    compression = Compression(9, 3, 1, pooling)  # type: ignore[arg-type]
    assert compression.bits == 9 * 3
    np.testing.assert_array_equal(compression.decompress(compression.compress(spikes)), spikes)


@given(arrays.arrays(bool, (2, 10, 3)), st.integers(1, 10))
@quick
def test_counting_loses_no_spike(spikes: np.ndarray, window: int) -> None:
    compression = Compression(10, 3, window, "count")
    back = compression.decompress(compression.compress(spikes))
    np.testing.assert_array_equal(back.sum(axis=1), spikes.sum(axis=1))


@pytest.mark.parametrize(
    ("window", "pooling", "bits"),
    [(1, "or", 5000), (10, "or", 500), (7, "or", 750), (10, "count", 2000), (7, "count", 2250), (1, "count", 5000)],
)
def test_bits_of_a_sample_are_windows_times_units_times_depth(window: int, pooling: str, bits: int) -> None:
    assert Compression(100, 50, window, pooling).bits == bits  # type: ignore[arg-type]


# memory


def test_the_memory_of_the_publication_is_160_kb() -> None:
    compression = Compression(100, 50, 10)
    memory = LatentMemory.of_state(compression, {})
    assert (len(memory), memory.bits) == (0, 0)
    memory = memory.with_samples(np.zeros((2560, 100, 50), dtype=bool), np.zeros(2560, dtype=np.int64), 0)
    assert memory.bits == 8 * 160_000
    assert 2560 * 100 * 700 / memory.bits == 140


def filled() -> tuple[LatentMemory, np.ndarray]:
    spikes = stream(0, "test", "memory").random((12, 8, 3)) < 0.3
    memory = LatentMemory.of_state(Compression(8, 3, 1), {})
    memory = memory.with_samples(spikes[:8], np.array([0, 1] * 4), 0)
    return memory.with_samples(spikes[8:], np.array([2, 2, 2, 2]), 1), spikes


def test_the_first_samples_of_each_class_stay() -> None:
    memory, spikes = filled()
    smaller = memory.with_at_most(2)
    assert smaller.labels.tolist() == [0, 1, 0, 1, 2, 2]
    assert smaller.tasks.tolist() == [0, 0, 0, 0, 1, 1]
    np.testing.assert_array_equal(smaller.spikes(), spikes[[0, 1, 2, 3, 8, 9]])
    assert len(memory.with_at_most(0)) == 0


def test_a_class_that_comes_again_has_places_of_its_own() -> None:
    memory, spikes = filled()
    again = memory.with_samples(spikes[:4], np.array([0, 0, 0, 0]), 2).with_at_most(3)
    assert [(again.labels[again.tasks == t] == 0).sum() for t in range(3)] == [3, 0, 3]


def test_a_memory_comes_back_from_its_state() -> None:
    memory, spikes = filled()
    state = {n: a.copy() for n, a in memory.state().items()}
    again = LatentMemory.of_state(memory.compression, state)
    np.testing.assert_array_equal(again.spikes(), spikes)
    assert {n: a.dtype for n, a in state.items()} == {"packed": np.uint8, "labels": np.int64, "tasks": np.int64}
    assert (again.labels.tolist(), again.tasks.tolist()) == (memory.labels.tolist(), memory.tasks.tolist())


# the part behind a layer

STEPS, TRIALS = 40, 5
LAYERS = ("first", "second", "third")


def layered(both_ways: bool = False) -> Network:
    """Three spiking layers with lateral projections and long ones, perhaps one that goes both ways, and a readout."""
    sizes = {"input": 20, "first": 12, "second": 10, "third": 8, "readout": 4}
    models = {"input": SpikeInput, "first": CurrentLIF, "second": LIF, "third": CurrentLIF, "readout": LeakyReadout}
    return Network(
        [Population(n, s, models[n]) for n, s in sizes.items()],
        [
            Projection("input_first", "input", "first"),
            Projection("first_second", "first", "second"),
            Projection("first_second_later", "first", "second", delay=3),
            Projection("second_third", "second", "third", delay=2, reciprocal=both_ways),
            Projection("third_readout", "third", "readout"),
            *(Projection(f"lateral_{n}", n, n, delay=1 + k) for k, n in enumerate(LAYERS)),
        ],
    )


@pytest.mark.parametrize(("both_ways", "layers"), [(False, LAYERS), (True, LAYERS[:1])])
def test_a_part_does_bit_for_bit_what_the_whole_network_does_behind_a_layer(
    both_ways: bool, layers: tuple[str, ...]
) -> None:
    network = layered(both_ways)
    probes = [*(Probe(f"{n}.spike", "step") for n in LAYERS), Probe("readout.o", "step")]
    program = lower(network, Schedule([Phase("run", STEPS)], probes, {"input.x": "events"}), precision=Grid())
    weights = {n: stream(0, "test", n).normal(0.05, 0.4, v.shape) for n, v in network.learned().items()}
    weights = quantise(weights, program)[0]
    spikes = Events.from_dense(stream(0, "test", "events").random((TRIALS, STEPS, 20)) < 0.2)
    backend, mode = registry.load("reference")
    with backend.compile(program, mode=mode) as session:
        session.write(weights)
        whole = session.run(Trials({"input.x": spikes}), learn=False)
    for k, layer in enumerate(layers):
        latents = whole[f"{layer}.spike@step"]
        assert isinstance(latents, Events)
        assert 0.02 < latents.count / (TRIALS * STEPS * latents.units) < 0.9
        part, later = downstream_of(network, layer, "readout"), LAYERS[k + 1 :]
        own = Schedule(
            [Phase("run", STEPS)],
            [*(Probe(f"{n}.spike", "step") for n in later), Probe("readout.o", "step")],
            part.schedule(STEPS, probes[-1]).stimuli,
        )
        own_program = lower(part.network, own, precision=Grid())
        with backend.compile(own_program, mode=mode) as session:
            session.write({n: weights[n] for n in part.network.learned()})
            records = session.run(part.trials(latents.dense()), learn=False)
        np.testing.assert_array_equal(records["readout.o@step"], whole["readout.o@step"])
        for n in later:
            assert spikes_that_differ(records[f"{n}.spike@step"], whole[f"{n}.spike@step"]) == 0  # type: ignore[arg-type]


def test_only_what_is_behind_the_layer_is_learned() -> None:
    learned = downstream_of(layered(), "second", "readout").network.learned()
    assert set(learned) == {"second_third.w", "third_readout.w", "lateral_third.w"}


def test_a_delay_longer_than_a_trial_delivers_nothing() -> None:
    part = Subnetwork(Network([Population("a", 2, SpikeInput)]), {"a": 5})
    stimulus = part.trials(np.ones((1, 3, 2), dtype=bool)).stimuli["a.x"]
    assert isinstance(stimulus, Events)
    assert (stimulus.count, stimulus.steps) == (0, 3)


def with_projections(*more: Projection) -> Network:
    populations = [Population("input", 4, Clamp), Population("a", 3, LIF), Population("b", 3, LIF)]
    chain = [Projection("ia", "input", "a"), Projection("ab", "a", "b"), Projection("out", "b", "readout")]
    return Network([*populations, Population("readout", 2, LeakyReadout)], [*chain, *more])


@pytest.mark.parametrize(
    ("more", "insertion", "message"),
    [
        ([], "c", "no population 'c'; known: a, b"),
        ([], "ab", "no population 'ab'"),
        ([], "input", "input is an input; known: a, b"),
        ([], "readout", "readout is a LeakyReadout, which puts out no spikes; known: a, b"),
        ([Projection("skip", "input", "b")], "a", "projection skip leads from input past a, whose spikes alone"),
        ([Projection("skip", "a", "readout")], "b", "projection skip leads from a past b, whose spikes alone"),
        ([Projection("back", "b", "a")], "a", "projection back acts back on a, so that its spikes would change"),
        ([Projection("both", "a", "b", reciprocal=True)], "a", "projection both acts back on a"),
    ],
)
def test_a_layer_that_does_not_decide_alone_is_refused(more: list[Projection], insertion: str, message: str) -> None:
    with pytest.raises(SpecError, match=r"^\[training\] insertion: " + re.escape(message)):
        downstream_of(with_projections(*more), insertion, "readout")


def test_a_layer_from_which_nothing_reaches_the_output_is_refused() -> None:
    network = with_projections()
    aside = Network(
        [*network.populations, Population("aside", 2, LIF)], [*network.projections, Projection("to", "a", "aside")]
    )
    with pytest.raises(SpecError, match="no projections lead from aside to the output readout; known: a, b"):
        downstream_of(aside, "aside", "readout")


# the scenario file

SCENARIO = """
[scenario]
name = "latent"
[data]
name = "digits"
test = 100
[stream]
kind = "class-incremental"
increment = 2
[network.population]
input = { size = 64, wake = { model = "Clamp" } }
hidden = { size = 8, wake = { model = "LIF" } }
readout = { size = 10, wake = { model = "LeakyReadout" } }
[network.projection]
first = { pre = "input", post = "hidden" }
second = { pre = "hidden", post = "readout" }
[pretraining]
input = "input"
output = "readout"
steps = 12
lr = 0.01
[training]
method = "latent-replay"
input = "input"
output = "readout"
steps = 12
lr = 0.01
insertion = "hidden"
samples = 20
"""


def checked(text: str) -> Scenario:
    scenario = schema.parse(text)
    plan(scenario)
    prepare(scenario, scenario.data.build())
    return scenario


def test_a_scenario_of_latent_replay_is_accepted() -> None:
    assert checked(SCENARIO).training.insertion == "hidden"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("samples = 20", "samples = 20\nbits = 9", "expected one of 'samples' and 'bits'"),
        ("samples = 20", "", "expected one of 'samples' and 'bits'"),
        ("samples = 20", "samples = 9", "room to replay 9 samples, expected at least one of each of 10 classes"),
        ("samples = 20", "bits = 959", "room to replay 9 samples, expected at least one of each of 10 classes"),
        ("samples = 20", "samples = 20\nwindow = 13", "window = 13; expected at most 12, the steps of a trial"),
        ("samples = 20", "samples = 20\npatience = 2", "patience: the validation samples of a new task would choose"),
        ("samples = 20", "samples = 20\npooling = 'sum'", "'training.pooling' = 'sum'; known: count, or"),
        ("samples = 20", "samples = 20\nwindows = 2", "unknown key 'training.windows'; did you mean 'window'?"),
        ('insertion = "hidden"', "", "'training.insertion' is missing"),
        ('insertion = "hidden"', 'insertion = "hiden"', "insertion: no population 'hiden'; did you mean 'hidden'?"),
        ("[training]", "[rehearsal]\nfraction = 0.1\n[training]", "[rehearsal]: method = 'latent-replay' has a memory"),
        ('"latent-replay"', '"latent"', "'training.method' = 'latent'; did you mean 'latent-replay'?"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, message: str) -> None:
    assert SCENARIO.count(old) == 1
    with pytest.raises(SpecError, match=re.escape(message)):
        checked(SCENARIO.replace(old, new))


def test_without_pretraining_it_is_refused() -> None:
    before, after = SCENARIO.split("[pretraining]")
    with pytest.raises(SpecError, match=r"freezes the layers up to the insertion.*: add \[pretraining\]"):
        checked(before + "[training]" + after.split("[training]")[1])


def test_sleep_would_change_what_is_frozen() -> None:
    asleep = 'sleep = { model = "Heaviside" }'
    text = re.sub(r'(wake = \{ model = "(?:LIF|LeakyReadout)" \})', rf"\1, {asleep}", SCENARIO)
    text = text.replace('wake = { model = "Clamp" }', 'wake = { model = "Clamp" }, sleep = { model = "SpikeInput" }')
    with pytest.raises(SpecError, match=r"\[sleep\] would change layers"):
        checked(text + '[sleep]\ninput = "input"\nsteps = 5\nrate = 0.1\n')


@pytest.mark.parametrize("name", ["spoken_sample_incremental", "spoken_class_incremental", "spoken_multi_class"])
def test_the_scenarios_that_are_shown_are_in_order(name: str) -> None:
    scenario = schema.read(Path(__file__).parents[2] / "scenarios" / f"{name}.toml")
    plan(scenario)
    assert scenario.training.method == "latent-replay"  # type: ignore[union-attr]


LISTED = """kind = "list"
[[stream.task]]
classes = [0, 3]
[[stream.task]]
classes = [3, 7, 9]
outputs = [0, 1, 1]
"""


def listed(room: int) -> Scenario:
    text = SCENARIO.replace('kind = "class-incremental"\nincrement = 2\n', LISTED)
    return checked(text.replace("samples = 20", f"samples = {room}"))


def test_listed_tasks_want_room_for_each_output_that_they_excite() -> None:
    assert listed(3)
    with pytest.raises(SpecError, match="room to replay 2 samples, expected at least one of each of 3 classes"):
        listed(2)


def test_what_is_kept_of_listed_tasks_is_counted_by_their_outputs() -> None:
    """So two classes of one output share its places."""
    scenario = listed(8)
    prepared = prepare(scenario, scenario.data.build())
    state = prepared.begin(0)
    for task, each in zip(state.tasks, (8 // 2, 8 // 4), strict=True):
        kept = prepared.method.drawn(state, task)  # type: ignore[attr-defined]
        labels = state.labels(task.shows(task.train))[kept]
        assert np.unique(labels, return_counts=True)[1].tolist() == [each] * 2
