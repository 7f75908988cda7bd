"""A search of settings: what its ranges match, what its trials are worth, and how it goes on."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
import tomlkit

from neurosim.backend.contract import Session
from neurosim.backend.reference import ReferenceBackend
from neurosim.edges.toml import setting_paths
from neurosim.errors import NeurosimError, NumericalError, SpecError
from neurosim.program.program import Program
from neurosim.scenario import engine, schema
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.listeners.events import SearchListener
from neurosim.scenario.preparation import plan
from neurosim.scenario.search.ranges import Search
from neurosim.scenario.search.search import SearchOutcome, search

DIGITS_SLEEP = Path(__file__).parents[1] / "digits_sleep.toml"
SMALLER = {
    "size = 256": "size = 4", "test = 360": "test = 60\ntrain = 60", "validation = 287": "validation = 60",
    "increment = 2": "increment = 5", "free_steps = 20": "free_steps = 4", "nudged_steps = 8": "nudged_steps = 2",
    "steps = 747": "steps = 30",
}  # fmt: skip
RANGES = """
[search]
trials = 3
seeds = [5, 6]

[search.range]
"network.projection.*.sleep.learning.0.inc" = { low = 1e-3, high = 5e-2, log = true }
"network.population.hidden.sleep.theta" = { low = 0.5, high = 50.0, log = true }
"sleep.steps" = { low = 10, high = 40 }
"""
Write = Callable[..., Path]
COMPILE = ReferenceBackend().compile


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file with a search, some texts of it replaced."""

    def written(*changes: tuple[str, str], ranges: str = RANGES) -> Path:
        text = DIGITS_SLEEP.read_text() + ranges
        for old, new in [*SMALLER.items(), *changes]:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / "s.toml"
        path.write_text(text)
        return path

    return written


def refusal(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        Search.read(path)
    return str(caught.value)


def data_of(in_file: Search) -> Dataset:
    return in_file.scenario({}).data.build()


def outcome_of(in_file: Search, storage: Path, open_session: engine.OpenSession = COMPILE) -> SearchOutcome:
    return search(in_file, open_session, data_of(in_file), storage)


# ranges


def test_a_star_gives_one_value_to_all_that_match(write: Write) -> None:
    scenario = Search.read(write()).scenario({"network.projection.*.sleep.learning.0.inc": 0.02})
    rules = [p.sleep.learning[0] for p in scenario.network.projection.values()]
    assert [r.__pydantic_extra__["inc"] for r in rules] == [0.02, 0.02]


def test_only_what_a_range_matches_is_changed(write: Write) -> None:
    in_file = Search.read(write())
    before, after = (dict(setting_paths.leaves(d)) for d in (in_file.document, setting_paths.replaced(
        in_file.document, in_file.placed({"sleep.steps": 11}))))  # fmt: skip
    assert {k: v for k, v in after.items() if before[k] != v} == {"sleep.steps": 11}


@pytest.mark.parametrize(
    ("key", "texts"),
    [
        ("sleep.stesp", ["'stesp' is not there; did you mean 'steps'?"]),
        ("network.population.hiden.sleep.theta", ["'hiden' is not there; did you mean 'hidden'?"]),
        ("network.projection.*.wake.learning.1.lr", ["'1' is not there; known: 0"]),
        ("network.population.hidden", ["'network.population.hidden', which is no single value", "'size'"]),
        ("data.test", ["[data] is the same in all trials"]),
        ("*.test", ["[data] is the same in all trials"]),
        ("search.trials", ["[search] is the same in all trials"]),
    ],
)
def test_a_key_that_no_trial_can_change_is_refused(write: Write, key: str, texts: list[str]) -> None:
    message = refusal(write(('"sleep.steps"', f'"{key}"')))
    for text in ["s.toml: search.range", f"'{key}'", *texts]:
        assert text in message


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        (("low = 10, high = 40", "low = 0, high = 40"), ["'sleep.steps'", "0 is refused"]),
        (
            ("low = 10, high = 40", "low = 10, high = 40.5"),
            ["'sleep.steps'", "40.5 is refused", "expected a whole number"],
        ),
        (
            ('"sleep.steps" = { low = 10, high = 40 }', '"training.method" = { choices = ["one-side"] }'),
            ["'training.method'", "'one-side' is refused", "did you mean 'one-sided'?"],
        ),
    ],
)
def test_values_that_the_scenario_refuses_are_refused_before_any_trial(
    write: Write, change: tuple[str, str], texts: list[str]
) -> None:
    message = refusal(write(change))
    for text in texts:
        assert text in message


