"""A search of settings: trials of values from the ranges of a scenario file, each judged on the validation part.

A trial runs the scenario with each seed; its value is the mean accuracy over all classes after the last task. The test
part is never looked at. What the next trial tries (tree-structured Parzen estimator, Bergstra et al. 2011) follows from
the trials that have ended and the stream ``search/NUMBER OF THEM``, so a search that was killed and goes on ends like
one that was not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from filelock import FileLock, Timeout
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from neurosim.edges import files, format_version
from neurosim.edges.toml.setting_paths import Setting
from neurosim.errors import ExactnessLost, NeurosimError, NumericalError, SpecError
from neurosim.model.randomness import stream
from neurosim.scenario import engine
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import Listener, SearchListener
from neurosim.scenario.preparation import prepare
from neurosim.scenario.schema import SearchTable
from neurosim.scenario.search.ranges import Range, Search
from neurosim.scenario.streams import Task

SQLITE = b"SQLite format 3\0"
"""A file of SQLite begins with these bytes."""

FORMAT = 1
"""Version of what neurosim keeps in a storage; a storage without a version has this one."""

STUDY = "neurosim"
"""The name of the study in its storage."""


@dataclass(frozen=True)
class SearchOutcome:
    """What a search found.

    Attributes
    ----------
    trials, pruned
        Trials that have ended, and those of them that ended early.
    trial, accuracy, settings
        The best trial, counted from 1, its mean accuracy, and its values by their keys.
    """

    trials: int
    pruned: int
    trial: int
    accuracy: float
    settings: Mapping[str, Setting]


class Pruned(Exception):
    """Ends a trial that is not worth going on with; `accuracy` is the trial's."""

    def __init__(self, accuracy: float):
        self.accuracy = accuracy
        super().__init__(f"accuracy {accuracy:.3f}")


def search(
    asked: Search,
    open_session: engine.OpenSession,
    data: Dataset,
    storage: Path,
    listener: SearchListener | None = None,
) -> SearchOutcome:
    """Run the trials that the storage does not have yet.

    Parameters
    ----------
    storage
        A file of SQLite: a new one, or one that an earlier call of the same search left behind, finished or not.
    data
        The data of the scenario, with a validation part.

    Raises
    ------
    SpecError
        For data without a validation part, and for a storage that is of another search, in use, or no storage.
    NeurosimError
        If no trial got as far as the last task.
    """
    listener = listener or SearchListener()
    tasks = _check_with_data(asked, data)
    with _study(asked, storage) as study:
        ended = _ended(study)
        listener.before_search(len(ended), _best_value(ended), asked.table.trials)
        while len(ended) < asked.table.trials:
            _one_trial(asked, study, len(ended), open_session, data, _Trial(asked.table, tasks, listener))
            ended = _ended(study)
            listener.after_trial(len(ended), _best_value(ended))
        return _outcome(asked, ended)


def _check_with_data(search: Search, data: Dataset) -> list[Task]:
    tasks, after = prepare(search.scenario({}), data, "validation").tasks, search.table.prune_after
    if after is not None and after >= len(tasks):
        raise SpecError(f"search.prune_after = {after}; expected less than {len(tasks)}, the number of tasks")
    return tasks


def _check_storage(storage: Path) -> None:
    """Refuse a file that holds something else than trials, before anything is written to it or beside it."""
    if "?" in str(storage):
        raise SpecError(
            f"{storage}: a storage has no '?' in its name, which begins options there; name another --storage"
        )
    try:
        content = files.content(storage)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SpecError(
            f"{storage}: no storage of a search ({error.strerror or error}); name another --storage"
        ) from None
    if content and not (content.startswith(SQLITE) and b"studies" in content and b"trials" in content):
        raise SpecError(f"{storage}: no storage of a search, but something else; name another --storage")


