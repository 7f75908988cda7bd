"""The torch backend as neurosim finds it; torch itself is imported when something is compiled."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING

import neurosim
from neurosim.backend.contract import FEATURES, Capabilities
from neurosim.errors import BackendUnavailable
from neurosim.program.program import Program

if TYPE_CHECKING:
    from neurosim_torch.session import TorchSession


class TorchBackend:
    """PyTorch, many trials at once where nothing is learned from one to the next."""

    name = "torch"

    def capabilities(self) -> Capabilities:
        """``cpu``, and ``cuda`` where torch finds such a device."""
        notes = {"cpu": "batches of trials", "cuda": "batches of trials, deterministic algorithms"}
        modes = ("cpu", "cuda") if _has_cuda() else ("cpu",)
        return Capabilities(modes, dict.fromkeys(modes, FEATURES), notes={m: notes[m] for m in modes})

    def versions(self) -> dict[str, str]:
        """Raises BackendUnavailable where torch is not installed."""
        try:
            found = {"neurosim": neurosim.__version__, "torch": version("torch")}
        except PackageNotFoundError:
            raise BackendUnavailable("backend torch needs PyTorch: pip install 'neurosim[torch]'") from None
        return found | {"python": platform.python_version()}

    def compile(
        self, program: Program, *, mode: str = "default", dtype: str = "float64", batch: int = 1
    ) -> TorchSession:
        """A session.

        Parameters
        ----------
        dtype
            ``float64``, or ``float32``: faster, and outside every tier of agreement.
        batch
            Trials that learn together: each starts from the same weights, and the mean of their changes counts. 1 is
            the semantics of programs. Where nothing is learned, batches are as large as is useful.

        Raises
        ------
        BackendUnavailable
            Without torch, or for ``cuda`` without such a device.
        InputError
            For another dtype, or float32 under grid arithmetic, whose sums need the bits of float64.
        """
        self.versions()
        from neurosim_torch.session import TorchSession

        return TorchSession(program, self, "cpu" if mode == "default" else mode, dtype, batch)


def _has_cuda() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()