def test_two_ranges_for_one_place_are_refused(write: Write) -> None:
    double = '"network.population.*.sleep.theta" = { low = 1.0, high = 2.0 }\n'
    assert "both match 'network.population.hidden.sleep.theta'" in refusal(write(ranges=RANGES + double))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("low = 10, high = 40", "low = 40, high = 10"), "expected low < high"),
        (("low = 0.5, high = 50.0", "low = 0.0, high = 50.0"), "expected low > 0 where log = true"),
        (("low = 10, high = 40", "low = 10"), "expected 'low' and 'high', perhaps with 'log', or 'choices'"),
        (("trials = 3", "prune_after = 1"), "expected both of 'prune_after' and 'prune_below', or neither"),
    ],
)
def test_a_range_that_is_none_is_refused(write: Write, change: tuple[str, str], text: str) -> None:
    assert text in refusal(write(change))


def test_a_scenario_without_a_search_is_refused(write: Write) -> None:
    assert "it has no [search]" in refusal(write(ranges=""))


# trials


def test_values_lie_in_their_ranges_and_are_whole_where_range_and_file_are(write: Write, tmp_path: Path) -> None:
    in_file = Search.read(write())
    drawn = outcome_of(in_file, tmp_path / "s.db").settings
    assert 1e-3 <= drawn["network.projection.*.sleep.learning.0.inc"] <= 5e-2
    assert 0.5 <= drawn["network.population.hidden.sleep.theta"] <= 50.0
    assert drawn["sleep.steps"] in range(10, 41)
    assert type(drawn["sleep.steps"]) is int


def test_numbers_that_are_not_whole_have_four_digits_and_stay_in_their_range(write: Write) -> None:
    theta = Search.read(write(("low = 0.5, high = 50.0", "low = 0.512345, high = 50.0"))).ranges[1]
    assert theta.setting(3.14159265) == 3.142
    assert theta.setting(0.5123451) == 0.512345


def test_a_trial_is_worth_its_mean_accuracy_on_the_validation_part(write: Write, tmp_path: Path) -> None:
    in_file = Search.read(write(("trials = 3", "trials = 1")))
    outcome = outcome_of(in_file, tmp_path / "s.db")
    scenario = in_file.scenario(outcome.settings)
    runs = [engine.run(scenario, COMPILE, seed, part="validation") for seed in (5, 6)]
    assert outcome.accuracy == pytest.approx(np.mean([r.accuracy for r in runs]), abs=1e-12)


def test_the_test_part_is_never_looked_at(write: Write, tmp_path: Path) -> None:
    in_file = Search.read(write())
    data = data_of(in_file)
    inputs, labels = data.array.copy(), data.labels.copy()
    inputs[data.test], labels[data.test] = 1 - inputs[data.test], (labels[data.test] + 1) % 10
    spoiled = replace(data, inputs=inputs, labels=labels)
    outcomes = [search(in_file, COMPILE, d, tmp_path / name) for name, d in (("a", data), ("b", spoiled))]
    assert outcomes[0] == outcomes[1]


def test_data_without_a_validation_part_are_refused(write: Write, tmp_path: Path) -> None:
    in_file = Search.read(write(("validation = 60", "validation = 0")))
    with pytest.raises(SpecError, match="in the part 'validation'; make it larger"):
        outcome_of(in_file, tmp_path / "s.db")


def test_a_trial_below_the_threshold_ends_after_its_task(write: Write, tmp_path: Path) -> None:
    in_file = Search.read(write(("trials = 3", "trials = 2\nprune_after = 1\nprune_below = 1.0")))
    opened: list[Program] = []

    def counting(program: Program) -> Session:
        opened.append(program)
        return COMPILE(program)

    with pytest.raises(NeurosimError, match="none of 2 trials got as far as the last task; lower search"):
        outcome_of(in_file, tmp_path / "s.db", counting)
    assert [p.mode for p in opened] == ["wake", "sleep"] * 2, "the second seed of neither trial has run"


