"""Study folders: many runs of one study, each at a place that follows from what it is.

`Study.read` tells what a folder holds, also while others write to it; `StudyDirectory` is held by the one who does.
"""

from __future__ import annotations

from neurosim.results.studies.about import FORMAT, STUDY, AboutStudy, is_study
from neurosim.results.studies.cell import Cell, backend_folder, place_of, seed_folder
from neurosim.results.studies.directory import (
    ASKED,
    COMPARISON,
    ENDED,
    FAILED,
    INTERRUPTED,
    LADDER,
    RUNS,
    StudyDirectory,
    run_path,
    this_process,
)
from neurosim.results.studies.study import Study, StudyRun

__all__ = [
    "ASKED",
    "COMPARISON",
    "ENDED",
    "FAILED",
    "FORMAT",
    "INTERRUPTED",
    "LADDER",
    "RUNS",
    "STUDY",
    "AboutStudy",
    "Cell",
    "Study",
    "StudyDirectory",
    "StudyRun",
    "backend_folder",
    "is_study",
    "place_of",
    "run_path",
    "seed_folder",
    "this_process",
]
