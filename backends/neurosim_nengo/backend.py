"""The Nengo backend as neurosim finds it; Nengo itself is imported when something is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import neurosim
from neurosim.backend.contract import Capabilities
from neurosim.edges.optional_packages import NENGO, needed
from neurosim.errors import BackendUnavailable, UnknownBackend, nearest
from neurosim.program.features import Feature
from neurosim.program.program import Program

if TYPE_CHECKING:
    from neurosim_nengo.session import NengoSession

MODES = ("native", "fused")


class NengoBackend:
    """Nengo's reference simulator, on the CPU.

    `native` builds a network of Ensembles and Connections. `fused` puts the whole program into one operator: faster,
    but nothing of it is left for Nengo to see.
    """

    name = "nengo"

    def capabilities(self) -> Capabilities:
        """Two modes, and what each is made of; needs no Nengo."""
        notes = {
            "native": "Ensembles with a neuron type made from the equations, Connections with shared weights",
            "fused": "one custom operator, not Ensembles",
        }
        features = {"native": frozenset(Feature) - {Feature.BATCHES}, "fused": frozenset(Feature)}
        return Capabilities(modes=MODES, features=features, notes=notes)

    def versions(self) -> dict[str, str]:
        """Those of neurosim, Nengo and NumPy.

        Raises
        ------
        BackendUnavailable
            Where Nengo is not installed, or is set to numbers of 32 bits.
        """
        with needed(NENGO, "backend nengo"):
            from nengo import __version__ as nengo_version
            from nengo import rc
        if rc.float_dtype != np.float64:
            raise BackendUnavailable("backend nengo: nengo.rc has 'bits = 32' under [precision]; neurosim needs 64")
        return {"neurosim": neurosim.__version__, "nengo": nengo_version, "numpy": np.__version__}

    def compile(self, program: Program, *, mode: str = "default") -> NengoSession:
        """A session, which builds a simulator at its first run.

        Raises
        ------
        UnknownBackend
            For another mode.
        BackendUnavailable
            Where Nengo is not installed, or is set to numbers of 32 bits.
        UnsupportedFeature
            If the mode cannot run the program.
        """
        mode = MODES[0] if mode == "default" else mode
        if mode not in MODES:
            raise UnknownBackend(f"backend 'nengo:{mode}': nengo has no mode '{mode}'; {nearest(mode, MODES)}")
        self.versions()
        from neurosim_nengo.session import NengoSession

        return NengoSession(program, self, mode)
