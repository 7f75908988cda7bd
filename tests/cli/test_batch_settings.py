"""`[training] batch` from the command line: runs, comparisons, a search, and what is refused."""

import json
from pathlib import Path

import numpy as np

from neurosim.results import store

FEWER = ("test = 60", "test = 60\ntrain = 90"), ("validation = 1637", "validation = 60")
BATCH = ("epochs = 1", "epochs = 2\nbatch = 16")
SEARCH = """
[search]
trials = 2
seeds = [5]

[search.range]
"training.batch" = { choices = [1, 8] }
"""


def weights(neurosim, path, *more) -> dict:
    summary = json.loads(neurosim("run", path, "--json", *more).out)
    return store.read(Path(summary["run_dir"])).stages[-1].learned


def test_a_setting_is_the_key_of_the_file_and_changes_what_is_learned(neurosim, tiny) -> None:
    alone = weights(neurosim, tiny(*FEWER, ("epochs = 1", "epochs = 2"), name="alone.toml"), "--out", "alone")
    path = tiny(*FEWER, BATCH)
    together = weights(neurosim, path, "--out", "together")
    by_setting = weights(
        neurosim, tiny(*FEWER, ("epochs = 1", "epochs = 2")), "--set", "training.batch=16", "--out", "set"
    )
    assert all(np.array_equal(together[n], a) for n, a in by_setting.items())
    assert not all(np.array_equal(together[n], a) for n, a in alone.items())


def test_a_comparison_reaches_t0_and_no_segment_cuts_a_batch(neurosim, tiny) -> None:
    done = neurosim("compare", tiny(*FEWER, BATCH), "--backends", "nengo:fused", "--segments", "--json")
    assert done.code == 0, done.err
    (_, row) = json.loads(done.out)["backends"]
    assert (row["tier"], row["max_abs_dw"], row["segments"]["max_abs_dw"]) == ("T0", 0.0, 0.0)


def test_a_batch_is_searched_like_any_setting(neurosim, tiny) -> None:
    summary = json.loads(
        neurosim("search", tiny(*FEWER, ("epochs = 1", "epochs = 1\nbatch = 1"), more=SEARCH), "--json").out
    )
    assert summary["settings"]["training.batch"] in (1, 8)


def test_a_mode_without_batches_is_refused_before_anything_runs(neurosim, tiny) -> None:
    done = neurosim("run", tiny(*FEWER, BATCH), "--backend", "nengo:native")
    assert done.code == 2
    assert "batches" in done.err


def test_a_rule_that_cannot_be_added_up_is_refused_by_name(neurosim, tiny) -> None:
    rule = """
[rules.Squared]
at = "end:nudged"
update = { w = "w + lr*(pre.s*post.s)**2" }
params = { lr = 0.1 }
"""
    named = ('EquilibriumPropagation", lr = 0.03', 'Squared", lr = 0.03')
    done = neurosim("run", tiny(*FEWER, BATCH, named, more=rule))
    assert done.code == 2
    assert "input_hidden, rule Squared: in a batch 'w' needs the form w + c*(products" in " ".join(done.err.split())


def test_a_batch_of_nothing_is_refused(neurosim, tiny) -> None:
    done = neurosim("run", tiny(*FEWER), "--set", "training.batch=0")
    assert done.code == 2
    assert "batch" in done.err
