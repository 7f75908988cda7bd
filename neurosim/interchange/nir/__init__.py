"""NIR, the neuromorphic intermediate representation: graphs in HDF5 files, read and written.

A NIR graph has equations in continuous time and no step. What is left open by that is a choice (`Choices`), each is an
argument, and a `Report` tells all that were made.
"""

from neurosim.interchange.nir.choices import Choices
from neurosim.interchange.nir.graphs.graph import Graph, Node
from neurosim.interchange.nir.imported import Imported
from neurosim.interchange.nir.report import Report
from neurosim.interchange.nir.traffic import read, to_graph, write

__all__ = ["Choices", "Graph", "Imported", "Node", "Report", "read", "to_graph", "write"]
