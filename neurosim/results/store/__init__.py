"""Run directories: a checkpoint after every phase, so that a run survives its process; never over another run.

`RunDirectory` keeps a run and restores it; `read` gives the result of a finished run, `read_lazily` without its arrays
until they are asked for.
"""

from __future__ import annotations

from neurosim.results.store.directory import FORMAT, RUN, SCENARIO, RunDirectory, has_result, read_run
from neurosim.results.store.identity import Identity, check_same
from neurosim.results.store.new_directory import check_writable
from neurosim.results.store.reading import read, read_lazily
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
    "read_lazily",
    "read_run",
]