@contextmanager
def _study(search: Search, storage: Path) -> Iterator[optuna.Study]:
    """The study of a storage, which is locked against other processes."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    _check_storage(storage)
    try:
        with FileLock(f"{storage}.lock", timeout=0):
            yield _opened(search, storage)
    except Timeout:
        raise SpecError(f"{storage}: another search is using it; wait for it, or name another --storage") from None


def _opened(search: Search, storage: Path) -> optuna.Study:
    try:
        study = optuna.create_study(
            study_name=STUDY, storage=f"sqlite:///{storage}", direction="maximize", load_if_exists=True
        )
    except Exception as error:  # of whichever layer below Optuna finds that this is no database, or not one of its own
        reason = str(error).splitlines()[0]
        raise SpecError(f"{storage}: no storage of a search ({reason}); name another --storage") from None
    version = study.user_attrs.get("format", FORMAT)
    format_version.check(version, FORMAT, f"{storage}: trials of a search", SpecError)
    known = study.user_attrs.get("scenario")
    if known is None:
        study.set_user_attr("format", FORMAT)
        study.set_user_attr("scenario", search.identity)
    else:
        _check_same(search.identity, known, storage)
    for trial in study.get_trials(states=(TrialState.RUNNING,)):  # its process is gone
        study.tell(trial.number, state=TrialState.FAIL)
    return study


def _check_same(identity: dict[str, Any], known: dict[str, Any], storage: Path) -> None:
    for key in [*identity, *known]:
        now, then = identity.get(key), known.get(key)
        if now != then or type(now) is not type(then):
            words = ["absent" if v is None else f"{v!r:.60}" for v in (now, then)]
            raise SpecError(
                f"{storage} holds the search of another scenario: '{key}' is {words[0]} here and was {words[1]} there; "
                "name another --storage"
            )


def _ended(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


class _Trial(Listener):
    """Reports the share of a trial that has run, and ends a trial that is not worth going on with."""

    def __init__(self, table: SearchTable, tasks: list[Task], listener: SearchListener):
        self._table, self._listener = table, listener
        self._sizes = [len(t.validation) for t in tasks]
        self._tested = 0

    def after_task(self, task: Task, accuracies: list[float]) -> None:
        self._tested += 1
        self._listener.within_trial(self._tested / (len(self._sizes) * len(self._table.seeds)))
        below = self._table.prune_below
        accuracy = float(np.average(accuracies, weights=self._sizes))
        if below is not None and task.index + 1 == self._table.prune_after and accuracy < below:
            raise Pruned(accuracy)


def _one_trial(
    search: Search, study: optuna.Study, number: int, open_session: engine.OpenSession, data: Dataset, trial: _Trial
) -> None:
    """Draw settings, run them with each seed, and store the mean accuracy."""
    seed = int(stream(search.table.seeds[0], "search", number).integers(2**32))
    study.sampler = optuna.samplers.TPESampler(seed=seed)
    drawn = study.ask({r.key: _distribution(r) for r in search.ranges})
    scenario = search.scenario(_settings(search, drawn.params))
    try:
        prepared = prepare(scenario, data, "validation")
        results = [engine.run_prepared(prepared, open_session, s, listener=trial) for s in search.table.seeds]
    except Pruned as pruned:
        assert search.table.prune_after is not None
        drawn.report(pruned.accuracy, search.table.prune_after)
        study.tell(drawn, state=TrialState.PRUNED)
    except (NumericalError, ExactnessLost):  # settings with which the network does not stay finite are just bad ones
        study.tell(drawn, state=TrialState.PRUNED)
    else:
        study.tell(drawn, float(np.mean([r.accuracy for r in results])))


def _distribution(range_: Range) -> BaseDistribution:
    if range_.table.choices is not None:
        return CategoricalDistribution(range_.table.choices)
    low, high = (float(end) for end in range_.extremes)
    if range_.whole:
        return IntDistribution(int(low), int(high), log=range_.table.log)
    return FloatDistribution(low, high, log=range_.table.log)


def _settings(search: Search, drawn: Mapping[str, Any]) -> dict[str, Setting]:
    return {r.key: r.setting(drawn[r.key]) for r in search.ranges}


def _best_value(ended: list[FrozenTrial]) -> float | None:
    return max((t.value for t in ended if t.value is not None), default=None)


def _outcome(search: Search, ended: list[FrozenTrial]) -> SearchOutcome:
    whole = [(i, t) for i, t in enumerate(ended, 1) if t.state == TrialState.COMPLETE]
    if not whole:
        raise NeurosimError(
            f"none of {len(ended)} trials got as far as the last task; lower search.prune_below, or narrow the ranges"
        )
    number, best = max(whole, key=lambda pair: pair[1].value or 0.0)
    assert best.value is not None
    return SearchOutcome(len(ended), len(ended) - len(whole), number, best.value, _settings(search, best.params))
