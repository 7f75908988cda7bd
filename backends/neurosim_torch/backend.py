"""The torch backend as neurosim finds it; torch itself is imported when something is compiled."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import neurosim
from neurosim.backend.contract import Capabilities
from neurosim.edges.deprecated import warn_of_argument
from neurosim.edges.optional_packages import TORCH, needed
from neurosim.edges.values import whole_number
from neurosim.errors import BackendUnavailable, UnknownBackend, nearest
from neurosim.program.features import Feature
from neurosim.program.lowering.lower import in_batches
from neurosim.program.program import Program

if TYPE_CHECKING:
    from neurosim_torch.session import TorchSession

MODES = ("cpu", "cuda")


class TorchBackend:
    """PyTorch, many trials at once where nothing is learned from one to the next."""

    name = "torch"

    def capabilities(self) -> Capabilities:
        """``cpu``, and ``cuda`` where torch finds such a device."""
        notes = {"cpu": "batches of trials", "cuda": "batches of trials, deterministic algorithms"}
        modes = MODES if _has_cuda() else MODES[:1]
        return Capabilities(modes, dict.fromkeys(modes, frozenset(Feature)), notes={m: notes[m] for m in modes})

    def versions(self) -> dict[str, str]:
        """Raises BackendUnavailable where torch is not installed."""
        with needed(TORCH, "backend torch"):
            import torch.cuda  # `torch` alone might be any folder of that name
        python = platform.python_version()
        return {"neurosim": neurosim.__version__, "torch": str(torch.__version__), "python": python}

    def compile(
        self, program: Program, *, mode: str = "default", dtype: str = "float64", batch: int = 1
    ) -> TorchSession:
        """A session.

        Parameters
        ----------
        dtype
            ``float64``, or ``float32``: faster, and outside every tier of agreement.
        batch
            Deprecated; `Schedule(batch=)` has taken its place, on every backend. As there, the *sum* over the trials
            of a batch counts. Where nothing is learned, trials run together as is useful.

        Raises
        ------
        BackendUnavailable
            Without torch, or for ``cuda`` without such a device.
        UnknownBackend
            For another mode.
        ModelError
            For a rule that cannot be added up over the trials of a batch.
        InputError
            For another dtype, or float32 under grid arithmetic, whose sums need the bits of float64.
        """
        self.versions()
        mode = MODES[0] if mode == "default" else mode
        if mode not in MODES:
            raise UnknownBackend(f"backend 'torch:{mode}': torch has no mode '{mode}'; {nearest(mode, MODES)}")
        if mode not in self.capabilities().modes:
            raise BackendUnavailable(f"backend torch:{mode}: torch finds no CUDA device here; use torch:cpu")
        from neurosim_torch.session import TorchSession

        if whole_number(batch, "batch", least=1) > 1:
            warn_of_argument("TorchBackend.compile(batch=)", "Schedule(batch=), the sum over the trials and no mean,")
            program = in_batches(program, batch)
        return TorchSession(program, self, mode, dtype)


def _has_cuda() -> bool:
    try:
        import torch.cuda
    except Exception:  # missing, or it does not import: `versions` says so
        return False
    return torch.cuda.is_available()
