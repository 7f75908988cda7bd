"""The how-to of studies: its file is a study, its program runs, its commands have the options that it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from neurosim.cli import app
from neurosim.scenario.schema import ScenarioFile
from neurosim.scenario.studies.cells import cells_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "studies.md").read_text(encoding="utf-8")
[FILE] = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.S)
[PROGRAM] = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
COMMANDS = re.findall(r"^    neurosim (.*)$", PAGE, flags=re.M)
SMALLER = """
[data]
test = 20
train = 20
validation = 0

[stream]
increment = 5

[network.population.hidden]
size = 4
"""


def test_its_file_is_a_study(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(FILE.replace("../", f"{ROOT}/scenarios/"))
    cells = cells_of(ScenarioFile.read(tmp_path / "study.toml"))
    assert [c.cell.variant for c in cells] == ["joint", "no_sleep", "sleep", "own_rates"]


def test_its_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(f'extends = "{ROOT}/scenarios/digits_sequential.toml"\n{SMALLER}')
    exec(compile(PROGRAM, "studies.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition(" ")[0] for line in lines] == [f"digits_sequential reference:numpy {s}" for s in (0, 1)]


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_have_their_options(command: str) -> None:
    name, *words = shlex.split(command)
    known = {o for p in get_command(app).commands[name].command.params for o in p.opts}  # type: ignore[attr-defined]
    assert {word for word in words if word.startswith("--")} <= known
    assert all((ROOT / word).exists() for word in words if word.startswith("scenarios/"))
