"""Summary tables: which runs make a row, what its numbers are, and that every form of it says the same."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import replace

import hand_made_studies as by_hand
import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.results.analysis import statistics
from neurosim.results.analysis.labelled import LabelledResult
from neurosim.results.analysis.summary import FORMATS, SummaryTable, rendered, table_of

ACCURACIES = {
    ("plain", "reference"): [0.20, 0.25, 0.15, 0.22],
    ("sleep", "reference"): [0.80, 0.82, 0.71, 0.79],
    ("sleep", "brian2"): [0.80, 0.82, 0.71, 0.78],
}


def runs(accuracies: dict[tuple[str, str], list[float]] = ACCURACIES) -> list[LabelledResult]:
    variants = list(dict.fromkeys(variant for variant, _ in accuracies))
    return [
        LabelledResult(by_hand.result(a, seed, backend), "plan", variant, position=variants.index(variant))
        for (variant, backend), of_seeds in accuracies.items()
        for seed, a in enumerate(of_seeds)
    ]


def labels(table: SummaryTable) -> list[tuple[object, ...]]:
    return [row.labels for row in table.rows]


def test_a_row_is_made_of_the_labels_that_differ() -> None:
    table = table_of(runs())
    assert table.by == ("variant", "backend")
    assert labels(table) == [("plain", "reference"), ("sleep", "reference"), ("sleep", "brian2")]


def test_a_label_that_follows_from_another_is_no_column() -> None:
    """The mode follows from the backend, the scenario from the variant; the study is one."""
    found = [replace(r, result=replace(r.result, scenario=f"s {r.variant}")) for r in runs()]
    assert table_of(found).by == ("variant", "backend")


def test_runs_that_do_not_differ_are_a_row_of_their_scenario() -> None:
    table = table_of([by_hand.result(0.5, seed) for seed in range(3)])
    assert (table.by, labels(table), table.rows[0].seeds) == (("scenario",), [("s",)], 3)


def test_settings_are_labels_in_the_order_of_their_size() -> None:
    found = [
        LabelledResult(by_hand.result(0.5, seed), "plan", "v", {"sleep.steps": steps})
        for steps in (1000, 300, 20)
        for seed in (0, 1)
    ]
    table = table_of(found)
    assert (table.by, labels(table)) == (("sleep.steps",), [(20,), (300,), (1000,)])


def test_the_order_of_cells_is_that_of_rows() -> None:
    assert labels(table_of([replace(r, position=-r.position) for r in runs()]))[0] == ("sleep", "reference")


def test_numbers_of_a_row_are_those_of_its_seeds() -> None:
    row = table_of(runs(), interval="t").rows[1]
    values = ACCURACIES["sleep", "reference"]
    accuracy = row.metrics[0]
    assert accuracy.values == dict(enumerate(values))
    assert (accuracy.mean, accuracy.sd) == (statistics.mean(values), statistics.standard_deviation(values))
    assert (accuracy.lowest, accuracy.highest) == (0.71, 0.82)
    assert accuracy.interval == statistics.t_interval(values)


def test_several_runs_of_a_seed_count_once() -> None:
    """Backends that agree to the bit are no independent samples."""
    table = table_of(runs(), by=["variant"])
    row = table.rows[1]
    assert (row.seeds, row.metrics[0].values[3]) == (4, pytest.approx(0.785))
    assert "differ in backend count once, by their mean" in " ".join(table.notes)
    assert not any("count once" in note for note in table_of(runs()).notes)


@pytest.mark.parametrize(
    ("interval", "cell"),
    [("none", "0.780"), ("sd", "0.780 ± 0.048"), ("t", "0.780 [0.703, 0.857]"), ("bootstrap", "0.780 [0.730, 0.810]")],
)
def test_what_stands_beside_a_mean(interval: str, cell: str) -> None:
    table = table_of(runs(), interval=interval)
    assert table.cells()[1][3] == cell
    assert table.heads() == ("variant", "backend", "n", "accuracy", "lowest to highest", "forgetting")


@pytest.mark.parametrize(("interval", "cell"), [("sd", "0.500 ± -"), ("t", "0.500 [-]"), ("bootstrap", "0.500 [-]")])
def test_one_run_has_no_spread(interval: str, cell: str) -> None:
    assert table_of([by_hand.result(0.5, 0)], interval=interval).cells() == [
        ("s", "1", cell, "0.500 to 0.500", cell.replace("5", "4")),
    ]  # fmt: skip


def test_a_metric_that_a_run_has_not_is_a_dash() -> None:
    single = replace(by_hand.result(0.5, 0), accuracy_matrix=np.array([[0.5]]), samples=(20,))
    table = table_of([single, replace(single, seed=1)], metrics=["forgetting", "accuracy"])
    assert table.cells() == [("s", "2", "-", "-", "0.500 ± 0.000")]


def test_large_and_small_numbers_have_four_digits() -> None:
    table = table_of(runs(), metrics=["counts.trained.synaptic_operations", "seconds", "energy.mac.trained"])
    assert table.cells()[0][3:] == ("1,002 ± 1.291", "1,000 to 1,003", "2 ± 0", "4.607e-09 ± 5.939e-12")


def test_differences_are_of_pairs_of_one_seed_with_holms_correction() -> None:
    table = table_of(runs(), against="plain")
    assert table.against == "plain, reference"
    assert [len(row.differences) for row in table.rows] == [0, 2, 2]
    pairs = [
        np.subtract(ACCURACIES["sleep", b], ACCURACIES["plain", "reference"]).tolist() for b in ("reference", "brian2")
    ]
    raw = [statistics.paired_t_test(d).p for d in pairs]
    expected = statistics.holm([raw[0], raw[0], raw[1], raw[1]])  # forgetting is 0.9 less the accuracy
    found = [d.p for row in table.rows for d in row.differences]
    assert found == pytest.approx(expected, rel=1e-9)
    assert table.rows[1].differences[0].mean == pytest.approx(statistics.mean(pairs[0]))
    assert table.rows[1].differences[0].effect == pytest.approx(statistics.cohens_dz(pairs[0]))
    assert "paired t test, two-sided, Holm's correction over 4 tests; effect: Cohen's d_z" in table.notes[-1]


@pytest.mark.parametrize(
    ("test", "p", "words"),
    [("wilcoxon", 0.125, "rank-biserial r"), ("sign-flip", 0.125, "sign-flip permutation test, two-sided")],
)
def test_tests_and_effects_are_named_and_used(test: str, p: float, words: str) -> None:
    table = table_of(runs(), by=["variant"], metrics=["accuracy"], against="plain", test=test)
    assert table.rows[1].differences[0].p == p
    assert words in table.notes[-1]


def test_seeds_without_a_partner_are_told_and_left_out() -> None:
    accuracies = {**ACCURACIES, ("plain", "reference"): [0.2, 0.25]}
    table = table_of(runs(accuracies), by=["variant"], against="plain")
    assert table.rows[1].differences[0].test.n == 2
    assert "Without a partner, and left out of 2 pairs: seeds 2, 3 of sleep" in table.notes


def test_equal_differences_have_no_t_test() -> None:
    table = table_of(runs({("a", "reference"): [0.5, 0.6], ("b", "reference"): [0.4, 0.5]}), against="a")
    assert table.difference_cells()[0] == ("b", "accuracy", "-0.100", "-", "-", "2")


def test_a_run_that_is_there_twice_counts_once_and_is_told() -> None:
    first = by_hand.result(0.5, 0)
    table = table_of([first, by_hand.result(0.6, 1), first])
    assert table.rows[0].seeds == 2
    said = "Left out, as another run has the same labels: scenario s, backend reference, mode numpy, seed 0"
    assert said in table.notes


def test_missing_runs_are_counted_and_some_are_named() -> None:
    notes = table_of(runs(), missing=[f"run {i}" for i in range(5)]).notes
    assert "5 runs are missing: run 0; run 1; run 2; and 2 more" in notes
    assert "1 run is missing: x" in table_of(runs(), missing=["x"]).notes


def test_different_parts_of_the_data_are_told() -> None:
    found = [by_hand.result(0.5, 0), replace(by_hand.result(0.5, 1), part="validation")]
    assert table_of(found).notes[0].endswith("on different parts of the data: test, validation")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"by": ["variants"]}, "by: no label 'variants'; did you mean 'variant'"),
        ({"metrics": ["acuracy"]}, "metrics: no 'acuracy'; did you mean 'accuracy'"),
        ({"metrics": []}, "metrics: none named"),
        ({"interval": "T"}, "interval 'T'; known: bootstrap, none, sd, t"),
        ({"test": "wilcox"}, "test 'wilcox'; did you mean 'wilcoxon'"),
        ({"against": "plan"}, "against 'plan': no row has 'plan'; did you mean 'plain'"),
        ({"against": "sleep"}, "against 'sleep': 2 rows have it, such as 'sleep, reference'; name more labels"),
    ],
)
def test_mistakes_name_the_nearest_choice(arguments: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        table_of(runs(), **arguments)


def test_without_runs_there_is_no_table() -> None:
    with pytest.raises(InputError, match="no run that has ended; 1 run is missing: a"):
        table_of([], missing=["a"])


@pytest.mark.parametrize("form", FORMATS)
def test_the_order_of_runs_changes_no_byte(form: str) -> None:
    shuffled = runs()
    expected = rendered(table_of(shuffled, interval="bootstrap", against="plain"), form)
    for seed in range(3):
        random.Random(seed).shuffle(shuffled)
        assert rendered(table_of(shuffled, interval="bootstrap", against="plain"), form) == expected


def test_csv_is_the_frame_in_full_precision() -> None:
    pandas = pytest.importorskip("pandas")
    table = table_of(runs(), interval="t", against="plain", metrics=["accuracy", "forgetting", "seconds"])
    read = pandas.read_csv(io.StringIO(rendered(table, "csv")))
    pandas.testing.assert_frame_equal(read, table.to_pandas(), check_exact=True, check_dtype=False)
    rows = list(csv.DictReader(io.StringIO(rendered(table, "csv"))))
    assert float(rows[1]["accuracy.mean"]) == table.rows[1].metrics[0].mean
    assert rows[0]["accuracy.difference"] == ""


def test_json_has_every_value() -> None:
    document = json.loads(rendered(table_of(runs(), against="plain"), "json"))
    row = document["rows"][1]
    assert row["labels"] == {"variant": "sleep", "backend": "reference"}
    assert row["metrics"]["accuracy"]["values"] == [[i, a] for i, a in enumerate(ACCURACIES["sleep", "reference"])]
    assert row["differences"]["accuracy"]["test"]["n"] == 4
    assert document["rows"][0]["differences"] == {}


def test_texts_are_escaped_in_latex_and_markdown() -> None:
    odd = "50% & a_b|c {#1} ~x^2 \\"
    table = table_of(runs({(odd, "reference"): [0.5, 0.6], ("b", "reference"): [0.4, 0.7]}))
    tex = rendered(table, "latex")
    assert r"50\% \& a\_b|c \{\#1\} \textasciitilde{}x\textasciicircum{}2 \textbackslash{} & 2" in tex
    assert tex.index(r"\toprule") < tex.index(r"\midrule") < tex.index(r"\bottomrule")
    row = rendered(table, "markdown").splitlines()[2]
    assert row.startswith(r"| 50% & a_b\|c \{\#1\} ~x^2 \\ | 2 |")


def test_latex_has_as_many_cells_as_columns() -> None:
    table = table_of(runs(), against="plain", metrics=["accuracy", "forgetting", "seconds"])
    lines = rendered(table, "latex").splitlines()
    given = [line.rpartition("{")[2] for line in lines if "begin{tabular}" in line]
    assert [columns.count("l") + columns.count("r") for columns in given] == [7, 6]
    rows = [line.count(" & ") + 1 for line in lines if line.endswith(r"\\")]
    assert rows == [7] * 4 + [6] * 7


def test_markdown_has_a_second_table_of_differences() -> None:
    text = rendered(table_of(runs(), against="plain", by=["variant"], metrics=["accuracy"]), "markdown")
    assert "| row | metric | difference | p | effect | pairs |\n| :-- | :-- | --: | --: | --: | --: |" in text
    assert text.endswith("Cohen's d_z.\n")


def test_a_notebook_shows_the_table_with_its_notes() -> None:
    table = table_of(runs({("<b>", "reference"): [0.5, 0.6], ("a", "reference"): [0.1, 0.3]}), against="a")
    shown = table._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "Against a" in shown
    assert "Mean ± standard deviation over n seeds" in shown
