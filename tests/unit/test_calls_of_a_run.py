"""How often a run asks a backend what it is, and computes what does not change meanwhile."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.backend import delivered_weights as module
from neurosim.backend import registry
from neurosim.backend.contract import Capabilities
from neurosim.backend.reference import ReferenceBackend, ReferenceSession
from neurosim.errors import ExactnessLost
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import TanhRateUnit
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid
from neurosim.program.program import Program
from neurosim.program.schedule import Phase, Schedule, Trials
from neurosim.scenario import engine, schema
from neurosim.testing.cases import library

DIGITS = Path(__file__).parents[1] / "digits_sleep.toml"
TASKS = 5


class CountingBackend(ReferenceBackend):
    """The reference, which counts what it is asked."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def capabilities(self) -> Capabilities:
        self.calls["capabilities"] += 1
        return super().capabilities()

    def versions(self) -> dict[str, str]:
        self.calls["versions"] += 1
        return super().versions()

    def compile(self, program: Program, *, mode: str = "default") -> ReferenceSession:
        self.calls["compile"] += 1
        return CountingSession(program, self, "numpy")


class CountingSession(ReferenceSession):
    backend: CountingBackend

    def write(self, learned: Any) -> None:
        self.backend.calls["write"] += 1
        super().write(learned)

    def run(self, trials: Any, *, learn: bool = True, **options: Any) -> Any:
        self.backend.calls["run that learns" if learn else "run"] += 1
        return super().run(trials, learn=learn, **options)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry for each time that delivered weights are computed."""
    entries, compute = [], module.delivered_weights

    def counted(run: Any, learned: Any) -> Any:
        entries.append(run)
        return compute(run, learned)

    monkeypatch.setattr(module, "delivered_weights", counted)
    return entries


def test_a_scenario_asks_each_session_s_backend_once_and_computes_weights_once_a_change(computed: list[Any]) -> None:
    text = DIGITS.read_text().replace("size = 256", "size = 4").replace("test = 360", "test = 20")
    text = text.replace("validation = 287", "train = 20").replace("steps = 747", "steps = 9")
    backend = CountingBackend()
    engine.run(schema.parse(text), registry.opener(backend, "numpy"))
    assert backend.calls == {
        "compile": 2,  # awake and asleep
        "capabilities": 2,
        "versions": 2,
        "write": 3 * TASKS,  # before it trains, sleeps and is tested
        "run that learns": 2 * TASKS,
        "run": TASKS,
    }
    assert len(computed) == 3 * TASKS + 2 * TASKS


@pytest.fixture
def case() -> Any:
    return library.binary()


def test_runs_without_learning_compute_delivered_weights_once(case: Any, computed: list[Any]) -> None:
    with ReferenceBackend().compile(case.program(Grid())) as session:
        for _ in range(3):
            session.run(case.trials, learn=False)
    assert len(computed) == 1


def test_a_write_and_other_constants_compute_them_again(case: Any, computed: list[Any]) -> None:
    program = case.program(Grid())
    scale = next(n for n in program.constants if n.endswith(".scale"))
    with ReferenceBackend().compile(program) as session:
        session.run(case.trials, learn=False)
        session.write(session.read())
        session.run(case.trials, learn=False)
        session.run(case.trials, learn=False, constants={scale: 2 * program.constants[scale]})
    assert len(computed) == 3


def test_in_float64_nothing_is_computed_that_no_backend_asks_for(case: Any, computed: list[Any]) -> None:
    with ReferenceBackend().compile(case.program()) as session:
        session.run(case.trials)
    assert not computed


def test_what_a_session_hands_out_is_what_its_arrays_deliver(case: Any) -> None:
    seen = []

    class Looking(ReferenceSession):
        def simulate(self, run: Any, learned: Any, progress: Any) -> Any:
            expected = module.delivered_weights(run, learned)
            handed = self.delivered_weights(run)
            seen.append({n: a.tobytes() for n, a in handed.items()} == {n: a.tobytes() for n, a in expected.items()})
            return super().simulate(run, learned, progress)

    with Looking(case.program(Grid()), ReferenceBackend(), "numpy") as session:
        session.write(case.learned)
        session.run(case.trials)
        session.run(case.trials, learn=False)
        session.write({n: np.negative(a) for n, a in session.read().items()})
        session.run(case.trials)
        session.run(case.trials)
    assert seen == [True] * 4


def test_after_a_run_that_lost_exactness_the_weights_of_before_are_delivered() -> None:
    grow = LearningRule("grow", "end:run", {"h": "h + 600"})
    twice = SynapseModel("Twice", {"h": 0.0}, "2*h")
    populations = [Population("a", 3, TanhRateUnit), Population("b", 1, TanhRateUnit)]
    network = Network(populations, [Projection("p", "a", "b", twice, learning=grow)])
    with ReferenceBackend().compile(lower(network, Schedule([Phase("run", 1)]), precision=Grid())) as session:
        with pytest.raises(ExactnessLost):
            session.run(Trials({}, 1))
        session.run(Trials({}, 1), learn=False)