def test_a_threshold_after_the_last_task_is_refused(write: Write, tmp_path: Path) -> None:
    in_file = Search.read(write(("trials = 3", "prune_after = 2\nprune_below = 0.5")))
    with pytest.raises(SpecError, match=r"search\.prune_after = 2; expected less than 2, the number of tasks"):
        outcome_of(in_file, tmp_path / "s.db")


def test_settings_that_do_not_stay_finite_do_not_end_the_search(write: Write, tmp_path: Path) -> None:
    errors = [NumericalError("hidden", "s", 0, 0, float("nan"))]

    def failing_once(program: Program) -> Session:
        if errors:
            raise errors.pop()
        return COMPILE(program)

    outcome = outcome_of(Search.read(write()), tmp_path / "s.db", failing_once)
    assert (outcome.trials, outcome.pruned) == (3, 1)


def test_settings_that_are_constants_leave_every_program_as_it_is(write: Write) -> None:
    in_file = Search.read(write())
    digests = set()
    for low in (True, False):
        scenario = in_file.scenario({r.key: r.extremes[0 if low else 1] for r in in_file.ranges})
        programs = plan(scenario).programs
        digests.add(tuple(p.digest() for p in programs.values()))
    assert len(digests) == 1


# going on


KILLED = """
import os, signal, sys
from pathlib import Path
from neurosim.backend.reference import ReferenceBackend
from neurosim.scenario import engine
from neurosim.scenario.search.ranges import Search
from neurosim.scenario.search.search import search
asked, opened = Search.read(Path(sys.argv[1])), []
def open_session(program):
    opened.append(program)
    if len(opened) == 2 * 11 + 2:  # for the sleep of trial 12
        os.kill(os.getpid(), signal.SIGKILL)
    return ReferenceBackend().compile(program)
search(asked, open_session, asked.scenario({}).data.build(), Path(sys.argv[2]))
"""


def tried(storage: Path) -> list[tuple[dict[str, float], float | None]]:
    """What each trial that has ended tried, and what it was worth."""
    study = optuna.load_study(study_name="neurosim", storage=f"sqlite:///{storage}")
    return [(t.params, t.value) for t in study.trials if t.state != optuna.trial.TrialState.FAIL]


def test_a_search_that_was_killed_ends_like_one_that_was_not(write: Write, tmp_path: Path) -> None:
    ranges = RANGES[: RANGES.index('"network')] + '"sleep.rate" = { low = 0.1, high = 0.9 }\n'
    changes = ("trials = 3", "trials = 13"), ("[5, 6]", "[5]"), ("increment = 5", "increment = 10")
    path = write(*changes, ranges=ranges)  # past the first ten, which are drawn without looking at earlier ones
    killed, whole = tmp_path / "killed.db", tmp_path / "whole.db"
    done = subprocess.run([sys.executable, "-c", KILLED, path, killed], check=False)
    assert done.returncode == -9
    assert len(tried(killed)) == 12, "11 that have ended, and one that was killed"
    outcomes = [outcome_of(Search.read(path), storage) for storage in (killed, whole)]
    assert outcomes[0] == outcomes[1]
    assert tried(killed) == tried(whole)


def test_a_listener_hears_of_every_trial_and_of_those_before(write: Write, tmp_path: Path) -> None:
    heard: list[tuple[str, int]] = []

    class Listening(SearchListener):
        def before_search(self, done: int, best: float | None, trials: int) -> None:
            heard.append(("before", done))

        def after_trial(self, done: int, best: float | None) -> None:
            heard.append(("after", done))

    in_file = Search.read(write(), trials=2)
    search(in_file, COMPILE, data_of(in_file), tmp_path / "s.db")
    search(Search.read(write()), COMPILE, data_of(in_file), tmp_path / "s.db", Listening())
    assert heard == [("before", 2), ("after", 3)]


