"""Values that differ from neuron to neuron, or from synapse to synapse: how they are distributed, and how drawn."""

from __future__ import annotations

from neurosim.model.distributions.choices import choice
from neurosim.model.distributions.distribution import Distribution
from neurosim.model.distributions.families import exponential, gamma, lognormal, uniform
from neurosim.model.distributions.gaussian import normal
from neurosim.model.distributions.given import Given, values

__all__ = [
    "Distribution",
    "Given",
    "choice",
    "exponential",
    "gamma",
    "lognormal",
    "normal",
    "uniform",
    "values",
]
