"""Runs that reports are made of: a small scenario on two backends with three seeds, made once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from neurosim.cli import app
from neurosim.report import page, sources
from neurosim.results import store
from neurosim.results.result import Result
from neurosim.results.store import checksummed
from neurosim.results.studies import AboutStudy, Cell

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

SMALLER = {
    "size = 256": "size = 16", "test = 360": "test = 60", "validation = 287": "validation = 1637",
    "free_steps = 20": "free_steps = 5", "nudged_steps = 8": "nudged_steps = 2", "steps = 747": "steps = 60",
    "theta = 2.03": "theta = 0.5",
}  # fmt: skip


@pytest.fixture(scope="session")
def command() -> Callable[..., tuple[int, str]]:
    """Run a command in this process; its exit code and what it printed."""

    def run(*words: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, [str(w) for w in words])
        return done.exit_code, done.output

    return run


@pytest.fixture(scope="session")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("scenario") / "small.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="session")
def folders(command, scenario_file: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Of three seeds on the reference, and one behind a worker."""
    out = tmp_path_factory.mktemp("runs")
    for backend, seeds in (("reference", "0..2"), ("loopback", "0")):
        code, said = command("run", scenario_file, "--backend", backend, "--seeds", seeds, "--out", out)
        assert code == 0, said
    return sorted(out.iterdir())


@pytest.fixture(scope="session")
def results(folders: list[Path]) -> list[Result]:
    """Those of the reference."""
    return [r for r in map(store.read, folders) if r.backend == "reference"]


@pytest.fixture(scope="session")
def html(command, folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("report") / "a.html"
    code, said = command("report", *folders, "--out", file)
    assert (code, said[:8]) == (0, "report: "), said
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def study_folder(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cells with two seeds, one of which has not ended; a comparison and a ladder."""
    path = tmp_path_factory.mktemp("study")
    cells = tuple(Cell(place, place, {}, "0" * 64) for place in ("asleep", "awake"))
    checksummed.write_json(path / "study.json", AboutStudy("nights", "with sleep & without", "T0", cells).document())
    of_reference = [f for f in folders if "reference" in f.name]
    for cell in cells:
        for seed, folder in enumerate(of_reference[:2]):
            shutil.copytree(folder, path / "runs" / cell.place / "reference-numpy" / f"seed{seed}")
    (path / "runs" / "awake" / "reference-numpy" / "seed1" / "result.json").unlink()
    compared = {
        "name": "brian2", "mode": "standalone", "kind": "simulated", "accuracy": 0.5, "accuracy_matrix": [[0.5]],
        "max_abs_dw": 2e-3, "spikes_different": 7, "tier": "none", "seconds": 1.0, "samples_per_s": 10.0,
        "ratio_to_reference": 2.5,
    }  # fmt: skip
    rung = {"name": "chip", "kind": "mock", "accuracy": 0.4, "loss": 0.1, "tier": "none", "against": "float"}
    found = {"scenario": "nights", "seed": 0}
    checksummed.write_json(
        path / "comparison.json", {"neurosim_comparison": 1, "comparisons": [{**found, "backends": [compared]}]}
    )
    checksummed.write_json(path / "ladder.json", {"neurosim_ladder": 1, "ladders": [{**found, "rungs": [rung]}]})
    return path


@pytest.fixture(scope="session")
def study_html(study_folder: Path) -> str:
    return page.page(sources.read([study_folder]))
