"""Studies: variants of a scenario and settings of a grid, on several backends, with several seeds, in one folder.

from neurosim.scenario import studies

study = studies.run("scenarios/studies/digits.toml", seeds="0..4", backends=["brian2"])
for run in study.runs():
print(run.cell.words, run.where, run.identity.seed, run.result().accuracy)
"""

from __future__ import annotations

from neurosim.results.studies import Cell, Study, StudyRun
from neurosim.scenario.studies.calls import run

__all__ = ["Cell", "Study", "StudyRun", "run"]
