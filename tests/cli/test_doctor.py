"""`neurosim doctor`: what it says of a system."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from neurosim.cli import doctor

SUPPORT = (Path(__file__).parents[2] / "docs" / "reference" / "support.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("system", "state", "text"),
    [
        (("Linux", "x86_64", "6.8.0-45-generic"), "ok", "Linux x86_64: neurosim is tested on it"),
        (("Linux", "aarch64", "6.8.0"), "untried", "Linux aarch64: neurosim was not tested here, only on Linux x86_64"),
        (("Darwin", "arm64", "23.4.0"), "untried", "Darwin arm64: neurosim was not tested here, only on Linux x86_64"),
        (
            ("Linux", "x86_64", "5.15.153.1-microsoft-standard-WSL2"),
            "untried",
            "Linux x86_64 in WSL: neurosim was not tested here, only on Linux x86_64",
        ),
    ],
    ids=["Linux", "aarch64", "macOS", "WSL"],
)
def test_a_system_is_tested_or_not(system: tuple[str, str, str], state: str, text: str) -> None:
    finding = doctor.system_of(*system)
    assert (finding.what, finding.state) == ("system", state)
    assert finding.detail.startswith(text)


@pytest.fixture
def only_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a machine that nobody has tested, with nothing else to be checked."""
    monkeypatch.setattr(doctor.registry, "names", lambda: [])
    values = {"system": "Darwin", "machine": "arm64", "release": "23.4.0", "python_version": "3.12.0"}
    mac = SimpleNamespace(**{name: lambda value=value: value for name, value in values.items()})
    monkeypatch.setattr(doctor, "platform", mac)  # others ask the module itself, and import accordingly


@pytest.mark.usefixtures("only_the_system")
def test_the_first_line_is_of_the_system(neurosim) -> None:
    done = neurosim("doctor")
    first, second = done.out.splitlines()[:2]
    assert first == "untried  system  Darwin arm64: neurosim was not tested here, only on Linux x86_64"
    assert second.split()[1] == "python"


@pytest.mark.usefixtures("only_the_system")
def test_a_system_that_was_not_tested_is_no_error(neurosim) -> None:
    done = neurosim("doctor", "--json")
    assert done.code == 0
    assert json.loads(done.out)[0]["state"] == "untried"


@pytest.mark.parametrize("name", ["x86-64", "aarch64", "macOS", "WSL", "Windows"])
def test_the_page_says_of_every_system_what_was_run(name: str) -> None:
    assert any(name in line for line in SUPPORT.splitlines() if line.startswith("| "))
