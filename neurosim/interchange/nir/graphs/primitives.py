"""The primitives of NIR that neurosim reads and writes: their fields, and what each becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GRAPH = "NIRGraph"
"""A graph, and a graph in the place of a node."""


@dataclass(frozen=True)
class Primitive:
    """A kind of node.

    Attributes
    ----------
    needed, optional
        Its fields.
    becomes
        What it is here, in the words of the support table.
    open
        The choices that it leaves open.
    written
        From what it is written.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...]
    becomes: str
    open: tuple[str, ...] = ()
    written: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """All of its fields."""
        return (*self.needed, *self.optional)


_LEAK = ("dt", "integrator")
_SPIKE = ("threshold", "reset", "bias")
_CONV = ("weight", "bias", "stride", "padding", "dilation", "groups")
_POOL = ("kernel_size", "stride", "padding")

NEURONS: Mapping[str, Primitive] = {
    "LIF": Primitive(
        ("tau", "r", "v_leak", "v_threshold"),
        ("v_reset",),
        "v' = v + s(v_leak - v + r drive)",
        (*_LEAK, *_SPIKE),
        "its own model; LIF, LIFToValue",
    ),
    "LI": Primitive(("tau", "r", "v_leak"), (), "v' = v + s(v_leak - v + r drive)", (*_LEAK, "bias"), "its own model"),
    "IF": Primitive(
        ("r", "v_threshold"),
        ("v_reset",),
        "v' = v + g drive",
        ("dt", "charge", *_SPIKE),
        "its own model",
    ),
    "I": Primitive(("r",), (), "v' = v + g drive", ("dt", "charge", "bias"), "its own model"),
    "CubaLIF": Primitive(
        ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold"),
        ("w_in", "v_reset"),
        "i' = i + s_syn(w_in drive - i), v' = v + s_mem(v_leak - v + r i)",
        (*_LEAK, "current", *_SPIKE),
        "its own model; SubtractiveCurrentLIF, CubaLIF",
    ),
    "CubaLI": Primitive(
        ("tau_syn", "tau_mem", "r", "v_leak"),
        ("w_in",),
        "i' = i + s_syn(w_in drive - i), v' = v + s_mem(v_leak - v + r i)",
        (*_LEAK, "current", "bias"),
        "its own model; LeakyReadout",
    ),
    "Threshold": Primitive(
        ("threshold",), (), "a population: v' = drive, spike where v > threshold", ("threshold",), "its own model"
    ),
}
"""Nodes that become populations."""

LINEAR: Mapping[str, Primitive] = {
    "Affine": Primitive(
        ("weight", "bias"),
        (),
        "a projection from all to all, and a bias of its target",
        ("bias", "chains"),
        "a projection, with the bias of its target",
    ),
    "Linear": Primitive(
        ("weight",), (), "a projection from all to all", ("chains",), "a projection from all to all, or pairs"
    ),
    "Scale": Primitive(
        ("scale",), (), "a projection from each to its like", ("chains",), "a projection from each to its like"
    ),
    "Flatten": Primitive(
        (), ("input_type", "start_dim", "end_dim"), "the order of its input, which stays", (), "as it was read"
    ),
    "Conv1d": Primitive(
        _CONV, ("input_shape",), "a projection, unrolled to pairs, and a bias", ("bias", "chains"), "as it was read"
    ),
    "Conv2d": Primitive(
        _CONV, ("input_shape",), "a projection, unrolled to pairs, and a bias", ("bias", "chains"), "as it was read"
    ),
    "SumPool2d": Primitive(_POOL, (), "a projection, unrolled to pairs", ("chains",), "as it was read"),
    "AvgPool2d": Primitive(_POOL, (), "a projection, unrolled to pairs", ("chains",), "as it was read"),
    "Delay": Primitive(
        ("delay",),
        (),
        "the delay of a projection, of each synapse where they differ",
        ("delays",),
        "a delay beyond that of the layer",
    ),
}
"""Nodes on the ways between populations."""

ENDS: Mapping[str, Primitive] = {
    "Input": Primitive((), ("shape", "input_type"), "a population of spikes, or of values", ("input",), "an input"),
    "Output": Primitive(
        (),
        ("shape", "output_type"),
        "nothing; behind linear nodes a population v' = drive",
        (),
        "a population that leads nowhere",
    ),
}
"""Where signals come in and go out; within a subgraph, the way through."""

PRIMITIVES: Mapping[str, Primitive] = {**NEURONS, **LINEAR, **ENDS}
