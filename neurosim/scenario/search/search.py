"""A search of settings: trials of values from the ranges of a scenario file, each judged on the validation part.

A trial runs the scenario with each seed; its value is the mean accuracy over all classes after the last task. The test
part is never looked at. Trials are asked for in rounds (`neurosim.scenario.search.asking`), run by whatever runs them,
and kept in the order in which they were asked for. So a search that was killed and goes on ends like one that was not,
and one that ran side by side like one that did not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial

from neurosim.edges.toml.setting_paths import Setting
from neurosim.errors import NeurosimError, SpecError
from neurosim.scenario import engine
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import SearchListener
from neurosim.scenario.preparation import prepare
from neurosim.scenario.schema import SearchTable
from neurosim.scenario.search import storage as kept
from neurosim.scenario.search.asking import distributions, rest_of_round, settings
from neurosim.scenario.search.finals import Finalist, best_first, finals
from neurosim.scenario.search.ranges import Search
from neurosim.scenario.search.rounds import Runner, SettingsRuns, in_turn
from neurosim.scenario.search.tried_settings import Threshold, TriedSettings, value


@dataclass(frozen=True)
class SearchOutcome:
    """What a search found.

    Attributes
    ----------
    trials, pruned
        Trials that have ended, and those of them that ended early.
    trial, accuracy, settings
        The best trial, counted from 1, its mean accuracy, and its values by their keys. Where there are finalists, the
        best is the first of them.
    finalists
        The best trials with fresh seeds, best first.
    """

    trials: int
    pruned: int
    trial: int
    accuracy: float
    settings: Mapping[str, Setting]
    finalists: tuple[Finalist, ...] = ()


def search(
    asked: Search,
    open_session: engine.OpenSession,
    data: Dataset,
    storage: Path,
    listener: SearchListener | None = None,
    runner: Runner = in_turn,
) -> SearchOutcome:
    """Run the trials that the storage does not have yet, and then the finalists, if the file asks for some.

    Parameters
    ----------
    data
        The data of the scenario, with a validation part.
    storage
        A file of SQLite: a new one, or one that an earlier call of the same search left behind, finished or not.
    runner
        Runs the trials of a round; whichever does, they come to the same.

    Raises
    ------
    SpecError
        For data without a validation part, and for a storage that is of another search, in use, or no storage.
    NeurosimError
        If no trial got as far as the last task, or no finalist stayed finite.
    """
    _check_with_data(asked, data)
    with kept.opened(asked, storage) as study:
        return _Searching(asked, study, open_session, data, listener or SearchListener(), runner).outcome()


def _check_with_data(search: Search, data: Dataset) -> None:
    tasks, after = prepare(search.scenario({}), data, "validation").tasks, search.table.prune_after
    if after is not None and after >= len(tasks):
        raise SpecError(f"search.prune_after = {after}; expected less than {len(tasks)}, the number of tasks")


@dataclass(frozen=True, eq=False)
class _Searching:
    """A search that is under way, with all that it needs."""

    asked: Search
    study: optuna.Study
    open_session: engine.OpenSession
    data: Dataset
    listener: SearchListener
    runner: Runner

    def outcome(self) -> SearchOutcome:
        ended, trials = kept.ended(self.study), self.asked.table.trials
        self.listener.before_search(len(ended), _best_value(ended), trials)
        while len(ended) < trials:
            for now in self._round(ended):
                self.listener.after_trial(len(now), _best_value(now))
            ended = kept.ended(self.study)
        _check_whole(ended)
        by_fresh_seeds = finals(self.asked, self.study, self._finalist, self.runner, self.listener)
        return self._found(ended, by_fresh_seeds)

    def _round(self, ended: list[FrozenTrial]) -> Iterator[list[FrozenTrial]]:
        """Run what a round has left; the trials that have ended each time that one has."""
        ranges, threshold = distributions(self.asked), _threshold(self.asked.table)
        begun = [kept.begin(self.study, drawn, ranges) for drawn in rest_of_round(self.asked, ended)]
        tried = [self._tried(n, trial.params, threshold) for n, trial in enumerate(begun, len(ended) + 1)]
        runs = [SettingsRuns(one, self.asked.table.seeds) for one in tried]
        with closing(self.runner(runs, self.listener)) as outcomes:
            for trial, of_seeds in zip(begun, outcomes, strict=True):
                kept.end(self.study, trial, value(of_seeds), self.asked)
                yield kept.ended(self.study)

    def _tried(self, trial: int, drawn: Mapping[str, Setting], threshold: Threshold | None) -> TriedSettings:
        scenario = self.asked.scenario(settings(self.asked, drawn))
        return TriedSettings(trial, scenario, self.data, self.open_session, threshold)

    def _finalist(self, trial: int) -> TriedSettings:
        return self._tried(trial, kept.ended(self.study)[trial - 1].params, None)

    def _found(self, ended: list[FrozenTrial], finalists: list[Finalist]) -> SearchOutcome:
        if finalists and finalists[0].final_accuracy is None:
            raise NeurosimError(
                f"none of {len(finalists)} finalists stayed finite with all fresh seeds; raise search.finalists"
            )
        whole = best_first(ended)
        trial, accuracy = (finalists[0].trial, finalists[0].accuracy) if finalists else whole[0]
        best = settings(self.asked, ended[trial - 1].params)
        return SearchOutcome(len(ended), len(ended) - len(whole), trial, accuracy, best, tuple(finalists))


def _threshold(table: SearchTable) -> Threshold | None:
    if table.prune_after is None or table.prune_below is None:
        return None
    return Threshold(table.prune_after, table.prune_below)


def _best_value(ended: list[FrozenTrial]) -> float | None:
    return max((t.value for t in ended if t.value is not None), default=None)


def _check_whole(ended: list[FrozenTrial]) -> None:
    if not best_first(ended):
        raise NeurosimError(
            f"none of {len(ended)} trials got as far as the last task; lower search.prune_below, or narrow the ranges"
        )
