"""What matrices lose in the numbers of a chip, and what a run had to deliver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.contract import Records, Session
from neurosim.backend.reference import ReferenceBackend
from neurosim.chip.limits import LOIHI1, LOIHI2
from neurosim.chip.weights import losses
from neurosim.program.precision import FixedPoint
from neurosim.results.result import StageKind
from neurosim.scenario.runs.recorded_session import Log, RecordingSession


def test_weights_of_the_format_lose_nothing():
    (loss,) = losses({"ab": np.array([[-1.0, 0.5], [0.25, -0.125]])}, LOIHI2)
    assert (loss.entry.relative_error, loss.entry.saturated, loss.entry.changed) == (0.0, 0, 0)
    assert (loss.form.bits, loss.form.sign) == (8, "mixed")


def test_the_relative_error_is_that_of_the_rounded_matrix():
    values = np.random.Generator(np.random.Philox(1)).normal(size=(20, 30))
    (loss,) = losses({"ab": values}, LOIHI1)
    error = loss.form.rounded(values) - values
    assert loss.entry.relative_error == pytest.approx(np.linalg.norm(error) / np.linalg.norm(values))
    assert 0 < loss.entry.relative_error < 0.02


@pytest.mark.parametrize(("low", "high", "sign"), [(0.1, 1, "excitatory"), (-1, -0.1, "inhibitory"), (-1, 1, "mixed")])
def test_the_sign_mode_is_that_of_the_weights(low, high, sign):
    (loss,) = losses({"ab": np.linspace(low, high, 12)}, LOIHI2)
    assert loss.form.sign == sign


def test_a_given_format_saturates_what_it_does_not_hold():
    """An exponent of -9 holds -0.5 to 0.496."""
    given = FixedPoint.loihi2(weight_exponent=-9)
    (loss,) = losses({"ab": np.array([0.25, 0.7, -0.9])}, LOIHI2, given)
    assert (loss.form.exponent, loss.entry.saturated) == (-9, 2)


@pytest.fixture
def network() -> ns.Network:
    return ns.Network(
        [ns.Population("a", 3, ns.SpikeInput), ns.Population("b", 4, ns.LIF), ns.Population("c", 2, ns.LIF)],
        [
            ns.Projection("ab", "a", "b"),
            ns.Projection("bc", "b", "c", connectivity=ns.Pairs([0, 0, 1, 3], [0, 1, 1, 1]), reciprocal=True),
        ],
    )


class Uncounted:
    """A session of a backend that does not count what arrives."""

    def __init__(self, session: Session):
        self._session = session

    def run(self, *args: object, **options: object) -> Records:
        records = self._session.run(*args, **options)
        return replace(records, counts={**records.counts, "effective_synaptic_operations": None})

    def __getattr__(self, name: str) -> object:
        return getattr(self._session, name)


def run(network: ns.Network, probes: tuple[str, ...], counts: bool = True) -> tuple[Log, ns.Events, object]:
    schedule = ns.Schedule([ns.Phase("run", 20)], [ns.Probe(f"{p}.spike", "step") for p in probes], {"a.x": "events"})
    program = ns.lower(network, schedule)
    spikes = ns.Events.from_dense(np.random.Generator(np.random.Philox(2)).random((2, 20, 3)) < 0.4)
    log = Log()
    opened = ReferenceBackend().compile(program)
    with RecordingSession(opened if counts else Uncounted(opened), program, log) as session:
        session.write({"ab.w": np.outer(np.ones(3), [0.2, 0.4, 0.6, 0.9]), "bc.w": np.full(4, 0.9)})
        records = session.run(ns.Trials({"a.x": spikes}), learn=False)
    return log, spikes, records


def test_operations_are_spikes_times_the_synapses_of_their_neurons(network):
    log, spikes, records = run(network, ("b", "c"))
    (found,) = log.activities()
    b, c = (records[f"{p}.spike@step"].dense() for p in "bc")
    arrived = [x[:, :-1].sum(axis=(0, 1)) for x in (b, c)]  # what spikes in a trial's last step never arrives
    assert found.operations == spikes.count * 4 + int((arrived[0] * [2, 1, 0, 1]).sum() + (arrived[1] * [1, 3]).sum())
    assert found.spikes == {"a": spikes.count, "b": int(b.sum()), "c": int(c.sum())}
    assert (found.kind, found.trials, found.steps, found.is_bound) == ("tested", 2, 40, False)


def test_operations_are_counted_whether_spikes_are_recorded_or_not(network):
    (found,), (recorded,) = (run(network, probes)[0].activities() for probes in ((), ("b", "c")))
    assert found.operations == recorded.operations
    assert not found.is_bound


def test_where_operations_are_not_counted_they_follow_from_spikes(network):
    log, spikes, records = run(network, ("b", "c"), counts=False)
    (found,) = log.activities()
    b, c = (records[f"{p}.spike@step"].dense().sum(axis=(0, 1)) for p in "bc")
    assert found.operations == spikes.count * 4 + int((b * [2, 1, 0, 1]).sum() + (c * [1, 3]).sum())
    assert not found.is_bound


def test_spikes_that_nobody_records_count_as_if_all_neurons_spiked(network):
    log, spikes, _ = run(network, (), counts=False)
    (found,) = log.activities()
    assert found.operations == spikes.count * 4 + 2 * 4 * 40
    assert found.spikes == {"a": spikes.count, "b": None, "c": None}
    assert found.is_bound


def test_spikes_of_rows_are_those_of_the_trials_that_show_them(network):
    schedule = ns.Schedule([ns.Phase("run", 20)], [], {"a.x": "events"})
    program = ns.lower(network, schedule)
    events = ns.Events.from_dense(np.random.Generator(np.random.Philox(3)).random((5, 20, 3)) < 0.4)
    found = []
    for shown in (events.take([1, 2]), ns.Rows(events, [1, 2])):
        log = Log()
        with RecordingSession(Uncounted(ReferenceBackend().compile(program)), program, log) as session:
            session.run(ns.Trials({"a.x": shown}), learn=False)
        found.append(log.activities())
    assert found[0] == found[1]
    assert found[0][0].spikes["a"] == events.dense()[1:3].sum()


def test_runs_of_a_kind_add_up(network):
    log, _, _ = run(network, ("b", "c"))
    before = log.activities()[0]
    log.add(StageKind.TESTED, 2, 40, before.operations, False, before.spikes)
    after = log.activities()[0]
    assert (after.trials, after.operations) == (4, 2 * before.operations)
    assert after.spikes == {n: 2 * s for n, s in before.spikes.items()}
