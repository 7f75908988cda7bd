"""Tutorials are linked and link to what is there; the network beside Brian2's is no longer than Brian2's, and runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns

ROOT = Path(__file__).parents[2]
NETWORKS = ROOT / "scenarios" / "networks"
OURS, THEIRS = ((NETWORKS / name).read_text(encoding="utf-8") for name in ("ei_stdp.py", "ei_stdp_brian2.py"))
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
PROGRAMS = sorted(NETWORKS.glob("*.py"))


def statements(code: str) -> int:
    return sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(code)))


def longest_line(code: str) -> int:
    return max(map(len, code.splitlines()))


def lines(code: str) -> int:
    return len(code.splitlines())


@pytest.mark.parametrize("count", [statements, lines, longest_line])
def test_ours_is_no_longer_than_brian2s(count) -> None:
    assert count(OURS) <= count(THEIRS)


def test_ours_draws_a_picture_of_a_network_that_spikes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pytest.importorskip("matplotlib").use("Agg")
    assert OURS.count('"1 s"') == 1
    names: dict = {}
    exec(compile(OURS.replace('"1 s"', '"60 ms"'), "ei_stdp.py", "exec"), names)
    assert all(len(train) for train in names["recording"].spikes().values())
    assert (tmp_path / "ei_stdp.png").stat().st_size > 10_000


def test_the_microcircuit_has_its_synapses_and_spikes() -> None:
    """At a smaller scale; its page says how many it has at its own."""
    code = (NETWORKS / "microcircuit.py").read_text(encoding="utf-8")
    assert code.count("SCALE = 0.1\n") == 1
    names: dict = {"__name__": "microcircuit"}
    exec(compile(code.replace("SCALE = 0.1\n", "SCALE = 0.02\n"), "microcircuit.py", "exec"), names)
    setup = names["network"].build()
    inside = [p for p in setup.network.projections if not p.pre.startswith("to_")]
    synapses = sum(setup.weights[f"{p.name}.w"].size for p in inside)
    assert len(inside) == np.count_nonzero(names["PROBABILITIES"])
    assert synapses / 0.02**2 == pytest.approx(298_880_969, rel=1e-3)
    recording = ns.simulate(setup, "30 ms")
    assert all(len(train) for train in recording.spikes().values())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_tutorial_shows_a_program_as_it_is(program: Path) -> None:
    shown = [f"```{kind}\n{program.read_text(encoding='utf-8')}```\n" for kind in ("python", "text")]
    assert any(s in page.read_text(encoding="utf-8") for page in TUTORIALS for s in shown)


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_is_linked_from_the_readme_and_from_the_page_of_networks(page: Path) -> None:
    assert f"](docs/tutorials/{page.name})" in (ROOT / "README.md").read_text(encoding="utf-8")
    networks = ROOT / "docs" / "how-to" / "simulate-networks.md"
    assert f"](../tutorials/{page.name})" in networks.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_links_of_a_tutorial_lead_to_pages_and_headings(page: Path) -> None:
    for path, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not heading or heading in headings(target), f"{path}#{heading}"


def headings(page: Path) -> list[str]:
    """As links name them."""
    found = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return [re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in found]
