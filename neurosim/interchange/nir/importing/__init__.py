"""From a graph to a network."""
