"""What probes record: some neurons, some steps, what is learned; and how large recordings are kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import ModelError
from neurosim.model.connectivity import Pairs
from neurosim.program.features import Feature
from neurosim.program.program import Program, Selection
from neurosim.program.schedule import Events

SIZE, STEPS = 6, 17
COUNTING = ns.LearningRule("count", "step", {"w": "w + 1"})
PAIRS = Pairs([5, 0, 3, 3], [1, 5, 2, 0])


def network(connectivity: ns.Connectivity | None = None) -> ns.Network:
    given_pairs = {} if connectivity is None else {"connectivity": connectivity}
    return ns.Network(
        [ns.Population("input", SIZE, ns.SpikeInput), ns.Population("out", SIZE, ns.Heaviside(theta=0.5, decay=0.9))],
        [ns.Projection("p", "input", "out", learning=[COUNTING], **given_pairs)],  # type: ignore[arg-type]
    )


def program(*probes: ns.Probe, connectivity: ns.Connectivity | None = None) -> Program:
    schedule = ns.Schedule([ns.Phase("run", STEPS)], probes, {"input.x": "events"})
    return ns.lower(network(connectivity), schedule)


def run(lowered: Program, learn: bool = True) -> tuple[ns.Records, dict[str, np.ndarray]]:
    spikes = np.random.default_rng(1).random((2, STEPS, SIZE)) < 0.4
    with ReferenceBackend().compile(lowered) as session:
        learned = {n: np.linspace(-0.5, 0.5, a.size).reshape(a.shape) for n, a in session.read().items() if n == "p.w"}
        session.write(learned)
        return session.run(ns.Trials({"input.x": Events.from_dense(spikes)}), learn=learn), session.read()


indices = st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=9)


@settings(deadline=None)
@given(indices, st.integers(1, STEPS + 2), st.booleans())
def test_some_is_what_is_found_in_all(units: list[int], every: int, learn: bool) -> None:
    probes = [
        ns.Probe("out.v", "step"),
        ns.Probe("out.v", "step", units=units, every=every, label="some"),
        ns.Probe("out.v", "end:run", units=units),
        ns.Probe("out.spike", "step"),
        ns.Probe("out.spike", "step", units=units, label="some_spikes"),
    ]
    records, _ = run(program(*probes), learn)
    whole = records["out.v@step"]
    assert isinstance(whole, np.ndarray)
    np.testing.assert_array_equal(records["some"], whole[:, ::every][..., units])
    np.testing.assert_array_equal(records["out.v@end:run"], whole[:, -1][:, units])
    spikes, some = records["out.spike@step"], records["some_spikes"]
    assert isinstance(spikes, Events)
    assert isinstance(some, Events)
    np.testing.assert_array_equal(some.dense(), spikes.dense() & np.isin(np.arange(SIZE), units))


@pytest.mark.parametrize("connectivity", [None, PAIRS], ids=["all pairs", "some"])
@pytest.mark.parametrize("every", [1, 4])
def test_weights_are_recorded_after_the_rules_of_a_step_in_the_order_given(
    connectivity: ns.Connectivity | None, every: int
) -> None:
    probes = [
        ns.Probe("p.w", "step", every=every, label="all"),
        ns.Probe("p.w", "step", units=[3, 0, 0], every=every, label="some"),
        ns.Probe("p.w", "end:run"),
    ]
    records, learned = run(program(*probes, connectivity=connectivity))
    rows = -(-STEPS // every)
    first = np.linspace(-0.5, 0.5, learned["p.w"].size).reshape(learned["p.w"].shape)
    added = np.arange(1, 2 * STEPS + 1).reshape(2, STEPS)[:, ::every].reshape(2, rows, *[1] * first.ndim)
    expected = np.broadcast_to(first, (2, rows, *first.shape)).copy()
    for trial in range(2):
        for row in range(rows):
            for _ in range(int(added[trial, row].item())):
                expected[trial, row] += 1
    np.testing.assert_array_equal(records["all"], expected)
    np.testing.assert_array_equal(records["some"], expected.reshape(2, rows, -1)[..., [3, 0, 0]])
    np.testing.assert_array_equal(records["p.w@end:run"][-1], learned["p.w"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ns.Probe("out.v", "step", every=0), "every = 0; expected a whole number of at least 1"),
        (lambda: ns.Probe("out.v", "end:run", every=2), r"every = 2, at = 'end:run'; expected at='step'"),
        (lambda: ns.Probe("out.v", "step", units=[]), "expected a list of indices, such as range"),
        (lambda: ns.Probe("out.v", "step", units=[-1]), "probe of out.v: units has -1 in it"),
        (lambda: ns.Probe("out.v", "step", units=slice(None)), r"expected a slice with an end, such as slice\(0, 10\)"),
        (
            lambda: program(ns.Probe("out.v", "step", units=[2, 6])),
            "probe 'out.v@step': unit 6 of out; expected 0 to 5",
        ),
        (lambda: program(ns.Probe("p.w", "step", units=[4]), connectivity=PAIRS), "unit 4 of p; expected 0 to 3"),
        (lambda: program(ns.Probe("out.spike", "step", every=2)), "every = 2; spikes are recorded at every step"),
        (lambda: program(ns.Probe("p.v", "step")), "only learned variables of a projection can be recorded; known: w"),
        (lambda: program(ns.Probe("out.theta", "step")), "only states, spikes and what is learned can be recorded"),
        (
            lambda: program(ns.Probe("out.v", "step"), ns.Probe("out.v", "step", units=[1])),
            r"the schedule has two probes called 'out\.v@step'; give one a label",
        ),
    ],
)
def test_what_cannot_be_recorded_is_refused(make: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()  # type: ignore[operator]


def test_units_are_taken_from_what_people_have() -> None:
    given_units = [slice(0, 6, 2), range(0, 6, 2), [0, 2, 4], np.array([0, 2, 4]), (0, 2, 4)]
    assert {ns.Probe("out.v", "step", units=units).units for units in given_units} == {(0, 2, 4)}


def test_which_units_are_recorded_is_data() -> None:
    one, other = (program(ns.Probe("out.v", "step", units=units)) for units in ([1, 2], [5]))
    assert one.digest() == other.digest() != program(ns.Probe("out.v", "step")).digest()
    assert one != other
    assert Program.from_json(one.to_json(), selections=one.selections()) == one
    assert one.selections() == {"out.v@step": Selection(np.array([1, 2], np.int32))}


def test_what_is_recorded_is_a_feature() -> None:
    some, learned = Feature.SOME_RECORDED, Feature.LEARNED_RECORDED
    assert {some, learned} & program(ns.Probe("out.v", "step")).features() == set()
    assert some in program(ns.Probe("out.v", "step", units=[1])).features()
    assert some in program(ns.Probe("out.v", "step", every=2)).features()
    assert learned in program(ns.Probe("p.w", "end:run")).features()


RECORDS_MUCH = """
import sys
import numpy as np, psutil
import neurosim as ns
from neurosim.program.source import recorder

recorder.LARGE = int(sys.argv[1])
net = ns.Network([ns.Population("a", 1000, ns.LIF)], [])
schedule = ns.Schedule([ns.Phase("run", 8000)], [ns.Probe("a.v", "step")])
with ns.load("reference")[0].compile(ns.lower(net, schedule)) as session:
    session.write({"a.bias": np.linspace(0, 1, 1000)})
    before = psutil.Process().memory_info().rss
    values = session.run(ns.Trials({}, 1))["a.v@step"]
    print(psutil.Process().memory_info().rss - before)
    np.save(sys.argv[2], values)
"""
"""In a process of its own, for another test may have left memory that is free."""


def test_a_large_recording_is_no_memory_but_a_file(tmp_path: Path) -> None:
    files = [tmp_path / "memory.npy", tmp_path / "file.npy"]
    taken = [
        int(subprocess.check_output([sys.executable, "-c", RECORDS_MUCH, str(large), str(file)]))
        for large, file in zip((2**40, 2**20), files, strict=True)
    ]
    assert taken[0] > 50e6 > 10e6 > taken[1]
    np.testing.assert_array_equal(*map(np.load, files))
