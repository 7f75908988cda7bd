"""`neurosim.open`: runs, studies and recordings; what is missing is told, what is damaged is named."""

from __future__ import annotations

import json
import pickle
from itertools import product
from pathlib import Path

import hand_made_studies as by_hand
import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError
from neurosim.results import store
from neurosim.results.analysis.summary import table_of
from neurosim.results.result import Result
from neurosim.results.store import RunDirectory
from neurosim.scenario import schema
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.runs import saved_run
from neurosim.scenario.runs.opened import OpenedRun, OpenedStudy

DIGITS = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
SMALLER = {
    "size = 256": "size = 6", "increment = 2": "increment = 5", "test = 360": "test = 20",
    "validation = 287": "train = 40", "free_steps = 20": "free_steps = 2", "nudged_steps = 8": "nudged_steps = 1",
    "steps = 747": "steps = 60", "theta = 0.236": "theta = 1e6", "theta = 2.03": "theta = 0.05",
}  # fmt: skip
"""The hidden population spikes, the output is silent."""

FULL = dict.fromkeys(product(("with sleep", "without"), ("brian2", "reference"), (0, 1)), 0.5)


def small_text() -> str:
    text = DIGITS
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    scenario = schema.parse(small_text())
    return prepare(scenario, scenario.data.build(None))


