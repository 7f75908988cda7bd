"""`--on dask:ADDRESS`: comparisons, studies and searches on a cluster that is there come to what they come to here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest

distributed = pytest.importorskip("distributed")

FEWER = ("test = 60", "test = 60\ntrain = 60"), ("validation = 1637", "validation = 60")
SEARCH = """
[search]
trials = 5
at_once = 4
seeds = [5]
finalists = 2
final_seeds = [50]

[search.range]
"sleep.rate" = { low = 0.1, high = 0.9 }
"""
STUDY = """
extends = "tiny.toml"
[study]
name = "small"
seeds = "0..1"
backends = ["reference", "nengo:fused"]
[variants.sleep]
[variants.no_sleep]
without = ["sleep"]
"""
OTHERWISE = {"folder", "run_dir", "ratio_to_reference", "seconds", "samples_per_s", "peak_memory", "wall_seconds"}


@pytest.fixture(scope="module")
def on() -> Iterator[tuple[str, str]]:
    """The options that name a cluster of two workers."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield "--on", f"dask:{cluster.scheduler_address}"


def untimed(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: untimed(v) for k, v in value.items() if k not in OTHERWISE}
    return [untimed(v) for v in value] if isinstance(value, list) else value


def files(folder: Path) -> dict[str, bytes]:
    """What has no times in it, by its place."""
    every = (p for p in folder.rglob("*") if p.is_file() and p.name != "events.jsonl")
    return {str(p.relative_to(folder)): p.read_bytes() for p in every}


def trials(storage: Path) -> tuple[list[Any], dict[str, Any]]:
    study = optuna.load_study(study_name="neurosim", storage=f"sqlite:///{storage}")
    finals = {key: value for key, value in study.user_attrs.items() if key.startswith("final/")}
    return [(t.number, t.params, t.value, t.state) for t in study.trials], finals


def test_a_comparison(neurosim: Callable, tiny: Callable[..., Path], on: tuple[str, str]) -> None:
    command = "compare", tiny(*FEWER), "--backends", "reference,nengo:fused", "--json"
    here, there = neurosim(*command), neurosim(*command, *on)
    assert (there.code, there.err) == (0, "")
    assert untimed(json.loads(there.out)) == untimed(json.loads(here.out))


def test_a_study(neurosim: Callable, tiny: Callable[..., Path], on: tuple[str, str]) -> None:
    study = tiny(*FEWER).with_name("small.toml")
    study.write_text(STUDY)
    here = neurosim("study", study, "--out", "here", "--json")
    there = neurosim("study", study, "--out", "there", "--json", *on)
    assert there.code == 0
    assert untimed(json.loads(there.out)) == untimed(json.loads(here.out))
    assert len(files(study.with_name("there"))) > 8 * 5
    assert files(study.with_name("there")) == files(study.with_name("here"))


def test_a_search_that_was_begun_here(neurosim: Callable, tiny: Callable[..., Path], on: tuple[str, str]) -> None:
    path = tiny(*FEWER, more=SEARCH)
    whole, begun = path.with_name("whole.db"), path.with_name("begun.db")
    best = path.with_name("tiny-best.toml")
    assert neurosim("search", path, "--storage", whole).code == 0
    best_of_whole = best.read_bytes()
    assert neurosim("search", path, "--storage", begun, "--trials", 2).code == 0
    done = neurosim("search", path, "--storage", begun, *on)
    assert (done.code, done.err) == (0, "")
    assert trials(begun)[0] == trials(whole)[0]
    assert best.read_bytes() == best_of_whole
