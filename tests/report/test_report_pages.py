"""A report needs nothing else, shows what files say as text, and has the same bytes each time."""

from __future__ import annotations

import html as escaping
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.report import page, sources
from neurosim.report.sources import ReportedRun, RunGroup, of_results, read
from neurosim.results.costs.device_calls import DeviceCalls
from neurosim.results.result import Result

EVIL = "<script>alert(1)</script>"


def sections(html: str) -> list[str]:
    return re.findall(r'<h2 id="([^"]*)"', html)


def test_a_report_of_runs_has_its_sections_in_their_order(html: str) -> None:
    expected = ["accuracy", "sleep", "agreement", "cost", "chip", "processes", "origin"]
    assert [s for s in sections(html) if s != "processes"] == [s for s in expected if s != "processes"]


def test_headline_figures_are_means_over_seeds_of_the_first_backend(html: str, results: list[Result]) -> None:
    values = [r.accuracy for r in results]
    assert f"<dd>{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}</dd>" in html
    assert "<dd>0 to 2</dd>" in html


def test_every_accuracy_is_in_a_table(html: str, results: list[Result]) -> None:
    matrices = np.array([r.accuracy_matrix for r in results])
    for mean, sd in zip(matrices.mean(axis=0).ravel(), matrices.std(axis=0, ddof=1).ravel(), strict=True):
        assert f">{mean:.3f} ± {sd:.3f}<" in html


def test_backends_that_agree_are_said_to(html: str) -> None:
    assert "1 of 1 runs have all weights, spikes and accuracies of the first backend" in html
    assert '<span class="good">T0</span>' in html


def test_it_has_no_script_and_no_address(html: str, study_html: str) -> None:
    for text in (html, study_html):
        assert "<script" not in text
        assert re.findall(r"\son\w+=", text) == []
        assert "@import" not in text
        assert {v[:15] for v in re.findall(r'\b(?:href|src|srcset|xlink:href|action)="([^#"][^"]*)"', text)} <= {
            "data:image/png;"
        }
        assert re.findall(r"url\((?!#)", text) == []
        assert "xmlns" not in text
        assert "http" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)


def test_colours_of_drawings_are_those_of_the_page(html: str) -> None:
    drawings = "".join(re.findall(r'<svg class="drawing.*?</svg>', html, re.DOTALL))
    assert "currentColor" in drawings
    assert re.findall(r"#(?:000000|010203|ffffff)\b", re.sub(r"fill: #ffffff", "", drawings)) == []


def test_folders_are_named_without_what_is_above_them(html: str, study_html: str, folders, study_folder) -> None:
    assert all(f.name in html for f in folders)
    assert str(folders[0].parent) not in html
    assert "runs/asleep/reference-numpy/seed0" in study_html
    assert str(study_folder) not in study_html


def test_the_scenario_file_is_there_as_it_is(html: str, scenario_file: Path) -> None:
    assert escaping.escape(scenario_file.read_text(), quote=False) in escaping.unescape(html).replace(
        "&", "&amp;"
    ).replace("<", "&lt;").replace(">", "&gt;")


def test_what_files_say_is_shown_as_text(results: list[Result]) -> None:
    calls = DeviceCalls(EVIL, 1200, 3, 1e-3, 2e-3, 5e-3, 1.0, 2.0, 10, 20, (f"lost {EVIL}",))
    result = replace(
        results[0],
        device=(calls,),
        scenario=EVIL,
        part=EVIL,
        backend=EVIL,
        mode='"><img src=x>',
        versions={EVIL: EVIL},
        kind=EVIL,
    )
    run = ReportedRun(result, f"{EVIL}&", f"</code>{EVIL} = ]", EVIL)
    group = RunGroup(EVIL, "", [run, ReportedRun(replace(result, backend="b"), "", "", "")])
    found = page.page(sources.Reported(EVIL, EVIL, [group], [EVIL]))
    assert "<script" not in found
    assert "<img" not in found
    assert found.count("&lt;script&gt;") > 10


