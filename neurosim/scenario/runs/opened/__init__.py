"""What a folder holds, opened to be looked at: a run, a study, or a recording. Nothing is locked or written."""

from neurosim.scenario.runs.opened.opening import open
from neurosim.scenario.runs.opened.run import OpenedRun
from neurosim.scenario.runs.opened.study import OpenedStudy, UnfinishedRun

__all__ = ["OpenedRun", "OpenedStudy", "UnfinishedRun", "open"]
