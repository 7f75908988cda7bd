"""Programs on Brian2: NeuronGroups and Synapses from a Program's equations, in three modes.

``standalone`` compiles them to a C++ program of their own, ``cython`` and ``numpy`` execute the same objects in this
process. A cursor steps through trials and phases and tells each object when it is due; everything else is Brian2's.
Importing this package imports no Brian2.
"""

from neurosim_brian2.backend import Brian2Backend

__all__ = ["Brian2Backend"]
