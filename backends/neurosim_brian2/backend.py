"""The Brian2 backend: which modes work here, and a session for each."""

from __future__ import annotations

import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

import neurosim
from neurosim.backend.contract import Capabilities
from neurosim.backend.host_session import HostSession
from neurosim.backend.processes import interpreter
from neurosim.edges.optional_packages import BRIAN2, needed
from neurosim.errors import BackendUnavailable
from neurosim.program.features import Feature
from neurosim.program.program import Program
from neurosim_brian2.building import compiler

COMPILED = ("standalone", "cython")
"""Modes that need a C++ compiler."""


@contextmanager
def warnings_kept() -> Iterator[None]:
    """Brian2's first import hands the warnings of the whole process to its log; they go on being shown as before."""
    shown = warnings.showwarning
    try:
        yield
    finally:
        warnings.showwarning = shown


class Brian2Backend:
    """NeuronGroups and Synapses generated from the program's equations.

    An instance looks for the compiler and for versions once.
    """

    name = "brian2"

    def capabilities(self) -> Capabilities:
        """``standalone`` is the default where there is a C++ compiler, else ``numpy``, with a warning."""
        modes: tuple[str, ...] = (*COMPILED, "numpy")
        if self._compiler is None:
            warnings.warn("brian2: no C++ compiler (g++) found; mode numpy is used, which is far slower", stacklevel=2)
            modes = ("numpy", *COMPILED)
        features = dict.fromkeys(modes, frozenset(Feature) - {Feature.BATCHES})
        return Capabilities(modes, features | {"standalone": frozenset(Feature)})

    def versions(self) -> dict[str, str]:
        """Those of neurosim, Brian2, NumPy, Python, and of the compiler where there is one.

        Raises
        ------
        BackendUnavailable
            Where Brian2 is not installed.
        """
        return dict(self._versions)

    def compile(self, program: Program, *, mode: str = "default") -> HostSession:
        """A session; with ``standalone`` the binary is built, if the cache has none.

        Raises
        ------
        BackendUnavailable
            Without Brian2, or for a compiled mode without a C++ compiler.
        BackendError
            If the build fails.
        """
        mode = self.capabilities().modes[0] if mode == "default" else mode
        self.versions()
        if mode in COMPILED and self._compiler is None:
            raise BackendUnavailable(f"backend brian2:{mode} needs a C++ compiler: install g++, or use brian2:numpy")
        if mode == "standalone":
            with needed(BRIAN2, "backend brian2"):
                from neurosim_brian2.standalone import StandaloneSession

            return StandaloneSession(program, self, mode)
        # Brian2 executes a file `brian_preferences` of the working folder.
        with needed(BRIAN2, "backend brian2"), interpreter.elsewhere(), warnings_kept():
            from neurosim_brian2.runtime import RuntimeSession

        return RuntimeSession(program, self, mode)

    @cached_property
    def _compiler(self) -> str | None:
        return compiler.compiler()

    @cached_property
    def _versions(self) -> dict[str, str]:
        versions = {"neurosim": neurosim.__version__, "brian2": BRIAN2.version("backend brian2")}
        versions |= {"numpy": np.__version__, "python": platform.python_version()}
        return versions | ({"g++": compiler.version(self._compiler)} if self._compiler else {})

    def __getstate__(self) -> dict[str, Any]:
        """A copy in another process looks anew: what is there may differ."""
        return {name: value for name, value in vars(self).items() if name not in ("_compiler", "_versions")}
