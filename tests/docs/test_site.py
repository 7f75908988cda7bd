"""Of the site, without a build: pages are in its tree, settings name what is there, public names have pages."""

from __future__ import annotations

import os
import re
import runpy
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import neurosim as ns
from neurosim import errors

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if not {"building", "generated"} & set(p.relative_to(DOCS).parts))
TREE = re.compile(r"^```\{toctree\}\n(?::[^\n]*\n)*\n?(?P<entries>.*?)^```", re.M | re.S)
API = {page.stem: page.read_text(encoding="utf-8") for page in sorted((DOCS / "reference" / "api").glob("*.md"))}
NAMES = re.findall(r"^   (neurosim\.[\w.]+)$", "\n".join(API.values()), re.M)


def children(page: Path) -> Iterator[Path]:
    """The pages that the trees of a page name."""
    for tree in TREE.finditer(page.read_text(encoding="utf-8")):
        for entry in tree["entries"].split():
            yield from page.parent.glob(f"{entry}.md")


def in_the_tree(page: Path) -> set[Path]:
    below = set(children(page)) - {page}
    return {page}.union(*(in_the_tree(child) for child in below))


@pytest.fixture
def conf(monkeypatch: pytest.MonkeyPatch) -> dict:
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    for name, value in dict(os.environ).items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(DOCS / "conf.py"))


def test_every_page_is_in_the_tree() -> None:
    assert set(PAGES) - in_the_tree(DOCS / "index.md") == set()


def test_a_tree_names_pages_that_are_there() -> None:
    for page in PAGES:
        for tree in TREE.finditer(page.read_text(encoding="utf-8")):
            for entry in tree["entries"].split():
                assert list(page.parent.glob(f"{entry}.md")), f"{page.name}: {entry}"


def test_the_settings_name_files_and_pages_that_are_there(conf: dict) -> None:
    for name, page in conf["repository_pages"].items():
        assert (ROOT / name).exists()
        assert (DOCS / f"{page}.md") in PAGES
    for pattern in conf["repository_sources"]:
        assert list(ROOT.glob(pattern)), pattern
    for folder in (*conf["html_static_path"], *conf["templates_path"]):
        assert (DOCS / folder).is_dir()


def test_headings_go_down_one_level_at_a_time() -> None:
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.M)]
        assert levels[:1] in ([1], []), page
        assert all(1 < b <= a + 1 for a, b in pairwise(levels)), page


def test_every_public_name_has_a_page_and_every_page_a_name() -> None:
    packages = {"__version__", *ns._PACKAGES}
    public = {f"neurosim.{name}" for name in set(ns.__all__) - packages}
    public |= {f"neurosim.plots.{name}" for name in ns.plots.__all__}
    public |= {f"neurosim.device.{name}" for name in ns.device.__all__}
    public |= {
        f"neurosim.errors.{name}"
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert public - set(NAMES) == set(), "list it on a page of docs/reference/api"
    assert len(NAMES) == len(set(NAMES))
    for name in NAMES:
        module, _, attribute = name.rpartition(".")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute), name


def test_the_gallery_is_what_its_program_writes_and_its_pictures_are_there() -> None:
    gallery = runpy.run_path(str(DOCS / "make_gallery.py"))
    assert (DOCS / "gallery.md").read_text(encoding="utf-8") == gallery["page"](), "run: make gallery"
    for picture in gallery["ALL"]:
        assert (DOCS / "pictures" / f"{picture.name}.png").exists(), picture.name


def test_all_pictures_are_in_the_gallery() -> None:
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert [p.name for p in (DOCS / "pictures").glob("*.png") if f"(pictures/{p.name})" not in page] == []
