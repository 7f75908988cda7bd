"""Projections that do not connect all pairs: Brian2's Synapses, whose wiring is read when a run starts.

The templates in ``templates/sparse/`` have the names of those of Brian2 that they stand in for. A session gives
synapses by source, then by target, so that what a neuron delivers lies in one piece.
"""

from __future__ import annotations

from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject


class SparseCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """Templates of this package stand in for Brian2's."""

    templater = CPPStandaloneCodeObject.templater.derive("neurosim_brian2", templates_dir="templates/sparse")
