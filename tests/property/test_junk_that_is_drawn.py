"""Whatever a distribution, a rule of wiring or a source is given: it is drawn, or an error of ours says where."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_junk import JUNK

import neurosim as ns
from neurosim.errors import NeurosimError
from neurosim.model.connectivity.rules import Sides, WiringRule
from neurosim.model.distributions import Distribution, values
from neurosim.model.randomness import stream
from neurosim.simulation.sources import Source

WITH_UNITS = ["1 mV", "2 ms", "5 Hz", "-1 nA", "1", "1e400 ms", "0 ms", ["1 ms"], ["1 ms", "2 ms"], ["1 ms", 2, "3 mV"]]
GOOD: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "uniform": (ns.uniform, {"low": 0, "high": 1}),
    "normal": (ns.normal, {"mean": 0, "sd": 1, "low": -1, "high": 1}),
    "lognormal": (ns.lognormal, {"mean": 1, "sd": 1}),
    "exponential": (ns.exponential, {"mean": 1}),
    "gamma": (ns.gamma, {"shape": 1, "scale": 1}),
    "choice": (ns.choice, {"values": [1, 2], "p": [0.5, 0.5]}),
    "random": (ns.random, {"p": 0.5, "self_connections": True}),
    "fixed_in_degree": (ns.fixed_in_degree, {"n": 1, "self_connections": True, "multiple": False}),
    "fixed_out_degree": (ns.fixed_out_degree, {"n": 1, "self_connections": True, "multiple": False}),
    "fixed_total": (ns.fixed_total, {"n": 3, "self_connections": True, "multiple": False}),
    "by_distance": (
        ns.by_distance,
        {
            "probability": "exp(-d/k)", "source": [[0], [1], [2]], "target": [[0], [1], [2]], "periodic": [5],
            "parameters": {"k": 1}, "self_connections": True,
        },
    ),
    "grid_layout": (ns.grid_layout, {"rows": 1, "cols": 3, "spacing": 1}),
    "pairs": (ns.pairs, {"i": [0], "j": [1]}),
    "from_matrix": (ns.from_matrix, {"matrix": np.eye(3)}),
    "poisson": (ns.poisson, {"size": 2, "rate": [1, 2], "every": 1, "unit": "Hz"}),
    "regular": (ns.regular, {"size": 2, "interval": 1, "start": 0}),
    "spike_times": (ns.spike_times, {"size": 2, "indices": [0, 1], "times": [1, 2], "unit": "ms"}),
    "current": (ns.current, {"amplitude": [1, 2], "every": 1, "unit": "nA", "size": 2}),
    "step_current": (ns.step_current, {"amplitude": 1, "start": 1, "stop": 2, "unit": "nA", "size": 2}),
    "noisy_current": (ns.noisy_current, {"mean": 1, "sd": 1, "every": 1, "unit": "nA", "size": 2}),
    "playback": (ns.playback, {"recording": np.zeros((50, 2))}),
}  # fmt: skip
ARGUMENTS = [(name, argument) for name, (_, arguments) in GOOD.items() for argument in arguments]


def draw(made: Any) -> None:
    random = stream(0, "junk")
    if isinstance(made, Distribution):
        made.draw(random, (3,))
    if isinstance(made, WiringRule):
        made.draw(random, Sides(3, 3, same=True, where="projection j"))
    if isinstance(made, Source):
        made.drawn(0, "junk", 20, 1.0, None if made.size else 2)


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS)
def test_each_argument_may_be_any_junk(name: str, argument: str) -> None:
    make, good = GOOD[name]
    assert list(inspect.signature(make).parameters) == list(good)
    draw(make(**good))
    for junk in [*JUNK, *WITH_UNITS]:
        if argument in ("size", "rows", "cols") and isinstance(junk, int) and junk > 2**31:
            continue  # how much a run may need is looked at elsewhere
        message = refusal(lambda: draw(make(**{**good, argument: junk})))  # noqa: B023  # called at once
        assert message is None or any(where in message for where in (name, "pairs", "projection j")), junk


@pytest.mark.parametrize("junk", [*JUNK, *WITH_UNITS], ids=lambda j: f"{type(j).__name__} {str(j)[:20]}")
def test_values_are_given_or_refused(junk: Any) -> None:
    found: list[Any] = []
    message = refusal(lambda: found.append(values(junk, stream(0, "junk"), (2,), None, "population e: v")))
    if message is None:
        assert isinstance(found[0], float) or (found[0].dtype == np.float64 and found[0].shape == (2,))
    else:
        assert message.startswith("population e: v")


def refusal(call: Callable[[], object]) -> str | None:
    """What an error of ours says; None without one."""
    try:
        call()
    except NeurosimError as error:
        return str(error)
    return None
