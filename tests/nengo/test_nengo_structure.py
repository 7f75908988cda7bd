"""What is built: real Ensembles and Connections, one weight signal a matrix, simulators that serve many runs."""

import subprocess
import sys
from contextlib import contextmanager
from itertools import islice

import nengo
import numpy as np
import pytest
from nengo_agreement import MODES, assert_agree

import neurosim as ns
from neurosim.backend.delivered_weights import delivered_weights
from neurosim.errors import BackendUnavailable, NumericalError, UnknownBackend
from neurosim.program.features import Feature
from neurosim.program.precision import Grid
from neurosim.program.run import Run, bind
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import synapses_of
from neurosim.testing.cases.small import CASES
from neurosim_nengo import NengoBackend
from neurosim_nengo import session as session_module
from neurosim_nengo.network import native, network
from neurosim_nengo.operators import TrialOperator
from neurosim_nengo.populations import Equations
from neurosim_nengo.signals import ProgramSignals
from neurosim_nengo.weights import Weights


def bound(name, length=0.5, **kwargs):
    case = CASES[name](length)
    program = case.program()
    return case, program, bind(program, case.trials, case.constants, **kwargs)


def session_of(program, mode="native"):
    return NengoBackend().compile(program, mode=mode)


@contextmanager
def built(run, learned):
    simulation = native(run, synapses_of(run.program))
    simulation.start(run, learned, delivered_weights(run, learned))
    simulation.feed(run, 0, Recorder(run))
    yield simulation
    simulation.close()


def test_the_network_has_ensembles_and_connections():
    _, program, run = bound("two_ports")
    net = network(ProgramSignals(run, synapses_of(run.program)))
    assert [e.label for e in net.ensembles] == ["first", "second"]
    assert all(isinstance(e.neuron_type, Equations) for e in net.ensembles)
    assert {"input"} <= {n.label for n in net.nodes}
    assert len(net.connections) == len(program.edges)
    assert all(c.synapse is None and isinstance(c.transform, Weights) for c in net.connections)


def modelled(run: Run) -> tuple[ProgramSignals, nengo.Network, nengo.builder.Model]:
    signals = ProgramSignals(run, synapses_of(run.program))
    net = network(signals)
    model = nengo.builder.Model(dt=1.0)
    model.build(net)
    return signals, net, model


def test_both_directions_of_a_matrix_share_one_signal():
    _, _, run = bound("ep_one_sided")
    signals, net, model = modelled(run)
    there, back = (model.sig[c]["weights"] for c in net.connections if c.transform.edge.matrix == "hidden_output")
    assert there is back is signals.learned()["hidden_output.w"]


def test_signals_are_what_the_objects_of_the_network_stand_for():
    _, program, run = bound("two_ports")
    signals, net, model = modelled(run)
    objects = {e.label: e.neurons for e in net.ensembles} | {n.label: n for n in net.nodes}
    for group in program.groups:
        assert model.sig[objects[group.name]]["out"] is signals.output(group)
        for port in group.ports:
            name = group.name if port == group.ports[0] else f"{group.name}.{port}"
            assert model.sig[objects[name]]["in"] is signals.before[f"{group.name}__{port}"]


def test_nothing_is_built_but_operators_of_the_program_and_nengo_s_clock():
    case, program, run = bound("ep_one_sided")
    with built(run, case.learned_for(program)) as simulation:
        operators = simulation.simulator.model.operators
        assert [type(op).__name__ for op in operators if not isinstance(op, TrialOperator)] == ["TimeUpdate"]


def test_a_step_executes_only_the_operators_that_have_something_to_do():
    case, program, run = bound("ep_one_sided")
    with built(run, case.learned_for(program)) as simulation:
        called = [len(actions) for actions in islice(simulation.simulator._trial, run.steps)]
    every = len(["deliver", "update", "hand over"]) * len(["hidden", "output"]) + len(["count operations"])
    stimuli, constant_drive, rules = 2, 1, 4
    assert called[0] == every + stimuli + constant_drive
    assert called[1 : run.lengths[0] - 1] == [every] * (run.lengths[0] - 2)
    assert called[-1] == every + rules + len([p for p in program.probes if p.phase == 1])


def test_nengo_s_clock_tells_how_many_steps_were_made():
    case, program, run = bound("ep_one_sided")
    with built(run, case.learned_for(program)) as simulation:
        simulation.simulator.run_steps(5)
        simulation.simulator.step()
        assert (simulation.simulator.n_steps, simulation.simulator.time) == (6, 6.0)


def test_operators_run_on_a_simulator_of_nengo_s_own():
    case, program, run = bound("ep_one_sided")
    recorder = Recorder(run)
    with built(run, case.learned_for(program)) as simulation:
        simulation.simulate(run, Recorder(run), None)
        expected = simulation.result()
        with nengo.Simulator(None, model=simulation.simulator.model, progress_bar=False) as plain:
            for name, signal in simulation.learned.items():
                plain.signals[signal] = case.learned_for(program)[name]
            simulation.feed(run, 0, recorder)
            plain.run_steps(run.count * run.steps)
            found = {name: plain.signals[signal].copy() for name, signal in simulation.learned.items()}
    assert_agree(found, expected, exact=True)


def test_synapses_of_neurons_that_learn_when_they_spike_lie_together():
    case = CASES["sleep"](0.5)
    program = case.program(Grid())
    with built(bind(program, case.trials), case.learned_for(program)) as simulation:
        arrays = {m.name: simulation.simulator.signals[simulation.learned[f"{m.name}.w"]] for m in program.matrices}
    assert all(arrays[m.name].shape == program.shape(m) for m in program.matrices)
    assert all(arrays[m].flags.f_contiguous for m in arrays)


