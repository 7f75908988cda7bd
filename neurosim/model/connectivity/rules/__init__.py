"""Wiring by a rule: which pairs of neurons have a synapse is drawn, or taken from a matrix, once sizes are known."""

from __future__ import annotations

from neurosim.model.connectivity.rules.degrees import fixed_in_degree, fixed_out_degree
from neurosim.model.connectivity.rules.distance import by_distance
from neurosim.model.connectivity.rules.layout import grid_layout
from neurosim.model.connectivity.rules.matrix import from_matrix
from neurosim.model.connectivity.rules.plain import all_to_all, one_to_one, pairs
from neurosim.model.connectivity.rules.probability import random
from neurosim.model.connectivity.rules.rule import Sides, WiringRule
from neurosim.model.connectivity.rules.total import fixed_total

__all__ = [
    "Sides",
    "WiringRule",
    "all_to_all",
    "by_distance",
    "fixed_in_degree",
    "fixed_out_degree",
    "fixed_total",
    "from_matrix",
    "grid_layout",
    "one_to_one",
    "pairs",
    "random",
]
