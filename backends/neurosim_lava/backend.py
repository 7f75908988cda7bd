"""The Lava backend: what it can do, what it needs, and its sessions."""

from __future__ import annotations

import math
import os
import platform
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np

import neurosim
from neurosim.backend.contract import Capabilities, Session
from neurosim.backend.process_graph import ProcessGraph, without_trials
from neurosim.edges.optional_packages import LAVA
from neurosim.errors import InputError
from neurosim.program.features import Feature
from neurosim.program.program import Program

DEADLINE_SECONDS = 600.0
DEADLINE_VARIABLE = "NEUROSIM_DEADLINE"


class LavaBackend:
    """Lava on its CPU runtime, in a supervised process of its own. An instance looks for versions once.

    Parameters
    ----------
    deadline
        Seconds without any progress after which a run is given up; 600, or what the environment variable
        NEUROSIM_DEADLINE says.

    Raises
    ------
    InputError
        If that variable is no number of seconds above 0.
    """

    name = "lava"

    def __init__(self, deadline: float | None = None):
        self.deadline = _deadline() if deadline is None else deadline

    def capabilities(self) -> Capabilities:
        """Two modes, and what each is made of."""
        notes = {
            "fused": "one process on Lava's CPU runtime, not mappable to a chip",
            "mapped": "a process for each population and each direction of a projection on Lava's CPU runtime; "
            "Lava's own LIF and Dense where the equations are theirs",
        }
        features = {"fused": frozenset(Feature), "mapped": frozenset(Feature) - {Feature.BATCHES}}
        return Capabilities(modes=tuple(notes), features=features, notes=notes)

    def versions(self) -> dict[str, str]:
        """Those of neurosim, NumPy, Python, Lava, and of what its process is reached through.

        Raises
        ------
        BackendUnavailable
            Where Lava is not installed.
        """
        return dict(self._versions)

    def compile(self, program: Program, *, mode: str = "default") -> Session:
        """A session in Lava's process, which is started if there is none.

        Raises
        ------
        BackendUnavailable
            Where Lava is not installed.
        UnsupportedFeature
            If the mode cannot run the program.
        BackendError
            If the process does not start in time.
        """
        self.versions()
        from neurosim_lava.fused.session import FusedSession
        from neurosim_lava.mapped.session import MappedSession

        sessions = {"default": FusedSession, "fused": FusedSession, "mapped": MappedSession}
        return sessions[mode](program, self, "fused" if mode == "default" else mode, self.deadline)

    def graph(self, program: Program, *, mode: str, learn: bool = True) -> ProcessGraph:
        """The processes of a program; needs no Lava.

        Raises
        ------
        InputError
            For the mode ``fused``, which is one process.
        """
        from neurosim_lava.mapped.graph import graph

        if mode != "mapped":
            raise InputError(f"backend {self.name}:{mode} is one process, which is no graph; try {self.name}:mapped")
        return graph(without_trials(program, learn))

    @cached_property
    def _versions(self) -> dict[str, str]:
        versions = {"neurosim": neurosim.__version__, "numpy": np.__version__, "python": platform.python_version()}
        return versions | {"lava-nc": LAVA.version("backend lava"), "execnet": version("execnet")}

    def __getstate__(self) -> dict[str, Any]:
        """A copy in another process looks anew: what is there may differ."""
        return {name: value for name, value in vars(self).items() if name != "_versions"}


def _deadline() -> float:
    text = os.environ.get(DEADLINE_VARIABLE, "")
    try:
        seconds = float(text) if text else DEADLINE_SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise InputError(f"environment variable {DEADLINE_VARIABLE} is {text!r}, expected a number of seconds above 0")
    return seconds
