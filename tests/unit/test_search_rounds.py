"""Trials in rounds: what they try, whatever runs them, wherever a search is ended, and what finalists come to."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import quick_search
from quick_search import BETA, COMPILE, INC, THETA, Told, digits, quick_file, quick_run, told, values_of

from neurosim.errors import BackendError, NeurosimError, NumericalError, SpecError
from neurosim.model.randomness import stream
from neurosim.scenario import engine, schema
from neurosim.scenario.listeners.events import SearchListener
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.parallel import Job, JobsListener
from neurosim.scenario.search import asking
from neurosim.scenario.search.best_file import best_file
from neurosim.scenario.search.ranges import Search
from neurosim.scenario.search.rounds import Runner, at_once, in_turn
from neurosim.scenario.search.search import SearchOutcome, search

FINALS = "finalists = 3\nfinal_seeds = [50, 51]"
FOUR = f"at_once = 4\n{FINALS}"
Quick = Callable[..., SearchOutcome]


def backwards(jobs: Sequence[Job[Any]], heard: JobsListener) -> Iterator[tuple[int, Any]]:
    """All jobs at once, the last of which ends first."""
    for number in range(len(jobs)):
        heard.begun(number)
    for number in reversed(range(len(jobs))):
        yield number, jobs[number].work(ProgressListener())
        heard.ended(number)


BACKWARDS: Runner = partial(at_once, backwards)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Quick]:
    """Run a search with more lines in its [search], kept under a name."""

    def run(name: str, lines: str = "", runner: Runner = in_turn, listener: Any = None, **given: Any) -> SearchOutcome:
        return search(quick_search.quick(lines, **given), COMPILE, digits(), tmp_path / name, listener, runner)

    with quick_search.quick_runs():
        yield run


Undisturbed = Callable[..., tuple[SearchOutcome, list[Told]]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """What a search that nobody ends comes to, with more lines in its [search]: outcome and trials."""

    @cache
    def run(lines: str = "") -> tuple[SearchOutcome, list[Told]]:
        folder = tmp_path_factory.mktemp("undisturbed")
        with quick_search.quick_runs():
            outcome = search(quick_search.quick(lines), COMPILE, digits(), folder / "s.db")
        run.storages[lines] = folder / "s.db"
        return outcome, told(folder / "s.db")

    run.storages = {}
    return run


@pytest.fixture
def ended(undisturbed: Undisturbed, tmp_path: Path) -> SearchOutcome:
    """What a search without finalists came to, whose trials are in `s.db`."""
    outcome, _ = undisturbed("")
    shutil.copy(undisturbed.storages[""], tmp_path / "s.db")
    return outcome


# one at a time


@pytest.mark.skipif(optuna.__version__ != "5.0.0", reason="another Optuna may draw other values")
def test_one_at_a_time_is_what_it_was_before_there_were_rounds(undisturbed: Undisturbed) -> None:
    """Values of neurosim before `at_once`: three trials at random and the last three."""
    _, trials = undisturbed("")
    assert [[*params.values()] for params, *_ in trials[:3] + trials[-3:]] == [
        [6.559554327900614, 0.002117069162024666, 13, 0.3],
        [3.7185477035730163, 0.004786631224307845, 35, 0.5],
        [7.572611611676526, 0.01792006628291334, 29, 0.9],
        [2.00135682425057, 0.017364882955886524, 35, 0.9],
        [4.512779544711789, 0.015175609336812276, 14, 0.9],
        [7.90228405131809, 0.01987673426672284, 10, 0.9],
    ]
    assert values_of(trials)[1:4] == pytest.approx([0.09574, 0.8686047092436873, 0.0207], abs=1e-12)
    assert [state for _, _, state, _ in trials].count("PRUNED") == 7


def test_one_at_a_time_tries_what_optuna_asks_for_when_told_of_each(undisturbed: Undisturbed) -> None:
    asked = quick_search.quick()
    study = optuna.create_study(direction="maximize")
    for number, (params, value, state, early) in enumerate(undisturbed("")[1]):
        study.sampler = optuna.samplers.TPESampler(seed=int(stream(5, "search", number).integers(2**32)))
        trial = study.ask(asking.distributions(asked))
        assert trial.params == params
        for step, accuracy in early.items():
            trial.report(accuracy, step)
        study.tell(trial, value if state == "COMPLETE" else None, optuna.trial.TrialState[state])


# several at once


@pytest.mark.parametrize("lines", [FOUR, "at_once = 13"])
def test_what_runs_a_round_and_in_which_order_makes_no_difference(
    quick: Quick, undisturbed: Undisturbed, tmp_path: Path, lines: str
) -> None:
    outcome, trials = undisturbed(lines)
    assert quick("s.db", lines, BACKWARDS) == outcome
    assert told(tmp_path / "s.db") == trials
    assert {state for _, _, state, _ in trials} == {"COMPLETE", "PRUNED"}


def test_what_a_trial_tries_follows_from_those_before_its_round(undisturbed: Undisturbed) -> None:
    """Ten trials at least are drawn at random; a round of four at the ninth knows no more than eight."""
    one, four = undisturbed("")[1], undisturbed(FOUR)[1]
    assert one[:10] == four[:10]
    assert one[10] != four[10]


def test_values_of_its_own_round_do_not_count_and_those_of_earlier_rounds_do(undisturbed: Undisturbed) -> None:
    asked, trials = quick_search.quick(FOUR), undisturbed(FOUR)[1]
    ranges = asking.distributions(asked)

    def asked_for(changed: int, value: float) -> list[dict[str, Any]]:
        values = [value if number == changed else 0.1 for number in range(13)]
        known = [
            optuna.trial.create_trial(params=params, distributions=ranges, value=v)
            for (params, *_), v in zip(trials, values, strict=False)
        ]
        return list(asking.rest_of_round(asked, known))

    assert len(asked_for(12, 0.0)) == 2, "the fourteenth and the fifteenth"
    assert asked_for(12, 0.0) == asked_for(12, 1.0)
    assert asked_for(11, 0.0) != asked_for(11, 1.0)


def test_trials_of_one_round_differ(undisturbed: Undisturbed) -> None:
    of_round = [params[THETA] for params, *_ in undisturbed(FOUR)[1][12:]]
    assert len(of_round) == len(set(of_round)) == 3


def test_a_round_is_asked_for_before_any_of_it_runs(quick: Quick) -> None:
    sizes: list[int] = []

    def counting(trials: Sequence[Any], listener: SearchListener) -> Any:
        sizes.append(len(trials))
        return in_turn(trials, listener)

    quick("s.db", "at_once = 4", counting)
    assert sizes[:4] == [4, 4, 4, 3], "15 trials; the last round is smaller"


def test_more_trials_later_are_those_of_a_search_that_had_them_from_the_start(
    quick: Quick, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    for trials in (3, 13, 15):
        quick("s.db", "at_once = 4", trials=trials)
    assert told(tmp_path / "s.db") == undisturbed(FOUR)[1]


def test_runs_behind_one_that_ends_early_do_not_count(quick: Quick, tmp_path: Path) -> None:
    """At once they have run; in turn they have not."""
    names: list[str] = []

    def noting(jobs: Sequence[Job[Any]], heard: JobsListener) -> Iterator[tuple[int, Any]]:
        names.extend(job.name for job in jobs)
        return backwards(jobs, heard)

    class Hearing(SearchListener):
        def before_run(self, trial: int, seed: int) -> None:
            heard.append(f"trial {trial}, seed {seed}")

    heard: list[str] = []
    quick("a", "at_once = 4", partial(at_once, noting), trials=4)
    quick("b", "at_once = 4", in_turn, Hearing(), trials=4)
    assert names == [f"trial {trial}, seed {seed}" for trial in (1, 2, 3, 4) for seed in (5, 6)]
    early = [number for number, t in enumerate(told(tmp_path / "a"), 1) if t[2] == "PRUNED"]
    assert [name for name in names if name not in heard] == [f"trial {number}, seed 6" for number in early]
    assert told(tmp_path / "a") == told(tmp_path / "b")


def test_another_number_at_once_is_another_search(quick: Quick) -> None:
    quick("s.db", trials=3)
    with pytest.raises(SpecError, match=r"'search\.at_once' is 4 here and was absent there"):
        quick("s.db", "at_once = 4")


def test_one_at_once_is_what_a_file_without_it_means(quick: Quick) -> None:
    assert quick("s.db", trials=3) == quick("s.db", "at_once = 1", trials=3)


# ended anywhere


class Ending(SearchListener):
    """Interrupts a search after so many events of a kind."""

    def __init__(self, event: str, after: int):
        self._left = after
        setattr(self, event, self._count)

    def _count(self, *_: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("runner", "event", "after"),
    [
        (in_turn, "after_trial", 13),
        (in_turn, "before_run", 3),
        (BACKWARDS, "after_trial", 12),
        (BACKWARDS, "before_run", 20),
    ],
)
def test_a_search_that_was_interrupted_goes_on_as_if_it_had_not_been(
    quick: Quick, undisturbed: Undisturbed, tmp_path: Path, runner: Runner, event: str, after: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        quick("s.db", FOUR, runner, Ending(event, after))
    had = told(tmp_path / "s.db")
    outcome, trials = undisturbed(FOUR)
    assert had == trials[: len(had)]
    if event == "after_trial":
        assert len(had) == after + 1, "what has ended of a round is kept"
    assert quick("s.db", FOUR, runner) == outcome
    assert told(tmp_path / "s.db") == trials


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from quick_search import COMPILE, digits, quick_runs
from neurosim.scenario.search import storage
from neurosim.scenario.search.ranges import Search
from neurosim.scenario.search.search import search
end, ended = storage.end, []
def killing(*arguments):
    end(*arguments)
    ended.append(1)
    if len(ended) == 13:  # the first of the fourth round
        os.kill(os.getpid(), signal.SIGKILL)
storage.end = killing
asked = Search.read(Path(sys.argv[1]))
with quick_runs():
    search(asked, COMPILE, digits(), Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_search_that_was_killed_within_a_round_ends_like_one_that_was_not(
    quick: Quick, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    path = quick_file(tmp_path, FOUR)
    arguments = [path, tmp_path / "s.db", Path(__file__).parent]
    assert subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False).returncode == -signal.SIGKILL
    assert len(told(tmp_path / "s.db")) == 13
    assert (quick("s.db", FOUR), told(tmp_path / "s.db")) == undisturbed(FOUR)


def test_a_run_that_fails_ends_the_search_by_its_name_and_what_was_before_it_is_kept(
    quick: Quick, tmp_path: Path
) -> None:
    def failing(jobs: Sequence[Job[Any]], heard: JobsListener) -> Iterator[tuple[int, Any]]:
        for number, outcome in backwards(jobs, heard):
            fails = jobs[number].name == "trial 7, seed 6"
            yield number, BackendError("no more memory") if fails else outcome

    with pytest.raises(NeurosimError, match=r"^trial 7, seed 6: no more memory$"):
        quick("s.db", "at_once = 4", partial(at_once, failing))
    assert len(told(tmp_path / "s.db")) == 6


def test_leaving_a_round_ends_the_jobs(quick: Quick) -> None:
    ended: list[bool] = []

    def noting(jobs: Sequence[Job[Any]], heard: JobsListener) -> Iterator[tuple[int, Any]]:
        try:
            yield from backwards(jobs, heard)
        finally:
            ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        quick("s.db", "at_once = 4", partial(at_once, noting), Ending("after_trial", 1))
    assert ended == [True]


# finalists


def test_finalists_are_the_best_trials_and_the_best_has_the_best_mean_of_fresh_seeds(
    quick: Quick, ended: SearchOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_way_round(prepared: Any, opened: Any, seed: int, *, listener: Any) -> Any:
        result = quick_run(prepared, opened, seed, listener=listener)
        if seed in (50, 51):
            result.accuracy = 1.0 - result.accuracy + (seed == 51) / 10
        return result

    monkeypatch.setattr(engine, "run_prepared", other_way_round)
    outcome = quick("s.db", FINALS)
    by_search = sorted(outcome.finalists, key=lambda f: -f.accuracy)
    assert (by_search[0].trial, by_search[0].accuracy) == (ended.trial, ended.accuracy)
    assert outcome.finalists == tuple(reversed(by_search))
    best = outcome.finalists[0]
    assert (outcome.trial, outcome.accuracy) == (best.trial, best.accuracy)
    assert list(best.final_accuracies) == [50, 51]
    assert best.final_accuracy == pytest.approx(np.mean([*best.final_accuracies.values()]))
    assert outcome.settings[BETA] == 0.9


def test_runs_of_finalists_that_are_there_are_not_run_again(
    quick: Quick, ended: SearchOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    def noting(*arguments: Any, **named: Any) -> Any:
        seeds.append(arguments[2])
        return quick_run(*arguments, **named)

    first = quick("s.db", FINALS)
    monkeypatch.setattr(engine, "run_prepared", noting)
    assert quick("s.db", FINALS) == first
    assert seeds == []
    quick("s.db", "finalists = 4\nfinal_seeds = [50, 51, 52]")
    assert sorted(seeds) == [50, 51, 52, 52, 52, 52]


def test_finalists_that_were_interrupted_go_on_with_the_runs_that_are_left(quick: Quick, ended: SearchOutcome) -> None:
    heard: list[int] = []

    class Hearing(SearchListener):
        def before_finals(self, runs: int) -> None:
            heard.append(runs)

    with pytest.raises(KeyboardInterrupt):
        quick("s.db", FINALS, in_turn, Ending("before_run", 4))
    quick("s.db", FINALS, in_turn, Hearing())
    assert heard == [2], "of three finalists with two seeds each"


def test_no_threshold_ends_a_finalist(quick: Quick, ended: SearchOutcome, monkeypatch: pytest.MonkeyPatch) -> None:
    of_trials = quick_run

    def low(prepared: Any, opened: Any, seed: int, *, listener: Any) -> Any:
        listener.after_task(prepared.tasks[0], [0.0] * len(prepared.tasks))
        return of_trials(prepared, opened, seed, listener=listener)

    monkeypatch.setattr(engine, "run_prepared", low)
    outcome = quick("s.db", "finalists = 1\nfinal_seeds = [50]")
    assert outcome.finalists[0].final_accuracy is not None


def test_a_finalist_that_does_not_stay_finite_is_last(
    quick: Quick, ended: SearchOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    thetas = [ended.settings[THETA]]

    def failing(prepared: Any, opened: Any, seed: int, *, listener: Any) -> Any:
        hidden = prepared.scenario.network.population["hidden"].sleep.__pydantic_extra__
        if hidden["theta"] in thetas and seed == 51:
            raise NumericalError("hidden", "s", 0, 0, float("nan"))
        return quick_run(prepared, opened, seed, listener=listener)

    monkeypatch.setattr(engine, "run_prepared", failing)
    outcome = quick("s.db", FINALS)
    last = outcome.finalists[-1]
    assert (last.trial, last.final_accuracy, last.final_accuracies[51]) == (ended.trial, None, None)
    assert outcome.trial != ended.trial
    assert quick("s.db", FINALS) == outcome


def test_where_no_finalist_stays_finite_there_is_no_best(
    quick: Quick, ended: SearchOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = NumericalError("hidden", "s", 0, 0, float("nan"))
    monkeypatch.setattr(engine, "run_prepared", lambda *_, **__: (_ for _ in ()).throw(error))
    with pytest.raises(NeurosimError, match="none of 3 finalists stayed finite with all fresh seeds"):
        quick("s.db", FINALS)


def test_fewer_whole_trials_than_finalists_are_all_finalists(quick: Quick, ended: SearchOutcome) -> None:
    outcome = quick("s.db", "finalists = 50\nfinal_seeds = [50]")
    assert len(outcome.finalists) == outcome.trials - outcome.pruned


def test_finalists_leave_the_trials_as_they_are(undisturbed: Undisturbed) -> None:
    assert undisturbed("")[1] == undisturbed(FINALS)[1]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("finalists = 3", "expected both of 'finalists' and 'final_seeds', or neither"),
        ("final_seeds = [50]", "expected both of 'finalists' and 'final_seeds', or neither"),
        ("finalists = 0\nfinal_seeds = [50]", "search.finalists"),
        ("finalists = 2\nfinal_seeds = []", "search.final_seeds"),
        ("finalists = 2\nfinal_seeds = [50, 6, 5]", "expected seeds that no trial has; seeds has 5, 6, too"),
        ("finalists = 2\nfinal_seeds = [50, 51, 50]", "expected each seed once; 50 is there more than once"),
        ("at_once = 0", "search.at_once"),
    ],
)
def test_a_search_that_is_none_is_refused(tmp_path: Path, lines: str, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Search.read(quick_file(tmp_path, lines))
    assert text in str(caught.value)


def test_other_seeds_that_are_final_seeds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"s\.toml: search\.final_seeds: expected .* seeds has 51, too"):
        Search.read(quick_file(tmp_path, FINALS), seeds=(7, 51))


def test_the_best_file_says_in_its_first_line_what_the_best_came_to(undisturbed: Undisturbed, tmp_path: Path) -> None:
    outcome, _ = undisturbed(FINALS)
    asked = quick_search.quick(FINALS)
    first, _, rest = best_file(asked, outcome, tmp_path / "best.toml").partition("\n")
    assert rest == asked.text(outcome.settings, tmp_path / "best.toml")
    best = outcome.finalists[0]
    assert first == (
        f"# neurosim search: trial {best.trial} of 15; accuracy {best.final_accuracy:.3f} with fresh seeds 50, 51; "
        f"{best.accuracy:.3f} with seeds 5, 6, by which it was one of the best 3; validation part"
    )
    assert schema.parse(first + "\n" + rest) == asked.scenario(outcome.settings)


def test_a_search_of_a_best_file_replaces_its_first_line(undisturbed: Undisturbed, tmp_path: Path) -> None:
    outcome, _ = undisturbed(FINALS)
    once = best_file(quick_search.quick(FINALS), outcome, tmp_path / "best.toml")
    (tmp_path / "best.toml").write_text(once)
    assert best_file(Search.read(tmp_path / "best.toml"), outcome, tmp_path / "again.toml") == once


def test_without_finalists_the_best_file_has_no_such_line(undisturbed: Undisturbed, tmp_path: Path) -> None:
    outcome, _ = undisturbed("")
    asked = quick_search.quick()
    assert best_file(asked, outcome, tmp_path / "b.toml") == asked.text(outcome.settings, tmp_path / "b.toml")


def test_settings_are_put_where_they_belong(undisturbed: Undisturbed) -> None:
    """What this file's runs come to depends on all ranges."""
    assert set(undisturbed("")[0].settings) == {THETA, INC, "sleep.steps", BETA}