def test_the_same_runs_give_the_same_bytes_from_elsewhere(html: str, folders: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "again.html"
    code = "import sys; from neurosim.cli import app; app(['report', *sys.argv[2:], '--out', sys.argv[1]])"
    words = [sys.executable, "-c", code, str(out), *(f.name for f in folders)]
    environment = {**os.environ, "PYTHONHASHSEED": "27"}
    subprocess.run(words, env=environment, cwd=folders[0].parent, check=True, capture_output=True)
    assert out.read_text(encoding="utf-8") == html


def test_a_report_of_ten_seeds_in_memory_is_small(results: list[Result]) -> None:
    ten = [replace(results[0], seed=seed) for seed in range(10)]
    found = page.page(of_results({"ten": ten}))
    assert len(found.encode()) < 1_500_000
    assert sections(found) == ["accuracy", "sleep", "cost", "origin"]
    assert f"<h1>{results[0].scenario}</h1>" in found


# studies


def test_variants_of_a_study_are_beside_each_other(study_html: str, results: list[Result]) -> None:
    assert sections(study_html)[:3] == ["variants", "group1", "group2"]
    assert "<h1>nights</h1>" in study_html
    assert "with sleep &amp; without" in study_html
    two = [r.accuracy for r in results[:2]]
    assert f">{np.mean(two):.3f} ± {np.std(two, ddof=1):.3f}<" in study_html
    assert '<h3 id="group1-accuracy">' in study_html


def test_runs_that_have_not_ended_are_named(study_html: str) -> None:
    assert "Not ended, and not in this report: runs/awake/reference-numpy/seed1." in study_html


def test_what_was_compared_and_the_ladder_are_tables(study_html: str) -> None:
    assert sections(study_html)[-3:] == ["compared", "ladder", "origin"]
    assert "nights, seed 0, brian2:standalone" in study_html
    assert ">2.0e-03<" in study_html
    assert ">+0.100<" in study_html


def test_a_comparison_that_was_altered_is_refused(study_folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(study_folder, copy)
    (copy / "comparison.json").write_text((copy / "comparison.json").read_text().replace("2.5", "9.5"))
    with pytest.raises(InputError, match=r"comparison\.json"):
        read([copy])


def test_a_comparison_of_something_else_is_refused_by_its_key(study_folder: Path, tmp_path: Path) -> None:
    import shutil

    from neurosim.results.store import checksummed

    copy = tmp_path / "copy"
    shutil.copytree(study_folder, copy)
    checksummed.write_json(
        copy / "ladder.json", {"neurosim_ladder": 1, "rungs": [{"name": 3}], "scenario": "s", "seed": 0}
    )
    with pytest.raises(InputError, match=r"rungs\.0\.name"):
        read([copy])


# the commands


def test_run_writes_a_report_of_what_it_ran(command, scenario_file: Path, tmp_path: Path) -> None:
    out, file = tmp_path / "runs", tmp_path / "r.html"
    code, _ = command("run", scenario_file, "--out", out, "--report", file)
    assert code == 0
    assert next(out.iterdir()).name in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "said"), [("a.txt", "ends in .html"), ("nowhere/a.html", "there is no folder")])
def test_a_place_for_no_report_is_refused_before_anything_runs(
    command, scenario_file: Path, tmp_path: Path, name: str, said: str
) -> None:
    code, output = command("run", scenario_file, "--out", tmp_path / "runs", "--report", tmp_path / name)
    assert code == 2
    assert said in " ".join(output.split())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_runs_stands_for_its_runs(folders: list[Path]) -> None:
    of_all = sources.read([folders[0].parent])
    assert [r.folder for g in of_all.groups for r in g.runs] == [
        r.folder for g in sources.read(folders).groups for r in g.runs
    ]


def test_a_folder_of_something_else_is_refused_and_nothing_written(command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, output = command("report", tmp_path / "empty", "--out", tmp_path / "a.html")
    assert code == 2
    assert "not a run directory" in " ".join(output.split())
    assert not (tmp_path / "a.html").exists()


def test_no_results_make_no_report() -> None:
    with pytest.raises(InputError, match="no run that has ended"):
        of_results({"x": []})
