"""`neurosim table`: what it prints of runs and studies, at every width, and what it refuses."""

from __future__ import annotations

import csv
import json
from itertools import product
from pathlib import Path

import hand_made_studies as by_hand
import pytest

ACCURACY = {"with sleep": 0.8, "without": 0.2}
ALL = {(v, b, s): ACCURACY[v] + s / 50 for v, b, s in product(ACCURACY, ("reference", "brian2"), range(3))}
TABLE = """\
variant, backend      n      accuracy lowest to highest    forgetting
─────────────────────────────────────────────────────────────────────
with sleep, reference 3 0.820 ± 0.020    0.800 to 0.840 0.080 ± 0.020
with sleep, brian2    3 0.820 ± 0.020    0.800 to 0.840 0.080 ± 0.020
without, reference    3 0.220 ± 0.020    0.200 to 0.240 0.680 ± 0.020
without, brian2       2 0.210 ± 0.014    0.200 to 0.220 0.690 ± 0.014

Mean ± standard deviation over n seeds, on the test part.
1 run is missing: without on brian2:standalone, seed 2 (not finished).
"""


@pytest.fixture
def columns() -> int:
    return 80


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nothing here changes it."""
    return by_hand.study(tmp_path_factory.mktemp("studies") / "study", {**ALL, ("without", "brian2", 2): None})


def test_a_study_is_a_table_of_its_cells(neurosim, study: Path) -> None:
    done = neurosim("table", study)
    assert (done.code, done.err, done.out) == (0, "", TABLE)


def test_a_file_has_the_text_of_the_terminal(neurosim, study: Path, tmp_path: Path) -> None:
    assert neurosim("table", study, "--out", tmp_path / "table.txt").out == ""
    assert (tmp_path / "table.txt").read_text() == TABLE


@pytest.mark.parametrize("name", ["study.json", "events.jsonl", "runs/new.txt"])
def test_what_a_study_keeps_is_not_written_over(neurosim, study: Path, name: str) -> None:
    before = {p: p.read_bytes() for p in study.rglob("*") if p.is_file()}
    done = neurosim("table", study, "--out", study / name)
    assert (done.code, done.out) == (2, "")
    assert "keeps its own files there" in done.err
    assert {p: p.read_bytes() for p in study.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("interval", ["none", "sd", "t", "bootstrap"])
@pytest.mark.parametrize("against", [(), ("--against", "without,reference")])
def test_a_table_fits_into_every_terminal(neurosim, study: Path, monkeypatch, interval: str, against: tuple) -> None:
    shown = {}
    for width in (50, 60, 80, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        done = neurosim("table", study, "--interval", interval, *against)
        assert (done.code, max(map(len, done.out.splitlines())) <= width) == (0, True)
        shown[width] = done.out.split()
    lost = [w for w in shown[200] if "─" not in w and w not in shown[50]]
    assert {*lost} <= {"variant,", "backend", "row"}, "the head of labels, which a row on its side does without"


@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json"])
def test_formats_can_be_printed_and_written(neurosim, study: Path, tmp_path: Path, form: str) -> None:
    printed = neurosim("table", study, "--format", form).out
    assert neurosim("table", study, "--format", form, "--out", tmp_path / "a").code == 0
    assert (tmp_path / "a").read_bytes().decode() == printed


def test_folders_of_runs_and_runs_by_name_are_taken_together(neurosim, tmp_path: Path) -> None:
    for seed in range(3):
        by_hand.keep(by_hand.result(0.5 + seed / 10, seed), tmp_path / "runs" / f"a{seed}")
    by_hand.keep(by_hand.result(0.1, 3), tmp_path / "other")
    by_hand.keep(by_hand.result(0.1, 4), tmp_path / "runs" / "b", ended=False)
    done = neurosim("table", tmp_path / "runs", tmp_path / "other", tmp_path / "runs" / "a0", "--format", "csv")
    (row,) = csv.DictReader(done.out.splitlines())
    assert (row["scenario"], row["n"], float(row["accuracy.mean"])) == ("s", "4", pytest.approx(1.9 / 4))
    told = neurosim("table", tmp_path / "runs").out
    assert "1 run is missing" in told
    assert "(not finished)" in " ".join(told.split())


def test_a_copy_of_a_run_is_told(neurosim, tmp_path: Path) -> None:
    for name in ("a", "b"):
        by_hand.keep(by_hand.result(0.5, 0), tmp_path / name)
    done = neurosim("table", tmp_path / "b", tmp_path / "a", "--format", "json")
    said = f"Left out, as another run has the same labels: {tmp_path / 'b'}"
    assert said in json.loads(done.out)["notes"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--test", "sign-flip"), "--test sign-flip: nothing is compared; name the row to compare with by --against"),
        (("--by", "variants"), "did you mean 'variant'"),
        (("--metrics", "acuracy"), "did you mean 'accuracy'"),
        (("--metrics", ","), "metrics: none named"),
        (("--interval", "tt"), "interval 'tt'; did you mean 't'? (known: bootstrap, none, sd, t)"),
        (("--against", "withot"), "no row has 'withot'; did you mean 'without'"),
        (("--format", "tex"), "--format 'tex'; did you mean 'text'"),
        (("--out", "none/a.txt"), "there is no folder none"),
    ],
)
def test_mistakes_end_in_a_paragraph(neurosim, study: Path, options: tuple[str, ...], said: str) -> None:
    done = neurosim("table", study, *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_what_is_no_run_is_refused(neurosim, study: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, said in (("empty", "no run, study or simulation"), ("gone", "there is no such folder")):
        done = neurosim("table", study, tmp_path / folder)
        assert (done.code, done.out) == (2, "")
        assert said in " ".join(done.err.split())


def test_a_damaged_run_that_is_named_is_refused_by_the_name_of_its_file(neurosim, tmp_path: Path) -> None:
    by_hand.keep(by_hand.result(0.5, 0), tmp_path / "a")
    (tmp_path / "a" / "result.json").write_text("{}")
    done = neurosim("table", tmp_path / "a")
    assert done.code == 2
    assert str(tmp_path / "a" / "result.json") in done.err
