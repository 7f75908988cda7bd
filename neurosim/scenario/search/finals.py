"""The best trials of a search once more, with seeds that none of them was chosen by.

The best of many trials is in part the luckiest of them, the more so the fewer seeds they have. What its settings are
worth is what they come to with other seeds, which also say which of several good ones is best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from neurosim.scenario.listeners.events import SearchListener
from neurosim.scenario.search import storage
from neurosim.scenario.search.ranges import Search
from neurosim.scenario.search.rounds import Runner, SettingsRuns
from neurosim.scenario.search.tried_settings import Early, RunOutcome, TriedSettings


@dataclass(frozen=True)
class Finalist:
    """One of the best trials, with fresh seeds.

    Attributes
    ----------
    trial
        Counted from 1.
    accuracy
        What the trial was worth.
    final_accuracies
        By fresh seed; None where the network did not stay finite.
    """

    trial: int
    accuracy: float
    final_accuracies: Mapping[int, float | None]

    @property
    def final_accuracy(self) -> float | None:
        """Mean of the fresh seeds; None if the network did not stay finite with one of them."""
        found = [a for a in self.final_accuracies.values() if a is not None]
        return float(np.mean(found)) if len(found) == len(self.final_accuracies) else None


def best_first(ended: Sequence[FrozenTrial]) -> list[tuple[int, float]]:
    """Number, counted from 1, and value of each whole trial; of equal ones the earlier first."""
    whole = [(number, t.value) for number, t in enumerate(ended, 1) if t.state == TrialState.COMPLETE]
    return sorted(((number, v) for number, v in whole if v is not None), key=lambda pair: -pair[1])


def finals(
    search: Search,
    study: optuna.Study,
    tried: Callable[[int], TriedSettings],
    runner: Runner,
    listener: SearchListener,
) -> list[Finalist]:
    """The finalists, best first, those that did not stay finite last; runs that the study has are not run again.

    Parameters
    ----------
    tried
        The settings of the trial of that number, without a threshold.

    Raises
    ------
    NeurosimError
        If a run fails.
    """
    chosen, seeds = best_first(storage.ended(study))[: search.table.finalists or 0], search.table.final_seeds or ()
    missing = [(n, s) for n, _ in chosen for s in seeds if storage.final_run(study, n, s) is None]
    if missing:
        listener.before_finals(len(missing))
    settings = {n: tried(n) for n, _ in missing}
    with closing(runner([SettingsRuns(settings[n], (s,)) for n, s in missing], listener)) as outcomes:
        for (number, seed), [outcome] in zip(missing, outcomes, strict=True):
            storage.keep_final_run(study, number, seed, outcome)
    found = [Finalist(n, value, {s: _accuracy(storage.final_run(study, n, s)) for s in seeds}) for n, value in chosen]
    return sorted(found, key=lambda f: -1.0 if f.final_accuracy is None else f.final_accuracy, reverse=True)


def _accuracy(outcome: RunOutcome | None) -> float | None:
    return None if isinstance(outcome, Early) else outcome
