"""Packages that only some of neurosim needs, and the one error that says that one of them is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from neurosim.edges.foreign_errors import said
from neurosim.errors import BackendUnavailable, NeurosimError


@dataclass(frozen=True)
class Extra:
    """An optional part of the installation.

    Attributes
    ----------
    title
        In the user's words.
    packages
        Names under which they are installed and imported, the first that of which the version counts.
    install
        The command that brings it.
    """

    title: str
    packages: tuple[str, ...]
    install: str

    def missing(self, what: str) -> BackendUnavailable:
        """Return the error of something that needs it."""
        return BackendUnavailable(f"{what} needs {self.title}: {self.install}")

    def version(self, what: str) -> str:
        """Return the version of the installed distribution, which is not imported.

        Raises
        ------
        BackendUnavailable
            If it is not installed.
        """
        try:
            return version(self.packages[0])
        except PackageNotFoundError:
            raise self.missing(what) from None


def _extra(title: str, name: str, *packages: str) -> Extra:
    return Extra(title, packages, f"pip install 'neurosim[{name}]'")


TORCH = _extra("PyTorch", "torch", "torch")
BRIAN2 = _extra("Brian2", "brian2", "brian2")
NENGO = _extra("Nengo", "nengo", "nengo")
LAVA = Extra(
    "Lava",
    ("lava-nc", "lava"),
    "uv pip install 'neurosim[lava]', in a checkout of neurosim (with Python 3.10, pip does it too)",
)
PLOT = _extra("matplotlib", "plot", "matplotlib")
PANDAS = _extra("pandas", "frames", "pandas")
XARRAY = _extra("xarray", "frames", "xarray")
NEO = _extra("Neo", "neo", "neo", "quantities")
SERIAL = _extra("pyserial", "serial", "pyserial", "serial")
STATS = _extra("SciPy", "stats", "scipy")
DOWNLOAD = _extra("pooch", "download", "pooch")
REPORT = _extra("Jinja2", "report", "jinja2")
TRACK = _extra("tensorboardX", "track", "tensorboardx", "tensorboardX")
NIR = _extra("nir and SciPy", "nir", "nir", "scipy")
TONIC = _extra("tonic", "tonic", "tonic")
DASK = _extra("Dask", "dask", "distributed", "dask", "cryptography")
SLURM = _extra("submitit", "slurm", "submitit")
SEARCH = _extra("Optuna and tomlkit", "search", "optuna", "tomlkit")


@contextmanager
def needed(extra: Extra, what: str) -> Iterator[None]:
    """Turn errors of the imports inside into one that says how to install the package.

    Parameters
    ----------
    what
        What needs it, in the user's words: ``"backend torch"``, ``"training by gradients"``.

    Raises
    ------
    BackendUnavailable
        Where the package is missing, or is installed and does not import.
    """
    try:
        yield
    except (NeurosimError, MemoryError):
        raise
    except Exception as error:
        absent = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in extra.packages
        if absent:
            raise extra.missing(what) from error
        raise BackendUnavailable(
            f"{what} needs {extra.title}, which does not import here ({said(error)}); install it anew: {extra.install}"
        ) from error
