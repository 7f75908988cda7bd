"""The pages on clusters are linked, their Python runs, and what they say of tries, arrays and options is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from neurosim.cli import app
from neurosim.scenario.runs.submit.jobs import TRIES
from neurosim.scenario.runs.submit.slurm.slurm_engine import MOST_IN_ARRAY

ROOT = Path(__file__).parents[2]
DASK, SLURM, SCALE, BESIDE = (
    ROOT / "docs" / page
    for page in (
        "how-to/run-on-dask.md",
        "how-to/run-on-slurm.md",
        "explanation/scale.md",
        "how-to/run-side-by-side.md",
    )
)


@pytest.mark.parametrize("page", [DASK, SLURM, SCALE])
def test_a_page_is_linked_and_links_to_what_is_there(page: Path) -> None:
    assert str(page.relative_to(ROOT)) in (ROOT / "README.md").read_text()
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [t for t in targets if not (page.parent / t).exists()] == []


@pytest.mark.parametrize(
    ("page", "package", "printed"), [(DASK, "distributed", "[0, 1, 4, 9]\n"), (SLURM, "submitit", "--array=0-19%10")]
)
def test_its_python_runs(page: Path, package: str, printed: str, tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    names: dict = {"__name__": "__main__"}
    exec(compile(code, page.name, "exec"), names)
    assert printed in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "study"])
def test_options_of_the_page_are_those_of_the_command(command: str) -> None:
    table = SLURM.read_text().partition("| option |")[2].partition("\n\n")[0]
    told = {"--on", *re.findall(r"--[a-z][a-z-]+", table)}
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "300"}).output
    assert len(told) == 9
    assert [option for option in [*told, "--insecure", "--same-cpu"] if option not in shown] == []


def test_numbers_of_the_pages_are_those_of_the_code() -> None:
    assert TRIES == 3
    assert "three times" in DASK.read_text()
    assert "three times" in BESIDE.read_text()
    assert f"arrays of {MOST_IN_ARRAY:,}" in SCALE.read_text()
