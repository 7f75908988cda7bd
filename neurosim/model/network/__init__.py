"""Networks: populations, projections and what they make together, with its files."""

from neurosim.model.network.network import Network, Population, Projection, Variable

__all__ = ["Network", "Population", "Projection", "Variable"]
