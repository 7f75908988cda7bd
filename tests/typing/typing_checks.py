"""What a type checker knows about the public names; mypy reads this file, and nobody runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typing_extensions import assert_type

import neurosim as ns
from neurosim.backend.contract import Backend, Records, Session
from neurosim.model.connectivity.rules import Sides, WiringRule
from neurosim.model.distributions import Distribution
from neurosim.model.fixed import FixedArray
from neurosim.program.precision import LedgerEntry
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Recording
from neurosim.results.analysis.summary import SummaryTable, table_of
from neurosim.results.result import Result
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.runs.opened import OpenedRun, OpenedStudy
from neurosim.simulation.sources import Source


def library() -> None:
    assert_type(ns.LIF, ns.NeuronModel)
    assert_type(ns.RateUnit(eps=0.25), ns.NeuronModel)
    assert_type(ns.Dense, ns.SynapseModel)
    assert_type(ns.Binary(scale=0.5), ns.SynapseModel)
    assert_type(ns.STDP, ns.LearningRule)
    assert_type(ns.EquilibriumPropagation(lr=0.1), ns.LearningRule)
    assert_type(ns.LIF.equations(), tuple[str, ...])


def differential_equations() -> ns.Population:
    model = ns.ode("dv/dt = -v/tau", spike="v > 1", reset={"v": 0}, params={"tau": "20 ms"}, ports={"exc": "v"})
    assert_type(model, ns.OdeModel)
    assert_type(model(tau=10.0), ns.OdeModel)
    assert_type(model.neuron("1 ms"), ns.NeuronModel)
    assert_type(model.discretised({"tau": [1.0, 2.0]}, 2), tuple[ns.NeuronModel, dict[str, NDArray[np.float64]]])
    assert_type(ns.AdEx, ns.OdeModel)
    assert_type(ns.synapse("x : 1", on_pre="ge_post += w*x"), ns.EventSynapse)
    assert_type(ns.TsodyksMarkram(U=0.2), ns.EventSynapse)
    assert_type(ns.HodgkinHuxley.differential_equations(), tuple[str, ...])
    return ns.Population("p", 2, {"wake": model, "sleep": ns.LIF}, parameters={"tau": [1.0, 2.0]})


def network() -> ns.Network:
    inputs = ns.Population("input", 3, ns.Clamp)
    hidden = ns.Population("hidden", 2, {"wake": ns.RateUnit, "sleep": ns.LIF}, learning=ns.BiasPropagation)
    wired = ns.Projection("w", "input", "hidden", learning={"wake": [ns.EquilibriumPropagation]})
    ns.Population("own", 2, ns.LIF, parameters={"tau_mem": [5.0, 10.0], "dt": 0.5}, initial={"v": np.zeros(2)})
    pairs = ns.Projection("p", "hidden", "hidden", connectivity=ns.Pairs([0], [1]), reciprocal=["wake"])
    found = ns.Network([inputs, hidden], [wired, pairs])
    assert_type(found["w"], ns.Population | ns.Projection)
    assert_type(found.population("hidden"), ns.Population)
    assert_type(found.modes, tuple[str, ...])
    assert_type(hidden.rules_in("wake"), Sequence[ns.LearningRule])
    assert_type(found.arrays(), dict[str, NDArray[np.int32] | Array])
    assert_type(ns.Network.from_json(found.to_json(), found.arrays()), ns.Network)
    assert_type(found.fixed(), dict[str, FixedArray])
    found.save("net.json")
    assert_type(ns.Network.load(Path("net.json")), ns.Network)
    return found


def program(network: ns.Network) -> Program:
    phase = ns.Phase("free", 20, {"hidden.beta": 0.0}, assign={"s_free": "s"})
    schedule = ns.Schedule([phase], [ns.Probe("hidden.s", "end:free")], {"input.s": "constant"})
    for precision in (ns.Float64(), ns.Float32(), ns.Grid(20, 24), ns.FixedPoint.loihi2()):
        assert_type(ns.lower(network, schedule, "wake", precision), Program)
    return ns.lower(network, schedule, mode="wake")


def run(program: Program) -> Records:
    backend, mode = ns.load("reference")
    assert_type(backend, Backend)
    assert_type(mode, str)
    session = backend.compile(program, mode=mode)
    assert_type(session, Session)
    learned = session.read()
    assert_type(learned, dict[str, Array])
    assert_type(ns.quantise(learned, program), tuple[dict[str, Array], list[LedgerEntry]])
    spikes = ns.Events.from_dense(np.zeros((2, 5, 3)))
    records = session.run(ns.Trials({"input.s": np.zeros((2, 3)), "input.x": spikes}), learn=False)
    assert_type(records["hidden.s@end:free"], Recording)
    assert_type(ns.__version__, str)
    return records


def drawn(random: np.random.Generator) -> ns.Events | Array:
    weight: Distribution = ns.normal("1.62 mV", 0.1, low="0 mV")
    assert_type(weight.draw(random, (3, 2)), NDArray[np.float64])
    rule: WiringRule = ns.random(p=0.02, self_connections=False)
    assert_type(rule.draw(random, Sides(3, 3, same=True)), ns.Pairs)
    assert_type(ns.by_distance(np.square, ns.grid_layout(2, 2, "50 um")).draw(random, Sides(4, 4)), ns.Pairs)
    assert_type(ns.from_matrix(np.eye(3)).weights, FixedArray)
    assert_type(ns.one_to_one(), ns.OneToOne)
    source: Source = ns.poisson(5, np.ones(5), unit="Hz")
    assert_type(source.is_spikes, bool)
    assert_type(source.size, int | None)
    return source.drawn(1, "noise", 100, "0.1 ms")


def mistakes() -> None:
    """Each line is one that a type checker refuses."""
    _ = ns.Nonsense  # type: ignore[attr-defined]
    ns.Network(12, "no such thing", spam=3)  # type: ignore[arg-type, call-arg]
    ns.Population("a", "three", ns.LIF)  # type: ignore[arg-type]
    ns.Projection("p", "a", "b", synapse=ns.LIF)  # type: ignore[arg-type]
    ns.uniform("low")  # type: ignore[call-arg]
    ns.random("2 %")  # type: ignore[arg-type]
    ns.Phase("free", steps=1.5)  # type: ignore[arg-type]
    Listener().progress("train", 1, 2)  # type: ignore[arg-type]


def opened(path: Path) -> None:
    found = ns.open(path)
    assert_type(found, OpenedRun | OpenedStudy | ns.Recording)
    assert_type(ns.open("runs/a"), OpenedRun | OpenedStudy | ns.Recording)
    if isinstance(found, OpenedStudy):
        assert_type(found.runs, tuple[OpenedRun, ...])
        assert_type(found.select(backend="brian2", seed=[0, 1]), tuple[OpenedRun, ...])
        assert_type(table_of(found.runs, ["variant"], interval="t"), SummaryTable)
    if isinstance(found, OpenedRun):
        assert_type(found.result, Result)
        assert_type(found.accuracy_matrix, Array)
        assert_type(found.spikes(0), dict[str, ns.Events])
        assert_type(found.weights_before(0)["p.w"], Array)
        table_of([found, found.result], interval=0.95)  # type: ignore[arg-type]
