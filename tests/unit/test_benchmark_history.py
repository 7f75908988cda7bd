"""Ratios of benchmarks are kept by commit and machine, compared with those before, and drawn."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for name in ("history", "page", "speed", "c_limit", "works"):  # modules of a script, which others may have, too
        monkeypatch.delitem(sys.modules, name, raising=False)
    import history

    return history


def rows(*ratios: float | None) -> list[dict[str, Any]]:
    return [
        {"work": f"work-{k}", "backend": "brian2", "mode": "numpy", "against": "reference", "ratio": ratio}
        for k, ratio in enumerate(ratios)
    ]


def test_ratios_are_kept_with_commit_date_and_machine_and_nothing_else(history: Any, tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    for ratio in (2.0, 3.0):
        history.append(history.Entry.of("dense", rows(ratio, None)), file)
    first, second = history.read(file)
    assert (first.ratios, second.ratios) == (
        {"work-0 on brian2:numpy over reference": 2.0},
        {"work-0 on brian2:numpy over reference": 3.0},
    )
    assert first.part == "dense"
    assert re.fullmatch(r"[0-9a-f]{10}\+?|unknown\+?", first.commit)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", first.date)
    assert first.processor
    assert first.cores > 0


def test_a_part_without_a_ratio_adds_no_line(history: Any, tmp_path: Path) -> None:
    history.append(history.Entry.of("data", rows(None)), tmp_path / "history.jsonl")
    assert history.read(tmp_path / "history.jsonl") == []


def test_ratios_are_compared_with_the_last_of_the_same_machine(history: Any) -> None:
    entry = history.Entry("a", "2026-01-01", "X", 2, "dense", {"w on b over c": 2.0})
    other = replace(entry, processor="Y", ratios={"w on b over c": 8.0})
    later = replace(entry, commit="b", ratios={"w on b over c": 1.0, "new on b over c": 5.0})
    assert history.changes([entry, other, later]) == [[], [], [0.5]]
    newest = history.table([entry, other, later]).splitlines()[2]
    assert newest.endswith("| X, 2 cores | dense | 2 | 1 | 0.50 | 0.50 | 0.50 |")


def test_points_of_a_commit_share_a_place_and_machines_are_not_joined(history: Any) -> None:
    entry = history.Entry("a", "2026-01-01", "X", 2, "dense", {"w on b over c": 2.0})
    entries = [entry, replace(entry, part="sparse", ratios={"v on b over c": 3.0}), replace(entry, commit="b")]
    other = replace(entry, commit="b", cores=4)
    assert [*history.series([*entries, other], "c")] == [
        ("w on b over c", [0, 1], [2.0, 2.0]),
        ("v on b over c", [0], [3.0]),
        ("w on b over c", [1], [2.0]),
    ]


def test_the_page_has_the_table_of_the_file(history: Any) -> None:
    assert history.table(history.read()) in history.PAGE.read_text(encoding="utf-8")


def test_the_picture_is_the_same_bytes_each_time(history: Any, tmp_path: Path) -> None:
    entries = history.read()[-2:]
    for name in ("one.png", "two.png"):
        history.draw(entries, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