def test_a_search_that_has_ended_can_have_more_trials(write: Write, tmp_path: Path) -> None:
    path = write()
    assert outcome_of(Search.read(path), tmp_path / "s.db").trials == 3
    assert outcome_of(Search.read(path, trials=5), tmp_path / "s.db").trials == 5


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("beta = 0.5", "beta = 0.4"), "'training.beta' is 0.4 here and was 0.5 there"),
        (("low = 10, high = 40", "low = 10, high = 41"), "'search.range.sleep.steps.high' is 41 here and was 40 there"),
        (("seeds = [5, 6]", "seeds = [5, 7]"), "'search.seeds.1' is 7 here and was 6 there"),
        (("rate = 0.674", "rate = 0.674\nmask = 3"), "'sleep.mask' is 3 here and was absent there"),
    ],
)
def test_a_storage_of_another_search_is_refused(
    write: Write, tmp_path: Path, change: tuple[str, str], text: str
) -> None:
    outcome_of(Search.read(write()), tmp_path / "s.db")
    with pytest.raises(SpecError) as caught:
        outcome_of(Search.read(write(change)), tmp_path / "s.db")
    assert text in str(caught.value)


def test_what_the_file_has_where_ranges_are_does_not_matter(write: Write, tmp_path: Path) -> None:
    outcome_of(Search.read(write()), tmp_path / "s.db")
    assert outcome_of(Search.read(write(("theta = 2.03", "theta = 7.0"))), tmp_path / "s.db").trials == 3


def test_a_storage_that_is_in_use_is_refused(write: Write, tmp_path: Path) -> None:
    in_file = Search.read(write())

    def again(program: Program) -> Session:
        outcome_of(in_file, tmp_path / "s.db")
        raise AssertionError("two searches in one storage")

    with pytest.raises(SpecError, match="another search is using it"):
        outcome_of(in_file, tmp_path / "s.db", again)


def test_a_file_that_is_no_storage_is_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("neither a database nor empty\n" * 100)
    with pytest.raises(SpecError, match=r"s\.db: no storage of a search"):
        outcome_of(Search.read(write()), tmp_path / "s.db")


# the file with the best settings


def test_the_best_file_has_the_values_and_every_other_byte_as_it_was(write: Write) -> None:
    path = write(("steps = 30", "steps = 30  # of one sleep"))
    in_file = Search.read(path)
    chosen = dict(zip((r.key for r in in_file.ranges), (0.02, 7.5, 33), strict=True))
    text = path.read_text()
    for old, new in (("inc = 0.00181", "inc = 0.02"), ("theta = 2.03", "theta = 7.5"), ("steps = 30", "steps = 33")):
        text = text.replace(old, new)
    text = text.replace("free_steps = 33", "free_steps = 30")
    assert in_file.text(chosen, path.with_name("best.toml")) == text


def test_the_best_file_is_the_scenario_of_the_best_trial(write: Write) -> None:
    path = write()
    in_file = Search.read(path)
    chosen = {r.key: r.extremes[1] for r in in_file.ranges}
    assert schema.parse(in_file.text(chosen, path)) == in_file.scenario(chosen)


def test_in_another_folder_the_best_file_names_the_same_pretrained_file(write: Write, tmp_path: Path) -> None:
    table = '[pretraining]\nfile = "kept/p.h5"\ninput = "input"\noutput = "output"\nsteps = 5\nlr = 0.1\n[search]'
    in_file = Search.read(write(("[search]", table)))
    (tmp_path / "best").mkdir()
    for folder, expected in ((tmp_path, "kept/p.h5"), (tmp_path / "best", "../kept/p.h5")):
        assert tomlkit.parse(in_file.text({}, folder / "b.toml"))["pretraining"]["file"] == expected


def test_in_another_folder_the_best_file_names_the_same_data(write: Write, tmp_path: Path) -> None:
    in_file = Search.read(write(('name = "digits"', 'file = "kept/own.npz"')))
    (tmp_path / "best").mkdir()
    for folder, expected in ((tmp_path, "kept/own.npz"), (tmp_path / "best", "../kept/own.npz")):
        assert tomlkit.parse(in_file.text({}, folder / "b.toml"))["data"]["file"] == expected


def test_in_another_folder_the_best_file_names_the_same_calibrations(write: Write, tmp_path: Path) -> None:
    table = '[devices.board]\ncalibration = "kept/b.toml"\n[devices.plain]\nseed = 1\n[search]'
    in_file = Search.read(write(("[search]", table)))
    (tmp_path / "best").mkdir()
    for folder, expected in ((tmp_path, "kept/b.toml"), (tmp_path / "best", "../kept/b.toml")):
        devices = tomlkit.parse(in_file.text({}, folder / "b.toml"))["devices"]
        assert devices == {"board": {"calibration": expected}, "plain": {"seed": 1}}
