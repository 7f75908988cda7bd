"""The page on upgrading says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neurosim.edges import format_version
from neurosim.edges.deprecated import GONE_IN, MOVED
from neurosim.errors import InputError
from neurosim.results import store

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "upgrade.md").read_text(encoding="utf-8")
RUN_DIRECTORY = (ROOT / "docs" / "reference" / "run-directory.md").read_text(encoding="utf-8")
RENAMED = re.findall(r"^\| `(neurosim\.[\w.]+)` \| `(neurosim\.[\w.]+)` \|$", PAGE, re.M)


@pytest.mark.parametrize(("old", "new"), RENAMED)
def test_an_old_name_is_found_and_is_the_new_one(old: str, new: str) -> None:
    assert MOVED[old] == new


def test_there_are_old_names_and_their_end() -> None:
    assert len(RENAMED) > 10
    assert f"until neurosim {GONE_IN}" in PAGE


def test_the_text_of_a_newer_format_is_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.__version__", "0.1.0")
    with pytest.raises(InputError) as error:
        format_version.check(3, 2, "...")
    assert f"`{error.value}`" in PAGE


def test_the_format_of_a_run_directory_is_on_its_page() -> None:
    assert f"of the directory together, {store.FORMAT})" in RUN_DIRECTORY
    assert f"| `neurosim_run` | version of the format, {store.FORMAT} |" in RUN_DIRECTORY


@pytest.mark.parametrize("page", ["docs/how-to/upgrade.md", "docs/reference/support.md"])
def test_a_page_is_linked_from_the_readme_and_links_to_what_is_there(page: str) -> None:
    assert f"]({page})" in (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8")):
        assert ((ROOT / page).parent / link).exists(), link
