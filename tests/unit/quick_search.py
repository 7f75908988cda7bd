"""A search whose runs take no time: what a run comes to is a function of its settings and its seed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from test_search import DIGITS_SLEEP, SMALLER

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import NumericalError
from neurosim.scenario import engine
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.preparation import prepare
from neurosim.scenario.search import tried_settings
from neurosim.scenario.search.ranges import Search
from neurosim.scenario.streams import Task

COMPILE = ReferenceBackend().compile
THETA, INC, RATE, BETA = (
    "network.population.hidden.sleep.theta", "network.projection.*.sleep.learning.0.inc", "sleep.rate", "training.beta",
)  # fmt: skip
RANGES = f"""
[search]
trials = 15
seeds = [5, 6]
prune_after = 1
prune_below = 0.1

[search.range]
"{THETA}" = {{ low = 0.5, high = 50.0, log = true }}
"{INC}" = {{ low = 1e-3, high = 5e-2, log = true }}
"sleep.steps" = {{ low = 10, high = 40 }}
"{BETA}" = {{ choices = [0.3, 0.5, 0.9] }}
"""

Told = tuple[dict[str, Any], float | None, str, dict[int, float]]


def quick_file(folder: Path, search: str = "") -> Path:
    """The file, with more lines in its [search]."""
    text = DIGITS_SLEEP.read_text() + RANGES.replace("[search]\n", f"[search]\n{search}\n")
    for old, new in SMALLER.items():
        text = text.replace(old, new)
    path = folder / "s.toml"
    path.write_text(text)
    return path


@cache
def quick(search: str = "", trials: int | None = None) -> Search:
    """The search of that file, read once."""
    with TemporaryDirectory() as folder:
        return Search.read(quick_file(Path(folder), search), trials)


@cache
def digits() -> Dataset:
    """The data of the file."""
    return quick().scenario({}).data.build()


@cache
def tasks() -> list[Task]:
    """The tasks of the file."""
    return prepare(quick().scenario({}), digits(), "validation").tasks


@contextmanager
def quick_runs() -> Iterator[None]:
    """Within it, trials are prepared and run in no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "run_prepared", quick_run)
        patch.setattr(tried_settings, "prepare", lambda scenario, *_: SimpleNamespace(scenario=scenario, tasks=tasks()))
        yield


def quick_run(prepared: Any, _: Any, seed: int, *, listener: Listener) -> Any:
    """In place of `engine.run_prepared`. Little `inc` ends early, and some steps do not stay finite."""
    scenario = prepared.scenario
    hidden = scenario.network.population["hidden"].sleep.__pydantic_extra__
    [rule] = scenario.network.projection["input_hidden"].sleep.learning
    steps = scenario.sleep.steps
    if steps in (13, 27):
        raise NumericalError("hidden", "s", 0, 0, float("nan"))
    distance = (hidden["theta"] - 7.0) / 10.0
    accuracy = scenario.training.beta / (1.0 + distance * distance) - steps / 1000.0 + seed / 10_000.0
    early = 20.0 * rule.__pydantic_extra__["inc"]
    listener.before_scenario(prepared.tasks)
    for task, now in zip(prepared.tasks, (early, accuracy), strict=True):
        listener.before_task(task)
        listener.after_task(task, [now] * len(prepared.tasks))
    return SimpleNamespace(accuracy=accuracy)


def told(storage: Path) -> list[Told]:
    """What each trial that has ended tried, what it was worth, how it ended, and its accuracy when it ended early."""
    study = optuna.load_study(study_name="neurosim", storage=f"sqlite:///{storage}")
    ended = [t for t in study.trials if t.state.is_finished() and t.state.name != "FAIL"]
    return [(t.params, t.value, t.state.name, t.intermediate_values) for t in ended]


def values_of(trials: Sequence[Told]) -> list[float | None]:
    return [value for _, value, _, _ in trials]
