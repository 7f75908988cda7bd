"""`neurosim loihi`: what it prints, its JSON, its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

KEYS = {
    "scenario", "backend", "seed", "chip", "fits", "cores", "chips", "assumed", "parts", "precision", "rules",
    "activity", "values",
}  # fmt: skip
PART_KEYS = {
    "name", "compartments", "in_axons", "out_axons", "synapses", "synapse_bits", "cores", "utilisation",
    "limits_exceeded",
}  # fmt: skip
PRECISION_KEYS = {
    "name", "bits", "exponent", "sign", "low", "high", "relative_error", "largest_error", "saturated", "changed", "size"
}  # fmt: skip
RULE_KEYS = {
    "mode", "owner", "name", "legal", "reason", "term", "instead", "floating_pt", "fixed_pt", "remarks", "measured"
}  # fmt: skip
WIDE = """
[network.population.wide]
size = 5000
wake = { model = "RateUnit" }
sleep = { model = "Heaviside" }

[network.projection.wide_hidden]
pre = "wide"
post = "hidden"
wake = {}
"""


@pytest.fixture
def report(neurosim, tiny):
    done = neurosim("loihi", tiny(), "--json")
    assert done.code == 0
    return json.loads(done.out)


def test_a_setting_takes_the_place_of_the_files(neurosim, tiny) -> None:
    done = neurosim("loihi", tiny(), "--set", "network.population.hidden.size=5", "--json")
    [hidden] = [part for part in json.loads(done.out)["parts"] if part["name"] == "hidden"]
    assert hidden["compartments"] == 5
    mapped = neurosim("map", tiny(), "--set", "network.population.hidden.size=five")
    assert (mapped.code, mapped.out) == (2, "")
    assert "five" in mapped.err


def test_prints_one_json_object_with_exactly_these_keys(report) -> None:
    assert set(report) == KEYS
    assert all(set(p) == PART_KEYS for p in report["parts"])
    assert all(set(p) == PRECISION_KEYS for p in report["precision"])
    assert all(set(r) == RULE_KEYS for r in report["rules"])
    assert (report["chip"], report["fits"], report["cores"], report["chips"]) == ("loihi2", True, 2, 1)


def test_counts_the_reciprocal_projection_twice(report) -> None:
    """64-8-10, hidden_output both ways: hidden has 64 inputs and 10 from behind."""
    parts = {p["name"]: p for p in report["parts"]}
    assert (parts["hidden"]["compartments"], parts["hidden"]["in_axons"]) == (8, 74)
    assert parts["hidden"]["synapses"] == 8 * 74
    assert parts["output"]["synapses"] == 8 * 10
    assert not any(p["limits_exceeded"] for p in report["parts"])


def test_tells_what_each_matrix_loses(report) -> None:
    projections = {p["name"]: p for p in report["precision"]}
    assert set(projections) == {"input_hidden", "hidden_output"}
    for p in projections.values():
        assert 0 < p["relative_error"] < 0.05
        assert (p["bits"], p["sign"], p["saturated"]) == (8, "mixed", 0)


def test_tells_which_rules_are_legal(report) -> None:
    rules = {(r["mode"], r["owner"]): r for r in report["rules"]}
    assert rules["wake", "input_hidden"]["legal"]
    assert rules["wake", "input_hidden"]["measured"]["rule"] == "EquilibriumPropagation"
    sleep = rules["sleep", "input_hidden"]
    assert (sleep["legal"], sleep["term"]) == (False, "where(w <= 0.0, ..., 0)")
    assert sleep["instead"] == "train in the loop"
    assert rules["wake", "hidden"]["floating_pt"] is None


def test_counts_what_really_ran(neurosim, tiny, report) -> None:
    activities = {a["kind"]: a for a in report["activity"]}
    assert set(activities) == {"trained", "slept", "tested"}
    assert activities["slept"]["trials"] == 5
    spikes = activities["slept"]["spikes"]
    most = spikes["input"] * 8 + spikes["hidden"] * 10
    assert most - 5 * 8 * 10 <= activities["slept"]["operations"] <= most  # spikes of a trial's last step do not arrive
    assert not activities["tested"]["is_bound"]
    counted = json.loads(neurosim("run", tiny(), "--json").out)["counts"]["tested"]
    assert activities["tested"]["operations"] == counted["effective_synaptic_operations"]
    assert 0 < activities["tested"]["operations"] < activities["tested"]["steps"] * (64 * 8 + 2 * 8 * 10)


def test_begins_with_whether_it_fits(neurosim, tiny) -> None:
    done = neurosim("loihi", tiny(), "--chip", "loihi1")
    assert done.code == 0
    first = done.out.splitlines()[0]
    assert first == "digits_sleep fits on Loihi 1: 2 cores of 128, 1 chip; mode wake on the host"
    for text in ("input_hidden", "relative", "train in the loop", "counted in a run on reference:numpy"):
        assert text in done.out


@pytest.mark.parametrize("columns", [80, 120])
def test_fits_into_the_terminal(neurosim, tiny, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """Tables do; lines of text are left to the terminal, so that they can be copied."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = neurosim("loihi", tiny()).out.splitlines()
    tables = [line for line in lines if "──" in line]
    assert len(tables) == 3
    assert all(len(line) <= columns for line in lines if line.startswith(("layer", "weights", "a trial", "  ", "─")))