@pytest.fixture(scope="module")
def run(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A run that slept, and its result as it was in memory."""
    backend, mode = ns.load("reference")
    directory = saved_run.begin(prepared, small_text(), backend, mode, 7, tmp_path_factory.mktemp("runs"))
    with directory:
        return directory.path, saved_run.go_on(directory, prepared, backend)


def opened_run(path: Path) -> OpenedRun:
    found = ns.open(path)
    assert isinstance(found, OpenedRun)
    return found


def opened_study(path: Path) -> OpenedStudy:
    found = ns.open(path)
    assert isinstance(found, OpenedStudy)
    return found


def test_a_run_has_the_numbers_of_its_result(run: tuple[Path, Result]) -> None:
    path, result = run
    found = opened_run(path)
    np.testing.assert_array_equal(found.accuracy_matrix, result.accuracy_matrix)
    numbers = found.metrics()
    assert numbers["accuracy"] == result.accuracy
    assert numbers["counts.slept.spikes"] == result.counts["slept"]["spikes"] > 0
    assert numbers["energy.loihi.slept"] == pytest.approx(
        23.6e-12 * result.counts["slept"]["effective_synaptic_operations"]
    )
    assert [c["average_accuracy"] for c in found.curves][-1] == result.average_accuracy
    assert found.labels == {"scenario": "digits_sleep", "backend": "reference", "mode": "numpy", "seed": 7}


def test_a_run_has_the_arrays_and_spikes_of_its_result(run: tuple[Path, Result]) -> None:
    path, result = run
    for ours, theirs in zip(opened_run(path).stages, result.stages, strict=True):
        assert (ours.task, ours.kind, ours.counts, ours.ledger) == (
            theirs.task,
            theirs.kind,
            theirs.counts,
            theirs.ledger,
        )
        assert {*ours.learned} == {*theirs.learned}
        for name in theirs.learned:
            np.testing.assert_array_equal(ours.learned[name], theirs.learned[name])
        assert {n: e.pairs().tolist() for n, e in ours.spikes.items()} == {
            n: e.pairs().tolist() for n, e in theirs.spikes.items()
        }


def test_weights_before_and_after_each_stage_are_a_chain(run: tuple[Path, Result], prepared: Prepared) -> None:
    found = opened_run(run[0])
    first = prepared.begin(7).learned
    before = found.weights_before(0, "trained")
    assert {n: before[n].tolist() for n in before} == {n: first[n].tolist() for n in first}
    for (task, kind), after in zip([(0, "trained"), (0, "slept")], [(0, "slept"), (1, "trained")], strict=True):
        for name, array in found.weights_after(task, kind).items():
            np.testing.assert_array_equal(array, found.weights_before(*after)[name])
    assert not np.array_equal(found.weights_before(1)["input_hidden.w"], found.weights_after(1)["input_hidden.w"])


def test_spikes_are_by_population(run: tuple[Path, Result]) -> None:
    spikes = opened_run(run[0]).spikes(1)
    assert {n: e.units for n, e in spikes.items()} == {"hidden": 6, "output": 10}
    assert spikes["output"].count == 0 < spikes["hidden"].count


@pytest.mark.parametrize(
    ("task", "kind", "said"),
    [
        (2, "slept", "task 2; expected a whole number from 0 to 1"),
        (0, "sleep", "did you mean 'slept'"),
        (0, "pretrained", "no stage 'pretrained'; there are: trained 0, slept 0, trained 1, slept 1"),
    ],
)
def test_a_stage_that_is_not_there_is_told(run: tuple[Path, Result], task: int, kind: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        opened_run(run[0]).stage(task, kind)


def test_nothing_but_the_result_is_read_until_arrays_are_asked_for(tmp_path: Path) -> None:
    by_hand.keep(by_hand.result(0.5, 0), tmp_path / "a")
    phase = tmp_path / "a" / "phases" / "0001-task0-slept.h5"
    phase.write_bytes(phase.read_bytes()[:-1] + b"?")
    found = opened_run(tmp_path / "a")
    assert found.metrics()["accuracy"] == 0.5
    assert found.weights_after(0, "trained")["p.w"].tolist() == [[0.0] * 3] * 2
    with pytest.raises(InputError, match=r"0001-task0-slept\.h5: its checksum .* neurosim resume .* makes it anew"):
        found.spikes(0)
    with pytest.raises(InputError, match=r"0001-task0-slept\.h5"):
        found.to_pandas()


def test_a_result_that_was_not_read_whole_can_be_sent_elsewhere(tmp_path: Path) -> None:
    by_hand.keep(by_hand.result(0.5, 0), tmp_path / "a")
    sent = pickle.loads(pickle.dumps(opened_run(tmp_path / "a").result))
    assert sent.stages[1].spikes["hidden.spike@step"].count == 1


def test_a_run_shows_itself_in_a_line_and_in_html(tmp_path: Path) -> None:
    by_hand.keep(by_hand.result(0.5, 3), tmp_path / "a")
    found = opened_run(tmp_path / "a")
    assert repr(found).endswith("a: scenario s, backend reference, mode numpy, seed 3; 2 tasks, accuracy 0.500>")
    assert "s on reference:numpy, seed 3" in found._repr_html_()


def test_a_study_has_its_runs_by_cell_backend_and_seed(tmp_path: Path) -> None:
    found = opened_study(by_hand.study(tmp_path / "study", FULL))
    assert [(r.variant, r.result.backend, r.result.seed) for r in found.runs] == [
        (v, b, s) for v in ("with sleep", "without") for b in ("reference", "brian2") for s in (0, 1)
    ]
    assert (found.name, found.unfinished) == ("plan", ())
    assert repr(found) == f"<study {tmp_path / 'study'}: plan; 8 runs>"


def test_a_table_of_a_study_is_in_the_order_of_its_cells(tmp_path: Path) -> None:
    found = opened_study(by_hand.study(tmp_path / "study", {("b", "reference", 0): 0.5, ("a", "reference", 0): 0.6}))
    assert [row.labels for row in table_of(found.runs).rows] == [("b",), ("a",)]


def test_runs_are_selected_by_their_labels(tmp_path: Path) -> None:
    accuracies = {("a", "reference", seed): 0.5 for seed in range(3)}
    found = opened_study(by_hand.study(tmp_path / "study", accuracies, [{"sleep.steps": 300}, {"sleep.steps": 600}]))
    chosen = found.select(seed=[0, 2], **{"sleep.steps": 600})
    assert [r.path.parts[-3:] for r in chosen] == [("a,sleep.steps=600", "reference-numpy", f"seed{s}") for s in (0, 2)]
    with pytest.raises(InputError, match="no label 'sed'; did you mean 'seed'"):
        found.select(sed=1)


def test_runs_that_are_missing_are_listed(tmp_path: Path) -> None:
    accuracies = {**FULL, ("without", "brian2", 1): None}
    del accuracies["without", "reference", 0]
    folder = by_hand.study(tmp_path / "study", accuracies)
    damaged = folder / "runs" / "without" / "reference-numpy" / "seed1" / "result.json"
    damaged.write_text(damaged.read_text().replace("0.5", "0.6"))
    found = opened_study(folder)
    assert len(found.runs) == 5
    assert [(u.cell, u.backend, u.seed) for u in found.unfinished] == [
        ("without", "reference:numpy", 0),
        ("without", "reference:numpy", 1),
        ("without", "brian2:standalone", 1),
    ]
    reasons = [u.reason for u in found.unfinished]
    assert (reasons[0], reasons[2]) == ("not begun", "not finished")
    assert f"{damaged}: its checksum is not that of its contents" in reasons[1]
    assert "Missing" in found._repr_html_()


def test_a_study_without_a_run_lists_its_cells(tmp_path: Path) -> None:
    accuracies = dict.fromkeys(FULL, None)
    folder = by_hand.study(tmp_path / "study", accuracies)
    for begun in folder.rglob("run.json"):
        begun.unlink()
    assert [str(u) for u in opened_study(folder).unfinished] == ["with sleep (not begun)", "without (not begun)"]


def test_a_run_that_has_not_ended_says_how_to_go_on(tmp_path: Path) -> None:
    by_hand.keep(by_hand.result(0.5, 0), tmp_path / "a", ended=False)
    with pytest.raises(InputError, match="the run is not finished; go on with: neurosim resume"):
        ns.open(tmp_path / "a")


def test_a_folder_of_runs_is_none_itself_and_says_so(tmp_path: Path) -> None:
    by_hand.keep(by_hand.result(0.5, 0), tmp_path / "a")
    with pytest.raises(InputError, match=r"no run, study or simulation, but 1 folders? in it"):
        ns.open(tmp_path)
    with pytest.raises(InputError, match="there is no such folder"):
        ns.open(tmp_path / "none")
    with pytest.raises(InputError, match="this is a file; expected a folder with"):
        ns.open(tmp_path / "a" / "run.json")
    with pytest.raises(InputError, match="open: path 3; expected a path"):
        ns.open(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["run.json", "result.json", "study.json"])
def test_a_file_of_a_newer_format_is_refused(tmp_path: Path, name: str) -> None:
    folder = by_hand.study(tmp_path / "study", {("a", "reference", 0): 0.5})
    path = folder if name == "study.json" else folder / "runs" / "a" / "reference-numpy" / "seed0"
    document, _ = store.checksummed.read_json(path / name)
    key = "neurosim_study" if name == "study.json" else "neurosim_run"
    store.checksummed.write_json(path / name, {**document, key: 99})
    with pytest.raises(InputError, match=r"99.*newer"):
        ns.open(path)


@pytest.mark.parametrize("name", ["run.json", "result.json", "study.json"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    folder = by_hand.study(tmp_path / "study", {("a", "reference", 0): 0.5})
    path = folder if name == "study.json" else folder / "runs" / "a" / "reference-numpy" / "seed0"
    (path / name).write_text((path / name).read_text()[:-9])
    with pytest.raises(InputError, match=f"{name}: it is no JSON with a checksum"):
        ns.open(path)


def test_a_result_with_a_forged_seal_is_no_traceback(tmp_path: Path) -> None:
    by_hand.keep(by_hand.result(0.5, 0), tmp_path / "a")
    document, _ = store.checksummed.read_json(tmp_path / "a" / "result.json")
    for change in (
        {"stages": 3},
        {"stages": [{"file": "phases/x"}]},
        {"stages": [{**document["stages"][0], "task": "0"}]},
    ):
        store.checksummed.write_json(tmp_path / "a" / "result.json", {**document, **change})
        with pytest.raises(InputError, match=r"result\.json: not a result"):
            ns.open(tmp_path / "a")


def test_a_kept_simulation_is_a_recording(tmp_path: Path) -> None:
    net = ns.NetworkBuilder(seed=1, dt="1 ms")
    source = net.source("noise", ns.poisson(3, rate="100 Hz"))
    made = ns.simulate(net, "20 ms", [source.spikes], folder=tmp_path / "kept")
    found = ns.open(tmp_path / "kept")
    assert isinstance(found, ns.Recording)
    assert found["noise.spikes"].times.tolist() == made["noise.spikes"].times.tolist()


def test_opening_changes_nothing(tmp_path: Path) -> None:
    folder = by_hand.study(tmp_path / "study", {("a", "reference", 0): 0.5})
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.rglob("*") if p.is_file()}
    found = opened_study(folder)
    found.to_pandas(weights=True)
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.rglob("*") if p.is_file()} == before


def test_a_run_can_be_opened_while_another_process_holds_it(tmp_path: Path) -> None:
    by_hand.keep(by_hand.result(0.5, 0), tmp_path / "a")
    with RunDirectory.open(tmp_path / "a"):
        assert json.dumps(opened_run(tmp_path / "a").metrics())
