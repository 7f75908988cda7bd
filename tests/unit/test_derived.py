"""Derived constants: computed once on the host, anew for a phase, never set directly."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from neurosim.errors import EquationError, InputError, ModelError, NeurosimError
from neurosim.model.equations.derived import evaluate
from neurosim.model.equations.expressions import FUNCTIONS, parse
from neurosim.model.equations.printers import NumpyPrinter
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, Clamp, CurrentLIF, NeuronModel, RefractoryLIF, SpikeInput, learned
from neurosim.program.lowering.lower import lower
from neurosim.program.program import Program
from neurosim.program.run import Run, bind
from neurosim.program.schedule import Phase, Schedule, Trials
from neurosim.program.source.statements import ENVIRONMENT
from neurosim.scenario.schema import NeuronTable


def model(**changes: object) -> NeuronModel:
    plain: dict[str, object] = {
        "name": "M",
        "state": {"s": 0.0},
        "params": {"tau": 4.0, "dt": 1.0, "bias": learned()},
        "update": {"s": "decay*s + drive"},
        "derived": {"decay": "exp(-dt/tau)"},
    }
    return NeuronModel(**plain | changes)


def program(unit: NeuronModel, phases: tuple[Phase, ...] = (Phase("run", 2),)) -> Program:
    network = Network([Population("input", 1, Clamp), Population("a", 2, unit)], [Projection("p", "input", "a")])
    return lower(network, Schedule(phases, (), {"input.s": "constant"}))


def bound(p: Program, **constants: float) -> Run:
    given = {n.replace("__", "."): v for n, v in constants.items()}
    return bind(p, Trials({"input.s": np.zeros((1, 1))}), given)


def test_a_run_has_its_value() -> None:
    p = program(model())
    assert bound(p).values("a") == {"tau": 4.0, "dt": 1.0, "decay": math.exp(-1 / 4)}
    assert bound(p, a__tau=8.0).values("a", "run")["decay"] == math.exp(-1 / 8)


def test_one_may_follow_from_another_whatever_their_order() -> None:
    unit = model(derived={"gain": "(1 - decay)*slow", "decay": "exp(-rate)", "slow": "2", "rate": "dt/tau"})
    values = bound(program(unit)).values("a")
    assert values["gain"] == (1 - math.exp(-0.25)) * 2
    assert [n for n, _ in program(unit).group("a").derived].index("gain") == 3


def test_a_phase_that_overrides_what_it_follows_from_has_its_own() -> None:
    p = program(
        model(derived={"decay": "exp(-dt/tau)", "twice": "2*tau"}), (Phase("x", 1), Phase("y", 1, {"a.dt": 0.5}))
    )
    run = bound(p, a__tau=2.0)
    assert run.values("a", "x")["decay"] == math.exp(-1 / 2)
    assert run.values("a", "y")["decay"] == math.exp(-0.5 / 2)
    assert run.values("a", "y")["twice"] == 4.0
    assert p.phases[1].overrides == ("a.dt", "a.decay")
    assert bind(p, Trials({"input.s": np.zeros((1, 1))}, 1), {"a.dt@y": 0.1}).values("a", "y")["decay"] == math.exp(
        -0.1 / 4
    )


def test_values_are_no_part_of_the_structure_but_names_are() -> None:
    assert program(model()).digest() == program(model()(tau=7.0)).digest()
    assert program(model()).digest() != program(model(derived={"decay": "exp(-dt/tau)", "other": "dt"})).digest()
    assert "a.decay" not in program(model()).constants


def test_programs_and_networks_survive_json() -> None:
    p = program(model(), (Phase("x", 1, {"a.tau": 2.0}),))
    assert Program.from_json(p.to_json()) == p
    network = Network(
        [Population("input", 1, SpikeInput), Population("a", 2, CurrentLIF)], [Projection("p", "input", "a")]
    )
    assert Network.from_json(network.to_json()) == network


def test_rules_and_outputs_read_them_like_constants() -> None:
    unit = model(output="s*decay")
    rule = LearningRule("r", "step", {"w": "w + post.decay"})
    own = LearningRule("o", "step", {"bias": "bias + decay"})
    network = Network(
        [Population("input", 1, Clamp), Population("a", 1, unit, [own])],
        [Projection("p", "input", "a", learning=[rule])],
    )
    from neurosim.backend.reference import ReferenceBackend

    p = lower(network, Schedule([Phase("x", 1, {"a.tau": 2.0}), Phase("y", 1)], (), {"input.s": "constant"}))
    with ReferenceBackend().compile(p) as session:
        session.run(Trials({"input.s": np.zeros((1, 1))}))
        total = math.exp(-1 / 2) + math.exp(-1 / 4)
        assert (session.read()["p.w"], session.read()["a.bias"]) == (total, total)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decay": "exp(-dt/tua)"}, "constant decay: unknown name 'tua' in 'exp(-dt/tua)'; did you mean 'tau'?"),
        ({"decay": "bias"}, "model M, derived constant decay: unknown name 'bias'"),
        ({"decay": "tau > 1"}, "model M, derived constant decay: 'tau > 1' is not a number"),
        ({"decay": "k", "k": "decay + 1"}, "a derived constant follows from itself: 'decay' from 'k' from 'decay'"),
        ({"decay": "decay"}, "a derived constant follows from itself: 'decay' from 'decay'"),
        ({"decay": "1/(tau - 4)"}, "derived constant decay = 1/(tau - 4) is not a finite number, with tau = 4"),
        ({"decay": "exp(1000*tau)"}, "constant decay = exp(1000*tau) is not a finite number, with tau = 4"),
        ({"decay": "log(0)"}, "derived constant decay = log(0) is not a finite number, with nothing else"),
        ({"decay": "dt", "tau": "dt"}, "model M: 'tau' is declared twice"),
        ({"decay": "dt", "s": "dt"}, "model M: 's' is declared twice"),
        ({"decay": "dt", "drive": "dt"}, "model M: 'drive' is declared twice"),
        ({"decay": "dt", "spike": "dt"}, "model M: 'spike' has a meaning of its own"),
    ],
)  # fmt: skip
def test_mistakes_in_a_definition(changes: dict[str, str], message: str) -> None:
    with pytest.raises(NeurosimError, match=re.escape(message)):
        model(derived=changes)


def test_setting_one_directly_is_refused_with_what_it_follows_from() -> None:
    with pytest.raises(ModelError, match="model LIF: 'decay' is derived; set what it follows from: dt, tau_mem"):
        LIF(decay=0.9)
    unit = model(derived={"decay": "exp(-rate)", "rate": "dt/tau"})
    p = program(unit, (Phase("x", 1, {"a.tau": 2.0}),))
    with pytest.raises(InputError, match=r"constant 'a.decay' is derived; set what it follows from: a.dt, a.tau"):
        bind(p, Trials({"input.s": np.zeros((1, 1))}), {"a.decay": 0.5})
    with pytest.raises(InputError, match=r"constant 'a.decay@x' is derived; set what it follows from: a.dt, a.tau"):
        bind(p, Trials({"input.s": np.zeros((1, 1))}), {"a.decay@x": 0.5})
    with pytest.raises(ModelError, match=r"phase x: 'a.decay' is derived; set what it follows from: dt, tau"):
        program(unit, (Phase("x", 1, {"a.decay": 2.0}),))


def test_a_value_that_is_not_finite_stops_a_run_before_it_starts() -> None:
    with pytest.raises(
        InputError, match=r"population a: derived constant decay = exp\(-dt/tau\) is not a finite number"
    ):
        bound(program(model()), a__tau=0.0)
    with pytest.raises(EquationError, match="is not a finite number, with dt = 1, tau = 0"):
        model()(tau=0.0)


def test_a_model_of_a_scenario_file_may_have_them() -> None:
    table = NeuronTable(
        state={"s": 0.0}, params={"tau": 4.0}, update={"s": "k*s + drive"}, derived={"k": "exp(-1/tau)"}
    )
    assert table.build("Own").derived == {"k": "exp(-1/tau)"}


@pytest.mark.parametrize("x", [-2.5, -0.0, 0.75, 2.0])
@pytest.mark.parametrize(
    "text",
    [
        *(f"{f}({', '.join(['abs(x) + 0.5', '3', '4'][:n])})" for f, n in FUNCTIONS.items() if f != "where"),
        "sign(x)", "step(x)", "tanh(x)", "floor(x)", "clip(x, -1, 1)", "x**2 - -x/3", "abs(x)**0.5",
        "where(x > 0 and not x >= 2 or x == -2.5, x + 1, 1/3)", "where(x <= 0, 1, where(x != 2, 2, 3))",
        "where(x < 0, 1, log(x + 1))",
    ],
)  # fmt: skip
def test_the_host_computes_what_the_language_says(text: str, x: float) -> None:
    tree = parse(text)
    with np.errstate(all="ignore"):
        expected = eval(NumpyPrinter(str)(tree), {**ENVIRONMENT, "x": np.float64(x)})
    assert evaluate(tree, {"x": x}) == pytest.approx(float(expected), rel=1e-15, abs=0)


def test_steps_are_rounded_halves_upwards() -> None:
    steps = [bound(program(RefractoryLIF(t_ref=t))).values("a")["wait_steps"] for t in (0.4, 0.5, 1.49, 2.0)]
    assert steps == [0.0, 1.0, 1.0, 2.0]
