"""Functions of the equation language that Brian2 lacks or defines otherwise, each for its three code generators.

They do what NumPy does: a NaN stays a NaN, `ns_where` never multiplies the branch that it does not take, `ns_floor`
gives a float.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from brian2 import Function

_DEFINITIONS: dict[str, tuple[str, str, str, Callable[..., object]]] = {
    # name: (arguments, C++, Cython, NumPy)
    "ns_where": ("cab", "c ? a : b", "a if c else b", np.where),
    "ns_minimum": ("ab", "(a < b || a != a) ? a : b", "a if (a < b or a != a) else b", np.minimum),
    "ns_maximum": ("ab", "(a > b || a != a) ? a : b", "a if (a > b or a != a) else b", np.maximum),
    "ns_sign": ("a", "a > 0 ? 1.0 : a < 0 ? -1.0 : a", "1.0 if a > 0 else (-1.0 if a < 0 else a)", np.sign),
    "ns_floor": ("a", "std::floor(a)", "ns_c_floor(a)", np.floor),
    "ns_trunc": ("a", "std::trunc(a)", "ns_c_trunc(a)", np.trunc),
    "ns_abs": ("a", "std::fabs(a)", "ns_c_fabs(a)", np.abs),
    "ns_single": ("a", "(double)(float)a", "<double><float>a", lambda a: np.asarray(a, np.float32).astype(np.float64)),
}
_CIMPORTS = {
    "ns_floor": "from libc.math cimport floor as ns_c_floor\n",
    "ns_trunc": "from libc.math cimport trunc as ns_c_trunc\n",
    "ns_abs": "from libc.math cimport fabs as ns_c_fabs\n",
}


def functions() -> dict[str, Function]:
    """The namespace of every Brian2 object."""
    return {name: _function(name, *definition) for name, definition in _DEFINITIONS.items()}


def _function(name: str, arguments: str, cpp: str, cython: str, numpy: Callable[..., object]) -> Function:
    boolean = [a == "c" for a in arguments]
    function = Function(
        numpy,
        arg_units=[1] * len(arguments),
        return_unit=1,
        arg_types=["boolean" if b else "float" for b in boolean],
        return_type="float",
    )
    typed = ", ".join(f"{'bool' if b else 'double'} {a}" for a, b in zip(arguments, boolean, strict=True))
    code = f"static inline double {name}({typed}) {{ return {cpp}; }}"
    function.implementations.add_implementation("cpp", code, name=name)
    typed = typed.replace("bool ", "bint ")
    code = f"{_CIMPORTS.get(name, '')}cdef inline double {name}({typed}) noexcept nogil:\n    return {cython}\n"
    function.implementations.add_implementation("cython", code, name=name)
    function.implementations.add_implementation("numpy", numpy, name=name)
    return function
