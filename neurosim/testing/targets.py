"""The targets that the suite runs on, and the runs of its cases there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from neurosim.backend import registry
from neurosim.backend.contract import Backend, Records, Session
from neurosim.program.precision import FixedPoint, Float32, Grid, Precision
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.testing.cases.batches import BATCHES
from neurosim.testing.cases.fixed import FIXED
from neurosim.testing.cases.late import LATE
from neurosim.testing.cases.library import LIBRARY
from neurosim.testing.cases.ode import ODE
from neurosim.testing.cases.on_spikes import ON_SPIKES
from neurosim.testing.cases.recorded import RECORDED
from neurosim.testing.cases.size import SIZE
from neurosim.testing.cases.small import CASES, Case
from neurosim.testing.cases.together import TOGETHER
from neurosim.testing.cases.wiring import SHARED, WIRING

PRECISIONS: Mapping[str, Precision] = {
    "grid": Grid(),
    "float32": Float32(),
    "loihi1": FixedPoint.loihi1(),
    "loihi2": FixedPoint.loihi2(),
}
"""Number formats of the cases; sums are exact in all of them but single precision."""


@dataclass(frozen=True)
class Target:
    """A backend in one mode, and how much of the suite runs on it.

    Parameters
    ----------
    name
        ``NAME`` or ``NAME:MODE``.
    length
        Share of each case's trials and steps; less for slow targets. Which programs are compiled does not depend on it,
        nor do the cases of `neurosim.testing.cases.size`, which are whole on every target.
    examples
        How many random networks; each is a program of its own, so targets that compile get few.
    precision
        One of `PRECISIONS`: the number format of the cases on the grid, and of random networks. With another than the
        grid nothing else is run.
    """

    name: str
    length: float = 1.0
    examples: int = 25
    precision: str = "grid"

    @property
    def title(self) -> str:
        """Its column in the matrix."""
        return self.name if self.precision == "grid" else f"{self.name} ({self.precision})"

    @property
    def numbers(self) -> Precision:
        """Its number format."""
        return PRECISIONS[self.precision]

    def resolved(self) -> Target:
        """The same target with its mode in its name.

        Raises
        ------
        NeurosimError
            If the backend cannot be loaded, or has no such mode.
        """
        backend, mode = self.load()
        return replace(self, name=f"{backend.name}:{mode}")

    def load(self) -> tuple[Backend, str]:
        """The backend and the mode; raises as `resolved` does."""
        return registry.load(self.name)

    def missing(self, program: Program) -> frozenset[str]:
        """Features that the program needs and the mode does not claim."""
        backend, mode = self.load()
        return program.features() - backend.capabilities().features[mode]

    def compile(self, program: Program) -> Session:
        """A new session of the program on the backend, in the mode."""
        backend, mode = self.load()
        return backend.compile(program, mode=mode)


REFERENCE = Target("reference")

SINGLE_TOLERANCE = 1e-5
"""In single precision, whose unit is 1.2e-7 at 1: sums differ in the last bit of double precision, and rarely round to
another single; what follows in a case of some hundred steps stays below this."""


def tolerance_of(target: Target) -> float:
    """The most that a value may differ from the reference's in the same number format, in its own unit."""
    return SINGLE_TOLERANCE if target.precision == "float32" else 0.0


def all_cases() -> dict[str, Callable[[float], Case]]:
    """The cases of this package, from parts of a step to size, by name."""
    return {
        **CASES,
        **LIBRARY,
        **WIRING,
        **SHARED,
        **LATE,
        **FIXED,
        **ODE,
        **ON_SPIKES,
        **RECORDED,
        **TOGETHER,
        **BATCHES,
        **SIZE,
    }


@lru_cache(maxsize=256)
def case_named(name: str, length: float) -> Case:
    """A case of `all_cases`, with a share of its length."""
    return all_cases()[name](length)


def inexact_functions(program: Program) -> tuple[str, ...]:
    """Functions in the program whose last bit depends on the C library or NumPy."""
    text = program.to_json()
    functions = [f for f in ("exp", "log", "tanh", "sigmoid") if re.search(rf"\b{f}\(", text)]
    return (*functions, "power") if re.search(r"\*\*(?! ?[234]\b)", text) else tuple(functions)


@lru_cache(maxsize=256)
def outcome(target: Target, name: str, precision: Precision) -> tuple[Records, Mapping[str, Array]]:
    """The records of a case on a target, and its learned arrays by name afterwards."""
    case = case_named(name, target.length)
    return run_case(target, case, case.program(precision))


def run_case(target: Target, case: Case, program: Program) -> tuple[Records, Mapping[str, Array]]:
    """Run a case on a target; its records, and its learned arrays by name afterwards."""
    with target.compile(program) as session:
        session.write(case.learned_for(program))
        records = session.run(case.trials, constants=case.constants, learn=case.learn)
        return records, session.read()


def reference_for(target: Target) -> Target:
    """The reference with the target's length, so that outcomes are shared between targets."""
    return replace(REFERENCE, length=target.length)
