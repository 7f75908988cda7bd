"""The pages of NIR are what the code says and does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from typer.testing import CliRunner

import neurosim as ns
from neurosim.cli import app
from neurosim.interchange.nir.choices import ALLOWED, NAMES
from neurosim.scenario import schema

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorials" / "from-nir.md").read_text(encoding="utf-8")
NETWORK = ROOT / "scenarios" / "nir" / "digits_snntorch.nir"
SCENARIO = NETWORK.with_suffix(".toml")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_nir", ROOT / "docs" / "make_nir.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_support_is_that_of_the_code(maker: ModuleType) -> None:
    page = maker.PAGE.read_text(encoding="utf-8")
    assert maker.page_with(maker.support(), page) == page


@pytest.mark.parametrize("choice", NAMES)
def test_every_choice_is_on_both_pages(choice: str) -> None:
    reference, explanation = (ROOT / "docs" / f / "nir.md" for f in ("reference", "explanation"))
    assert f"| `{choice}` |" in reference.read_text(encoding="utf-8")
    assert f"**{choice}**" in explanation.read_text(encoding="utf-8") or choice == "dt"


@pytest.mark.parametrize("choice", ["integrator", "reset", "current", "threshold", "bias"])
def test_the_picture_shows_what_a_choice_changes(maker: ModuleType, choice: str) -> None:
    graph, more, steps = maker.PANELS[choice]
    first, other = (maker.membrane(graph, steps, **{**more, choice: value}) for value in ALLOWED[choice])
    assert not np.allclose(first, other)


def test_the_picture_is_drawn(maker: ModuleType) -> None:
    pytest.importorskip("matplotlib")
    assert len(maker.draw().axes) == 6


def test_the_tutorial_shows_what_import_prints() -> None:
    result = CliRunner().invoke(app, ["import-nir", str(NETWORK), "--input", "values"], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    assert f"```text\n{result.stdout}```" in TUTORIAL


def test_the_tutorial_shows_the_scenario() -> None:
    [shown] = re.findall(r"```toml\n(.*?)```", TUTORIAL, re.S)
    assert shown in SCENARIO.read_text(encoding="utf-8")
    scenario = schema.with_paths_relative_to(SCENARIO, schema.read(SCENARIO))
    assert scenario.build_network().names == ["input", "lif1", "output", "fc1", "fc2"]


def test_the_scenario_is_as_accurate_as_in_snntorch(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", str(SCENARIO), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    [run] = tmp_path.iterdir()
    opened = ns.open(run)
    [accuracy] = re.findall(r"```text\naccuracy (0\.\d{4})\n```", TUTORIAL)
    assert float(opened.accuracy_matrix[0, 0]) == pytest.approx(float(accuracy), abs=5e-5)


def test_the_program_of_the_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [program] = re.findall(r"```python\n(.*?)```", TUTORIAL, re.S)
    monkeypatch.chdir(tmp_path)
    exec(compile(program.replace("scenarios/nir/digits_snntorch.nir", str(NETWORK)), "from-nir.md", "exec"), {})
    assert ns.nir.read(tmp_path / "again.nir").graph == ns.nir.read(NETWORK).graph
