"""Networks of binary synapses, with and without metaplasticity and engram gates: the rows of their tables.

Each is a scenario file with values of its own for `KEYS`: the best trial of a search (`neurosim search`). All were
searched with the same ranges and as many trials, on the validation part, seed 100.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tables import Arm, Document, document, without

from neurosim.edges.toml import setting_paths

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
PLAIN = "plain binary"
GATES = {
    PLAIN: None,
    "metaplastic": None,
    "metaplastic, gate: input-conditioned": "input-conditioned",
    "metaplastic, gate: bank": "bank",
    "metaplastic, gate: unconditioned": "unconditioned",
}
"""The gate of each kind of network."""

Values = Mapping[str, tuple[float, ...]]
"""Of each kind of network: values of the first of `KEYS`; the others are those of the file."""

CLASSES: Values = {
    PLAIN: (0.02278, 0.004247, 0.0006592, 0.2545, 0.05693, 0.0),
    "metaplastic": (0.0002736, 0.0002668, 0.05918, 0.08407, 0.007657, 22.9),
    "metaplastic, gate: input-conditioned": (),
    "metaplastic, gate: bank": (0.00164, 0.01952, 0.09162, 0.4133, 0.007257, 25.99, 0.04061, 12.57),
    "metaplastic, gate: unconditioned": (0.0002881, 0.01088, 0.1763, 0.2829, 0.00556, 31.17, 0.06075),
}
"""Of digits_engrams.toml, 60 trials each."""

DOMAINS: Values = {
    PLAIN: (0.02525, 0.02091, 0.02771, 0.2817, 0.009391, 0.0),
    "metaplastic": (0.02853, 0.09108, 0.02024, 0.2405, 0.008944, 31.42),
    "metaplastic, gate: input-conditioned": (),
    "metaplastic, gate: bank": (0.0004734, 0.01469, 0.0364, 0.4706, 0.01635, 3.903, 0.09266, 26.58),
    "metaplastic, gate: unconditioned": (0.009024, 0.06953, 0.002002, 0.08059, 0.06899, 13.53, 0.5364),
}
"""Of digits_engrams_domains.toml, 50 trials each."""


def classes() -> Iterator[Arm]:
    """Two new classes a task."""
    return _own("digits_engrams", CLASSES)


def domains() -> Iterator[Arm]:
    """All classes in each task, their pixels in another order in each."""
    return _own("digits_engrams_domains", DOMAINS)


def domains_shared() -> Iterator[Arm]:
    """The same, all at the settings of the file, which are those of the input-conditioned gate."""
    for gate in dict.fromkeys(GATES.values()):
        suffix = f", gate: {gate}" if gate else ""
        tables = _gated(document("digits_engrams_domains"), gate)
        yield PLAIN + suffix, _at(tables, {METAPLASTICITY: 0.0})
        yield "metaplastic" + suffix, tables


def _own(name: str, values: Values) -> Iterator[Arm]:
    for kind, own in values.items():
        yield kind, _at(_gated(document(name), GATES[kind]), dict(zip(KEYS, own, strict=False)))


def _gated(tables: Document, gate: str | None) -> Document:
    """The scenario with another gate, or without one."""
    if gate is None:
        return without(tables, "gates")
    return tables | {"gates": tables["gates"] | {"kind": gate}}


def _at(tables: Document, values: Mapping[str, float]) -> Document:
    return setting_paths.replaced(
        tables, {p: v for key, v in values.items() for p in setting_paths.places(tables, key)}
    )