def test_learned_arrays_are_untouched_until_a_rule_fires():
    case, program, run = bound("ep_one_sided")
    with built(run, case.learned_for(program)) as simulation:
        before = simulation.result()
        with np.errstate(all="ignore"):
            simulation.simulator.run_steps(23, progress_bar=False)
            within = simulation.result()
            simulation.simulator.run_steps(1, progress_bar=False)
        after = simulation.result()
    assert all(np.array_equal(before[n], within[n]) for n in before)
    assert not any(np.array_equal(within[n], after[n]) for n in before)


def test_nothing_is_built_for_rules_that_do_not_run():
    found = []
    for learn in (True, False):
        case, program, run = bound("ep_one_sided", learn=learn)
        with built(run, case.learned_for(program)) as simulation:
            found.append([op for op in simulation.simulator.model.operators if "learning" in str(op.tag)])
    assert [len(operators) for operators in found] == [4, 0]


@pytest.mark.parametrize("mode", MODES)
def test_a_simulator_serves_many_runs(mode, monkeypatch):
    runs = []
    builder = session_module.BUILDERS[mode]
    monkeypatch.setitem(session_module.BUILDERS, mode, lambda run, *more: runs.append(run) or builder(run, *more))
    case = CASES["two_ports"](0.5)
    program = case.program()
    learned, half = case.learned_for(program), case.trials.count // 2
    parts = [case.trials.part(0, half), case.trials.part(half, case.trials.count)]

    def results(session):
        session.write(learned)
        return [{**session.run(p, constants=case.constants).probes, **session.read()} for p in (*parts, parts[0])]

    with session_of(program, mode) as session, ns.load("reference")[0].compile(program) as reference:
        first, expected = results(session), results(reference)
        kept = [{n: np.array(a) for n, a in r.items()} for r in first]
        again = results(session)
        session.run(parts[0], constants={**case.constants, "first.leak": 0.3})
        session.run(parts[0], constants=case.constants, learn=False)
    for found, other, copy, reference_found in zip(first, again, kept, expected, strict=True):
        assert_agree(found, reference_found, exact=False)
        assert_agree(found, other, exact=True)
        assert_agree(found, copy, exact=True)
    assert len(runs) == 3


def test_a_session_keeps_few_simulators():
    case, program, _ = bound("ep_one_sided", 0.1)
    with session_of(program) as session:
        for eps in np.linspace(0.1, 0.5, 2 * session_module.KEPT):
            session.run(case.trials, constants={"hidden.eps": eps})
        assert len(session._idle) == session_module.KEPT


@pytest.mark.parametrize("mode", MODES)
def test_what_is_not_finite_is_located_and_the_session_goes_on(mode):
    case = CASES["ep_leaky"](0.2)
    program = case.program()
    learned = case.learned_for(program)
    with session_of(program, mode) as session, ns.load("reference")[0].compile(program) as reference:
        for s in (session, reference):
            s.write(learned)
        errors = []
        for s in (session, reference):
            with pytest.raises(NumericalError) as error, np.errstate(all="ignore"):
                s.run(case.trials, constants={"hidden.eps": 1e200, "output.eps": 1e200})
            errors.append(error.value)
        assert str(errors[0]) == str(errors[1])
        assert all(np.array_equal(session.read()[n], a) for n, a in learned.items())
        for s in (session, reference):
            s.run(case.trials)
        assert_agree(session.read(), reference.read(), exact=False)


@pytest.mark.parametrize("mode", MODES)
def test_progress_and_interruption(mode):
    case = CASES["ep_one_sided"](20.0)
    program = case.program()
    seen = []

    def interrupt(done, total):
        seen.append((done, total))
        if len(seen) == 3:
            raise KeyboardInterrupt

    with session_of(program, mode) as session:
        session.run(case.trials, progress=lambda done, total: seen.append((done, total)))
        assert seen[-1] == (case.trials.count, case.trials.count)
        assert len(seen) == 2
        before = session.read()
        with pytest.raises(KeyboardInterrupt):
            session.run(case.trials, progress=interrupt)
        assert all(np.array_equal(a, session.read()[n]) for n, a in before.items())
        session.run(case.trials)


def test_what_the_backend_says_of_itself():
    backend = NengoBackend()
    capabilities = backend.capabilities()
    assert capabilities.modes == MODES
    assert capabilities.features["native"] == set(Feature) - {Feature.BATCHES}
    assert capabilities.notes["fused"].startswith("one custom operator")
    assert backend.versions()["nengo"] == nengo.__version__
    with pytest.raises(UnknownBackend, match="native"):
        backend.compile(CASES["novel"](0.1).program(), mode="nativ")


def test_nengo_is_imported_only_where_something_is_compiled(monkeypatch):
    code = "import sys, neurosim_nengo; neurosim_nengo.NengoBackend().capabilities(); assert 'nengo' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    monkeypatch.setitem(sys.modules, "nengo", None)
    with pytest.raises(BackendUnavailable, match=r"pip install 'neurosim\[nengo\]'"):
        NengoBackend().versions()


def test_single_precision_is_refused():
    nengo.rc.set("precision", "bits", "32")
    try:
        with pytest.raises(BackendUnavailable, match="bits = 32"):
            NengoBackend().versions()
    finally:
        nengo.rc.set("precision", "bits", "64")


def test_nothing_is_printed(capfd, recwarn):
    case, program, _ = bound("ep_one_sided", 0.1)
    session_of(program).run(case.trials)
    printed = capfd.readouterr()
    assert not printed.out
    assert not printed.err
    assert not [w for w in recwarn if w.category is not DeprecationWarning]
