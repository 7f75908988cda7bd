"""`neurosim search` of several settings at once, side by side, and with finalists."""

import io
import json
import re
from pathlib import Path

import optuna
import pytest
from rich.console import Console

from neurosim.cli import progress

SEARCH = """
[search]
trials = 2
at_once = 2
seeds = [5]
finalists = 2
final_seeds = [50, 51]

[search.range]
"network.projection.*.sleep.learning.0.inc" = { low = 1e-3, high = 5e-2, log = true }
"sleep.rate" = { low = 0.1, high = 0.9 }
"""
FEWER = ("test = 60", "test = 60\ntrain = 60"), ("validation = 1637", "validation = 60")


def told(storage: Path) -> tuple:
    study = optuna.load_study(study_name="neurosim", storage=f"sqlite:///{storage}")
    finals = {key: value for key, value in study.user_attrs.items() if key.startswith("final/")}
    return [(t.number, t.params, t.value, t.state) for t in study.trials], finals


def test_so_many_processes_leave_the_same_behind_as_one(neurosim, tiny) -> None:
    path = tiny(*FEWER, more=SEARCH)
    left, said = [], []
    for jobs in (1, 2):
        storage = path.with_name(f"{jobs}.db")
        done = neurosim("search", path, "--jobs", jobs, "--storage", storage, "--json")
        assert (done.code, done.err) == (0, "")
        said.append(json.loads(done.out) | {"storage": ""})
        left.append((told(storage), path.with_name("tiny-best.toml").read_bytes()))
    assert left[0] == left[1]
    assert said[0] == said[1]
    summary = said[0]
    assert summary["final_seeds"] == [50, 51]
    assert [set(f) for f in summary["finalists"]] == [{"trial", "accuracy", "final_accuracy", "final_accuracies"}] * 2
    best = summary["finalists"][0]
    assert (best["trial"], best["accuracy"], best["final_accuracy"]) == (
        summary["trial"], summary["accuracy"], summary["final_accuracy"],
    )  # fmt: skip
    assert best["final_accuracy"] == pytest.approx(sum(best["final_accuracies"]) / 2)
    assert left[0][1].startswith(b"# neurosim search: trial ")


def test_both_figures_of_finalists_are_shown_and_fit_into_60_columns(neurosim, tiny, monkeypatch) -> None:
    monkeypatch.setattr("neurosim.cli.commands.search.out", Console(highlight=False, width=60))
    done = neurosim("search", tiny(*FEWER, more=SEARCH))
    assert done.code == 0
    first, *lines = done.out.splitlines()
    assert re.fullmatch(
        r"digits_sleep: 2 trials, 0 of them ended early; best of 2 finalists \d+\.\d% in trial [12], "
        r"mean of seeds 50, 51, validation part", first,
    )  # fmt: skip
    assert lines[0].split() == ["finalist", "fresh", "seeds", "lowest", "to", "highest", "in", "the", "search"]
    rows = [line for line in lines if line.startswith("trial ")]
    assert len(rows) == 2
    assert all(len(re.findall(r"\d+\.\d%", row)) == 4 and len(row) <= 60 for row in rows)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("[50, 51]", "[50, 5]"), "expected seeds that no trial has; seeds has 5, too"),
        (("finalists = 2\n", ""), "expected both of 'finalists' and 'final_seeds', or neither"),
    ],
)
def test_finalists_that_are_none_end_in_one_paragraph(neurosim, tiny, change: tuple[str, str], text: str) -> None:
    path = tiny(*FEWER, more=SEARCH.replace(*change))
    done = neurosim("search", path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert text in done.err
    assert list(path.parent.iterdir()) == [path]


def test_seeds_that_are_final_seeds_end_in_one_paragraph(neurosim, tiny) -> None:
    path = tiny(*FEWER, more=SEARCH)
    done = neurosim("search", path, "--seeds", "50..52")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "tiny.toml: search.final_seeds: expected seeds that no trial has; seeds has 50, 51, too" in done.err
    assert list(path.parent.iterdir()) == [path]


# progress


def drawn(bar: progress.SearchProgress, width: int) -> list[str]:
    page = Console(file=io.StringIO(), width=width)
    page.print(bar._bar.get_renderable())
    return page.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("name", ["digits", "a_scenario_whose_name_is_rather_long"])
def test_every_run_under_way_has_a_line_that_is_whole(name: str, width: int) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=width)
    with progress.SearchProgress(name, 2, terminal) as bar:
        bar.before_search(12, 0.789, 100)
        bar.before_run(13, 100)
        bar.within_run(13, 100, 0.5, "task 12, sleep")
        bar.before_run(114, 101)
        lines = drawn(bar, width)
    assert len(lines) == 3
    assert all(line.rstrip().endswith("left") and len(line) <= width for line in lines)
    assert f"{name[:19]}" in lines[0]
    assert "12/100, best 78.9%," in lines[0]
    assert "trial 13, seed 100" in lines[1]
    assert "task 12, sleep" in lines[1]
    assert "trial 114, seed 101" in lines[2]


def test_the_line_of_all_counts_the_runs_of_a_round_until_their_trial_is_told() -> None:
    bar = progress.SearchProgress("s", 2, Console(file=io.StringIO(), force_terminal=True))
    [line] = bar._bar.tasks
    with bar:
        bar.before_search(4, None, 10)
        for seed in (0, 1):
            bar.before_run(6, seed)
            bar.after_run(6, seed)
        bar.before_run(5, 0)
        bar.within_run(5, 0, 0.5, "task 1, test")
        assert line.completed == 4 + 1 + 0.25
        bar.after_trial(5, 0.5)
        assert line.completed == 5 + 1
        bar.after_trial(6, 0.5)
        assert line.completed == 6


def test_in_the_finals_it_counts_runs() -> None:
    bar = progress.SearchProgress("s", 2, Console(file=io.StringIO(), force_terminal=True))
    [line] = bar._bar.tasks
    with bar:
        bar.before_search(10, 0.9, 10)
        bar.before_finals(4)
        bar.before_run(3, 50)
        bar.within_run(3, 50, 0.5, "task 1, test")
        assert (line.completed, line.total, line.fields["stage"]) == (0.5, 4, "finals 0/4,")
        bar.after_run(3, 50)
        assert (line.completed, line.fields["stage"]) == (1, "finals 1/4,")
