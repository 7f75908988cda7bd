"""The Python of the README and of the pages runs, and prints what the pages say it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to" / "train-by-gradients.md"
NETWORKS = ROOT / "docs" / "how-to" / "simulate-networks.md"
ODE = ROOT / "docs" / "explanation" / "ode.md"
SYNAPSES = ROOT / "docs" / "explanation" / "synapses.md"
DEVICES = ROOT / "docs" / "explanation" / "devices.md"
FOLDERS = [ROOT / "docs" / "reference", ROOT / "docs" / "tutorials"]
OTHERS = [HOW_TO, NETWORKS, ODE, SYNAPSES, DEVICES]
TOGETHER = ("in-the-loop.md", "own-data.md", "read-a-run.md", "paper.md")
IN_A_FOLDER = [ROOT / "docs" / "tutorials" / name for name in TOGETHER]
"""Their blocks need what those before left: test_device_tutorials, test_own_data_page, test_pages_of_results."""
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "index.md",
    *(page for f in FOLDERS for page in sorted(f.glob("*.md"))),
    *OTHERS,
]
PAGES = [page for page in PAGES if page not in IN_A_FOLDER]
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\s*It prints\n+```text\n(?P<printed>.*?)^```\n)?", re.M | re.S)
BLOCKS = [(page, block) for page in PAGES for block in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def test_there_are_examples():
    assert {"README.md", "equations.md", HOW_TO.name} <= {page.name for page, _ in BLOCKS}
    assert any(block["printed"] for _, block in BLOCKS)


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=[f"{p.name}-{b.start()}" for p, b in BLOCKS])
def test_an_example_runs_and_prints_what_the_page_says(page, block, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write pictures
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    if re.search(r"(\b|neurosim_)torch", block["code"]):
        pytest.importorskip("torch.cuda", reason="needs PyTorch: make test-torch")  # `torch` might be a folder of tests
    if "pyNN" in block["code"]:
        pytest.importorskip("pyNN", reason="needs PyNN")
        monkeypatch.setitem(pytest.importorskip("brian2").prefs, "codegen.target", "numpy")  # else it compiles
    exec(compile(block["code"], str(page), "exec"), {"__name__": "__main__"})
    if block["printed"] is not None:
        assert capsys.readouterr().out == block["printed"]
