"""Sums over dense projections at the speed of plain C: a code object of Brian2 with a template of our own.

Brian2's template finds the neurons of each synapse in two arrays. Here every pair is connected, so they are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject


class DenseGenerator(CPPCodeGenerator):  # type: ignore[misc]
    """Reads no arrays of indices: the template's loops have them as counters."""

    def translate_to_read_arrays(self, read: Iterable[str], write: Iterable[str], indices: Iterable[str]) -> Any:
        counted = {"_presynaptic_idx", "_postsynaptic_idx"}
        return super().translate_to_read_arrays(read, write, set(indices) - counted)


class DenseCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """``templates/summed_variable.cpp`` of this package stands in for Brian2's."""

    templater = CPPStandaloneCodeObject.templater.derive("neurosim_brian2")
    generator_class = DenseGenerator
