"""digits_engrams_domains.toml with and without gates, over five seeds on the test part, as Markdown tables.

python scenarios/engram_domains.py [BACKEND[:MODE]]

Each kind of network comes at settings of its own, then at those of the file. The own settings are the best of 50 trials
of `neurosim search` for each kind, all with the same ranges: seed 100, validation part.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from results import document, table

import neurosim
from neurosim.scenario import settings

METAPLASTICITY = "network.projection.*.wake.learning.0.m"
KEYS = (
    "network.population.hidden.wake.learning.0.lr",
    "network.projection.input_hidden.wake.learning.0.lr",
    "network.projection.hidden_output.wake.learning.0.lr",
    "network.projection.input_hidden.synapse.scale",
    "network.projection.hidden_output.synapse.scale",
    METAPLASTICITY,
    "gates.density",
    "gates.tau",
)
OWN: dict[str | None, tuple[float, ...]] = {
    None: (0.02853, 0.09108, 0.02024, 0.2405, 0.008944, 31.42),
    "input-conditioned": (0.01616, 0.02739, 0.04112, 0.1909, 0.01561, 2.974, 0.07967, 28.57),
    "bank": (0.0004734, 0.01469, 0.0364, 0.4706, 0.01635, 3.903, 0.09266, 26.58),
    "unconditioned": (0.009024, 0.06953, 0.002002, 0.08059, 0.06899, 13.53, 0.5364),
}
"""Values of `KEYS`, as many as it has, for each kind of gate."""
OWN_OF_PLAIN = (0.02525, 0.02091, 0.02771, 0.2817, 0.009391, 0.0)


def gated(gate: str | None) -> dict[str, Any]:
    """The file with another gate, or without one."""
    tables = document("digits_engrams_domains")
    if gate is None:
        del tables["gates"]
    else:
        tables["gates"]["kind"] = gate
    return tables


def at(tables: dict[str, Any], values: Mapping[str, float]) -> dict[str, Any]:
    return settings.replaced(tables, {p: v for key, v in values.items() for p in settings.places(tables, key)})


def named(synapses: str, gate: str | None) -> str:
    return synapses if gate is None else f"{synapses}, gate: {gate}"


def own() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "plain binary", at(gated(None), dict(zip(KEYS, OWN_OF_PLAIN, strict=False)))
    for gate, values in OWN.items():
        yield named("metaplastic", gate), at(gated(gate), dict(zip(KEYS, values, strict=False)))


def shared() -> Iterator[tuple[str, dict[str, Any]]]:
    for gate in OWN:
        yield named("plain binary", gate), at(gated(gate), {METAPLASTICITY: 0.0})
        yield named("metaplastic", gate), gated(gate)


def main(backend_name: str = "brian2") -> None:
    backend, mode = neurosim.load(backend_name)
    for arms in (own(), shared()):
        table(arms, functools.partial(backend.compile, mode=mode))


if __name__ == "__main__":
    main(*sys.argv[1:])
