"""Run directories: a checkpoint after every phase, so that a run survives its process; never over another run.

`RunDirectory` keeps a run and restores it; `read` gives the result of a finished run.
"""

from __future__ import annotations

from neurosim.results.store.directory import FORMAT, RUN, SCENARIO, RunDirectory, has_result, read_run
from neurosim.results.store.identity import Identity, check_same
from neurosim.results.store.new_directory import check_writable
from neurosim.results.store.reading import read
from neurosim.results.store.tables import RESULT

__all__ = [
    "FORMAT",
    "RESULT",
    "RUN",
    "SCENARIO",
    "Identity",
    "RunDirectory",
    "check_same",
    "check_writable",
    "has_result",
    "read",
    "read_run",
]
