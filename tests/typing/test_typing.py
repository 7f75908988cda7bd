"""What mypy says of a user's file; `typing_checks.py` is read by mypy alone, with the rest of the sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

mypy_api = pytest.importorskip("mypy.api")

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
SCRIPT = """\
import neurosim as ns

ns.Network(12, "no such thing", spam=3)
ns.Nonsense
reveal_type(ns.LIF)
reveal_type(ns.lower)
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> dict[int, str]:
    """What mypy --strict says of `SCRIPT`, by line."""
    script = tmp_path_factory.mktemp("typing") / "script.py"
    script.write_text(SCRIPT)
    kept = pytestconfig.cache.mkdir("mypy")
    config = ["--config-file", str(PYPROJECT), "--cache-dir", str(kept)]
    out, err, _ = mypy_api.run(["--strict", "--no-color-output", *config, str(script)])
    assert not err, err
    found: dict[int, str] = {}
    for line, text in re.findall(r"script\.py:(\d+): (.*)", out):
        found[int(line)] = found.get(int(line), "") + text
    return found


def test_arguments_that_do_not_exist_are_errors(said: dict[int, str]) -> None:
    assert 'Unexpected keyword argument "spam"' in said[3]
    assert 'incompatible type "int"; expected "Sequence[Population]"' in said[3]


def test_a_name_that_does_not_exist_is_an_error(said: dict[int, str]) -> None:
    assert said[4] == 'error: Module has no attribute "Nonsense"  [attr-defined]'


def test_public_names_have_their_types(said: dict[int, str]) -> None:
    assert 'Revealed type is "neurosim.model.neurons.model.NeuronModel"' in said[5]
    assert "neurosim.model.network.network.Network" in said[6]
    assert "neurosim.program.program.Program" in said[6]
