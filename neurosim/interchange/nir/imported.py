"""What a graph has become: a network with its weights, and what was chosen on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.interchange.nir.choices import Choices
from neurosim.interchange.nir.graphs.graph import Graph
from neurosim.interchange.nir.report import Report
from neurosim.model.network import Network


@dataclass(frozen=True, eq=False)
class Imported:
    """A network that was read from NIR.

    Attributes
    ----------
    network
        Populations and projections, called as the nodes that they are made of.
    weights
        Every learned array by its name: ``"fc1.w"`` of shape (pre, post), ``"lif1.bias"``.
    report
        What was chosen and done.
    graph
        As it was read; `neurosim.interchange.nir.write` writes what is unchanged as it was.
    choices
        Those of the report.
    nodes
        Of each population and projection the nodes that it is made of.
    lag
        Steps by which what each population does comes later than in NIR's consumers.
    """

    network: Network
    weights: Mapping[str, NDArray[np.float64]]
    report: Report
    graph: Graph
    choices: Choices
    nodes: Mapping[str, tuple[str, ...]]
    lag: Mapping[str, int]

    @property
    def inputs(self) -> list[str]:
        """The populations that take stimuli."""
        return [p.name for p in self.network.populations if p.model_in("wake").is_input]
