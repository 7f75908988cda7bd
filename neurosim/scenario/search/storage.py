"""The file in which a search keeps its trials: a study of Optuna in SQLite, checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from neurosim.backend.processes.locked_file import Held, LockedFile
from neurosim.edges import files, format_version
from neurosim.errors import SpecError
from neurosim.scenario.search.ranges import Search
from neurosim.scenario.search.tried_settings import Early, RunOutcome

SQLITE = b"SQLite format 3\0"
"""A file of SQLite begins with these bytes."""

FORMAT = 1
"""Version of what neurosim keeps in a storage; a storage without a version has this one."""

STUDY = "neurosim"
"""The name of the study in its storage."""

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


@contextmanager
def opened(search: Search, storage: Path) -> Iterator[optuna.Study]:
    """The study of a storage, which is locked against other processes.

    Raises
    ------
    SpecError
        For a storage that is of another search, in use, or no storage.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    _check_storage(storage)
    with _locked(storage):
        yield _study(search, storage)


def _locked(storage: Path) -> LockedFile:
    try:
        return LockedFile(Path(f"{storage}.lock"))
    except Held:
        raise SpecError(f"{storage}: another search is using it; wait for it, or name another --storage") from None
    except OSError as error:
        raise SpecError(f"{storage}: cannot be locked ({error.strerror}); name another --storage") from None


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


def _study(search: Search, storage: Path) -> optuna.Study:
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


# trials


def ended(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that have ended, in the order in which they were asked for; the first is trial 1."""
    return study.get_trials(deepcopy=False, states=ENDED)


def begin(study: optuna.Study, drawn: Mapping[str, Any], ranges: dict[str, BaseDistribution]) -> Trial:
    """Keep that a trial of these values has begun."""
    study.sampler = _Given(drawn)
    return study.ask(ranges)


class _Given(BaseSampler):
    """Draws the values that it is given."""

    def __init__(self, values: Mapping[str, Any]):
        self._values = values

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._values[param_name]


def end(study: optuna.Study, trial: Trial, worth: RunOutcome, search: Search) -> None:
    """Keep what a trial is worth; one that ended early counts as bad, the worse the lower its accuracy was."""
    if not isinstance(worth, Early):
        study.tell(trial, worth)
        return
    if worth.accuracy is not None:
        assert search.table.prune_after is not None
        trial.report(worth.accuracy, search.table.prune_after)
    study.tell(trial, state=TrialState.PRUNED)


# finalists


def final_run(study: optuna.Study, trial: int, seed: int) -> RunOutcome | None:
    """What the run of a finalist came to, if it is there."""
    key = _final(trial, seed)
    if key not in study.user_attrs:
        return None
    accuracy = study.user_attrs[key]
    return Early(None) if accuracy is None else float(accuracy)


def keep_final_run(study: optuna.Study, trial: int, seed: int, outcome: RunOutcome) -> None:
    """Keep what the run of a finalist came to: its accuracy, or nothing where the network did not stay finite."""
    study.set_user_attr(_final(trial, seed), None if isinstance(outcome, Early) else outcome)


def _final(trial: int, seed: int) -> str:
    return f"final/{trial}/{seed}"
