"""The list of commands: it is there before any command is imported, and help is whole in 80 columns."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pkgutil import resolve_name
from typing import Any

import pytest
import typer

from neurosim.cli import app
from neurosim.cli.commands import COMMANDS

SLOW_TO_IMPORT = {"numpy", "h5py", "sklearn", "scipy", "brian2", "nengo", "lava", "torch", "matplotlib"}
TOP = typer.main.get_command(app)


def functions() -> dict[str, Any]:
    """What each command of the list is, imported."""
    return {name: resolve_name(f"neurosim.cli.commands.{place}") for name, (place, _) in COMMANDS.items()}


def all_commands() -> dict[str, Any]:
    """Each command as typer has it, those of groups as well."""
    whole = {name: late.command for name, late in TOP.commands.items()}
    within = {f"{g} {n}": c for g, group in whole.items() for n, c in getattr(group, "commands", {}).items()}
    return {"": TOP, **whole, **within}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_has_the_first_line_of_a_commands_own_help(name: str) -> None:
    function = functions()[name]
    own = function.info.help if isinstance(function, typer.Typer) else inspect.getdoc(function)
    assert COMMANDS[name][1] == own.split("\n")[0]


def test_the_help_of_no_command_waits_for_arrays_models_or_simulators() -> None:
    program = f"""
import contextlib, io, json, sys
from neurosim.cli import app
slow = {{}}
for words in {[[], *([name] for name in COMMANDS)]}:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        app([*words, "--help"])
    slow[" ".join(words)] = sorted({SLOW_TO_IMPORT} & set(sys.modules))
print(json.dumps(slow))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(done.stdout) == {name: [] for name in ("", *COMMANDS)}


def test_the_version_and_the_list_import_no_command() -> None:
    program = (
        "import contextlib, io, sys\nfrom neurosim.cli import app\n"
        "for option in ('--version', '--help'):\n"
        "    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "        app([option])\n"
        "print([m for m in sys.modules if m.startswith(('neurosim.cli.commands.', 'neurosim.scenario'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", all_commands())
def test_help_is_whole_in_80_columns(neurosim, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = neurosim(*name.split(), "--help").out
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "…" not in shown
    words = " ".join(shown.split())
    for parameter in all_commands()[name].params:
        if parameter.param_type_name == "option":
            names, text = parameter.get_help_record(typer.Context(all_commands()[name]))
            assert any(line.strip().startswith(names) for line in shown.splitlines()), names
            assert " ".join(text.split()) in words, names


@pytest.mark.parametrize("name", ["run", "compare", "study", "report"])
def test_a_file_or_folder_is_named_once_in_the_usage(neurosim, name: str) -> None:
    assert "..." not in neurosim(name, "--help").out.replace("}...", "").replace("]...", "")


@pytest.mark.parametrize(("words", "nearest"), [("rnu", "run"), ("comapre", "compare")])
def test_a_typing_error_names_the_command_that_was_meant(neurosim, words: str, nearest: str) -> None:
    done = neurosim(words)
    assert (done.code, f"Did you mean '{nearest}'" in done.err) == (2, True)
