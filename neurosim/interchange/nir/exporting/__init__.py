"""From a network to a graph."""
