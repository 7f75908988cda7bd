"""`neurosim cache`: what it lists, what it finds wrong, and what it removes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from neurosim.backend import cache
from neurosim.backend.processes.locked_file import LockedFile


def build(folder: Path) -> None:
    (folder / "main").write_bytes(bytes(5_000))


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[cache.Entry, cache.Entry]:
    """Two entries, of which the second was not used for ten days."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    for kind, key in (("brian2", "0123456789abcdef0123-new"), ("other", "fedcba9876543210fedc-old")):
        cache.artefact(kind, key, build, "wake: input 64, hidden 256, output 10")
    old = cache.Entry("other", "fedcba9876543210fedc-old")
    ten_days_ago = time.time() - 10 * 86400
    os.utime(old.folder, (ten_days_ago, ten_days_ago))
    return cache.Entry("brian2", "0123456789abcdef0123-new"), old


@pytest.mark.parametrize("columns", [50, 60, 80, 120])
def test_a_list_fits_the_terminal_and_loses_nothing(neurosim, two, columns: int) -> None:
    done = neurosim("cache", "list")
    assert done.code == 0
    lines = done.out.splitlines()
    assert max(map(len, lines[:-1])) <= columns  # the last one is a path
    assert "…" not in done.out
    words = done.out.split()
    for word in ("brian2:", "0123456789ab", "fedcba987654", "64,", "256,", "output", "sound", "kB", "10"):
        assert word in words, done.out


def test_a_list_as_data(neurosim, two) -> None:
    new, old = json.loads(neurosim("cache", "list", "--json").out)
    assert (new["kind"], new["key"], new["state"]) == ("brian2", two[0].key, "sound")
    assert new["program"] == "wake: input 64, hidden 256, output 10"
    assert new["bytes"] == sum(p.stat().st_size for p in two[0].folder.iterdir())
    assert new["seconds_since_use"] < 60
    assert abs(old["seconds_since_use"] - 10 * 86400) < 60
    assert [row["kind"] for row in json.loads(neurosim("cache", "list", "--kind", "other", "--json").out)] == ["other"]


def test_size(neurosim, two) -> None:
    sizes = json.loads(neurosim("cache", "size", "--json").out)
    bytes_of_all = sum(p.stat().st_size for entry in two for p in entry.folder.iterdir())
    assert sizes == {"folder": str(cache.root()), "programs": 2, "bytes": bytes_of_all}
    assert neurosim("cache", "size").out.startswith("2 programs, 1")


def test_verify_names_each_that_is_damaged_and_ends_with_1(neurosim, two) -> None:
    assert neurosim("cache", "verify").code == 0
    (two[0].folder / "main").write_bytes(b"")
    two[1].folder.chmod(0o777)
    done = neurosim("cache", "verify")
    assert done.code == 1
    assert f"damaged  {two[0].name}: not as it was built: main" in done.out
    assert f"refused  {two[1].name}: " in done.out
    assert "0 programs" in done.out.splitlines()[-1]
    data = neurosim("cache", "verify", "--json")
    assert (data.code, [row["state"] for row in json.loads(data.out)]) == (1, ["damaged", "refused"])


@pytest.mark.parametrize(
    ("options", "kept"),
    [((), ()), (("--kind", "other"), (0,)), (("--older-than", "9"), (0,)), (("--older-than", "11"), (0, 1))],
)
def test_clear_removes_what_is_asked_for(neurosim, two, options: tuple[str, ...], kept: tuple[int, ...]) -> None:
    cleared = json.loads(neurosim("cache", "clear", "--json", *options).out)
    assert [entry for entry in two if entry.exists] == [two[i] for i in kept]
    assert cleared["removed"] == [entry.name for entry in two if not entry.exists]
    assert (cleared["bytes"] > 0) == bool(cleared["removed"])


def test_clear_leaves_what_is_being_built_and_takes_what_dead_builds_left(neurosim, two) -> None:
    new, old = two
    (new.home / f"{new.key}.part-abc").mkdir()
    (old.home / f"{old.key}.part-abc").mkdir()
    with LockedFile(new.lock):
        done = neurosim("cache", "clear")
    assert done.code == 0
    assert f"left {new.name}, which is being built" in done.out
    assert sorted(p.name for p in new.home.iterdir()) == sorted([new.key, f"{new.key}.part-abc", new.lock.name])
    assert not list(old.home.iterdir())
    neurosim("cache", "clear")
    assert not list(new.home.iterdir())


def test_an_unknown_kind_is_a_mistake_that_names_the_known_ones(neurosim, two) -> None:
    done = neurosim("cache", "clear", "--kind", "brain2")
    assert done.code == 2
    assert "did you mean 'brian2'?" in done.err
    assert two[0].exists


@pytest.mark.parametrize("command", ["list", "size", "verify", "clear"])
def test_an_empty_cache_is_none_at_all(neurosim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "none"))
    done = neurosim("cache", command)
    assert (done.code, done.err) == (0, "")
    assert not (tmp_path / "none").exists()


def test_a_damaged_program_is_one_line_on_stderr(
    neurosim, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever warns while a command runs is shown as a line, without a place in the source."""
    from neurosim.backend.reference import ReferenceBackend

    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    compile_program = ReferenceBackend.compile

    def compile_with_cache(self, program, *, mode="default"):
        cache.artefact("reference", "key", build)
        return compile_program(self, program, mode=mode)

    monkeypatch.setattr(ReferenceBackend, "compile", compile_with_cache)
    assert neurosim("run", tiny()).err == ""
    (cache.Entry("reference", "key").folder / "main").unlink()
    done = neurosim("run", tiny())
    assert done.code == 0
    assert done.err.count("\n") == 1
    assert done.err.startswith("warning: the cache entry ")
