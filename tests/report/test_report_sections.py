"""What sections say follows from the runs, and a section that has nothing to say is not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim.report.blocks import Gallery, Judged, Note, ReportTable
from neurosim.report.quantities import interval, listed, spread
from neurosim.report.sections.agreement import agreement
from neurosim.report.sections.chip import chip
from neurosim.report.sections.devices import devices
from neurosim.report.sections.processes import processes
from neurosim.report.sections.sleep import sleep
from neurosim.report.sections.study import study
from neurosim.report.sources import ReportedRun, RunGroup, of_results
from neurosim.results.costs.device_calls import DeviceCalls
from neurosim.results.result import Result


def group(*results: Result, text: str = "") -> RunGroup:
    return RunGroup("x", "", [ReportedRun(r, "folder", text) for r in results])


def tables(section) -> list[ReportTable]:
    items = [i for b in section.blocks for i in (b.items if isinstance(b, Gallery) else [b])]
    return [i for i in items if isinstance(i, ReportTable)]


def test_a_backend_that_differs_is_said_to(results: list[Result]) -> None:
    first = results[0]
    last = first.stages[-1]
    moved = replace(last, learned={n: a + 1e-3 for n, a in last.learned.items()})
    other = replace(first, backend="other", stages=(*first.stages[:-1], moved))
    found = agreement(group(first, other), 2)
    assert tables(found)[0].rows[0][2] == Judged("none", False)
    assert f"they first differ after {last.task + 1} {last.kind}" in found.drawings[0].words
    assert found.blocks[0] == Note(
        "0 of 1 runs have all weights, spikes and accuracies of the first backend with their seed (tier T0)."
    )


def test_runs_with_other_seeds_are_not_compared(results: list[Result]) -> None:
    assert agreement(group(results[0], replace(results[1], backend="other")), 2) is None


def test_a_run_without_sleep_has_no_section_of_it(results: list[Result]) -> None:
    awake = replace(results[0], stages=tuple(s for s in results[0].stages if s.kind == "trained"))
    assert sleep(group(awake), 2) is None


def test_a_sleep_without_spikes_is_said_to_have_none(results: list[Result]) -> None:
    silent = replace(results[0], stages=tuple(replace(s, spikes={}) for s in results[0].stages))
    assert sleep(group(silent), 2).blocks[0] == Note("No spikes of its sleep were recorded.")


def test_quarters_have_all_spikes(results: list[Result]) -> None:
    data = sleep(group(results[0]), 2).blocks[1].items[0].data
    counted = sum(int(cell) for row in data.rows for cell in row[1:])
    assert counted == sum(e.count for s in results[0].stages for e in s.spikes.values())


def test_a_chip_that_cannot_be_asked_is_left_out_with_a_word(results: list[Result]) -> None:
    wrong = group(results[0], text="[scenario]\nname = 3")
    (note,) = chip(wrong, 2, "loihi2").blocks
    assert note.text.startswith("Left out: ")
    assert processes(wrong, 2) is None


def test_a_chip_is_asked_for_the_network_of_the_run(results: list[Result], scenario_file) -> None:
    found = chip(group(results[0], text=scenario_file.read_text()), 2, "loihi1")
    assert found.title == "On Loihi 1"
    assert [row[0] for row in tables(found)[0].rows] == ["hidden", "output"]
    assert {row[1] for row in tables(found)[1].rows} >= {"input_hidden", "hidden_output"}


def test_runs_in_memory_have_no_chip_for_nothing_says_what_they_are_of(results: list[Result]) -> None:
    assert chip(group(results[0]), 2, "loihi2") is None


def test_calls_of_a_device_are_told(results: list[Result]) -> None:
    calls = DeviceCalls("trained/0", 1200, 3, 1e-3, 2e-3, 5e-3, 1.0, 2.0, 10, 20, ("lost a frame",))
    found = devices(group(replace(results[0], device=(calls,))), 2)
    assert tables(found)[0].rows[0][:6] == ["trained/0", "1,200", "1 ms", "2 ms", "5 ms", "3"]
    assert tables(found)[1].rows == [["1", "lost a frame"]]
    assert devices(group(results[0]), 2) is None


def test_variants_are_compared_over_pairs_of_one_seed(results: list[Result]) -> None:
    lower = [replace(r, accuracy_matrix=r.accuracy_matrix * (0.5 + 0.1 * r.seed)) for r in results]
    found = study(of_results({"a": results, "b": lower}))
    rows = tables(found)[1].rows
    expected = [b.accuracy - a.accuracy for a, b in zip(results, lower, strict=True)]
    assert rows[0][:2] == ["b, accuracy", f"{np.mean(expected):+.3f}"]
    assert rows[0][4] == "3"
    assert tables(found)[1].caption == "Differences to a"


def test_variants_without_seeds_in_common_are_not_compared(results: list[Result]) -> None:
    assert len(tables(study(of_results({"a": results[:1], "b": results[1:]})))) == 1


@pytest.mark.parametrize(
    ("numbers", "text"), [([0], "0"), ([1, 0], "0, 1"), ([2, 0, 1], "0 to 2"), ([0, 1, 5], "0, 1, 5")]
)
def test_seeds_in_a_row_are_a_range(numbers: list[int], text: str) -> None:
    assert listed(numbers) == text


def test_a_single_value_has_no_spread() -> None:
    assert (spread([0.5]), interval([0.5]), spread([])) == ("0.500", "-", "-")
    assert spread([0.4, 0.6]) == "0.500 ± 0.141"