def test_5000_inputs_a_neuron_do_not_fit(neurosim, tiny) -> None:
    path = tiny(("[training]", WIDE + "\n[training]"))
    done = neurosim("loihi", path, "--chip", "loihi1", "--json")
    assert done.code == 1
    report = json.loads(done.out)
    assert not report["fits"]
    (exceeded,) = [e for p in report["parts"] if p["name"] == "hidden" for e in p["limits_exceeded"]]
    assert (exceeded["limit"], exceeded["actual"], exceeded["maximum"]) == ("in_axons", 5074, 4096)


def test_what_does_not_fit_names_the_layer_the_limit_and_what_helps(neurosim, tiny) -> None:
    done = neurosim("loihi", tiny(("[training]", WIDE + "\n[training]")), "--chip", "loihi1")
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0].startswith("digits_sleep does not fit on Loihi 1")
    assert lines[1].startswith("hidden: a neuron needs 5,074 in-axons, at most 4,096. What helps: ")
    assert "sparser" in lines[1]


def test_a_kept_run_is_not_trained_again(neurosim, tiny) -> None:
    path = tiny()
    kept = json.loads(neurosim("run", path, "--json", "--seed", 3).out)["run_dir"]
    before = sorted((p, p.stat().st_mtime_ns) for p in Path(kept).rglob("*"))
    again = json.loads(neurosim("loihi", path, "--run", kept, "--json").out)
    anew = json.loads(neurosim("loihi", path, "--seed", 3, "--json").out)
    assert again["seed"] == 3
    assert again["precision"] == anew["precision"]
    assert [a["kind"] for a in again["activity"]] == ["slept", "tested"]
    assert [a["trials"] for a in again["activity"]] == [1, 60], "of the last task alone"
    assert sorted((p, p.stat().st_mtime_ns) for p in Path(kept).rglob("*")) == before


def test_a_kept_run_of_another_network_is_a_mistake(neurosim, tiny) -> None:
    kept = json.loads(neurosim("run", tiny(), "--json").out)["run_dir"]
    done = neurosim("loihi", tiny(("size = 8", "size = 9"), name="other.toml"), "--run", kept)
    assert (done.code, done.out) == (2, "")
    assert "another network" in done.err
    assert "expected" in done.err


def test_a_kept_run_of_another_scenario_is_a_mistake(neurosim, tiny) -> None:
    kept = json.loads(neurosim("run", tiny(), "--json").out)["run_dir"]
    done = neurosim("loihi", tiny(('name = "digits_sleep"', 'name = "other"')), "--run", kept)
    assert done.code == 2
    assert "of scenario 'digits_sleep', expected 'other'" in done.err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--chip", "loihi3"], "did you mean 'loihi"),
        (["--backend", "referense"], "did you mean 'reference'"),
        (["--run", "nowhere"], "nowhere is not a run directory"),
    ],
)
def test_a_mistake_ends_in_one_paragraph(neurosim, tiny, arguments: list[str], text: str) -> None:
    done = neurosim("loihi", tiny(), *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert text in done.err


def test_a_scenario_in_numbers_of_a_chip_tells_what_its_run_rounded(neurosim, tiny) -> None:
    """At the end its weights are on these numbers, so rounding them once more would tell nothing."""
    grid = 'format = "grid", output_bits = 20, weight_bits = 24'
    path = tiny((grid, 'format = "loihi2", weight_bits = 6, weight_exponent = -8, largest_loss = 1.0'), ("T0", "T1"))
    report = json.loads(neurosim("loihi", path, "--json").out)
    assert {(p["bits"], p["exponent"]) for p in report["precision"]} == {(6, -8)}
    assert all(0.01 < p["relative_error"] < 0.5 for p in report["precision"])


def test_numbers_of_the_json_are_finite(report) -> None:
    shares = [s for p in report["parts"] for s in p["utilisation"].values()]
    assert np.isfinite(shares).all()
    assert max(shares) <= 1
