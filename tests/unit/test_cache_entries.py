"""Entries of the cache: whatever was done to one, it is built anew exactly once, or refused; never used as it is."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from neurosim.backend import cache
from neurosim.backend.cache import contents, digest
from neurosim.backend.processes.locked_file import LockedFile
from neurosim.errors import BackendError

PROGRAM = random.Random(0).randbytes(40_000)
STRANGER = 12_345


def build(folder: Path) -> None:
    (folder / "main").write_bytes(PROGRAM)
    (folder / "main").chmod(0o755)
    (folder / "manifest.json").write_text('{"learned": {}}')
    (folder / "sources").mkdir()
    (folder / "sources" / "step.cpp").write_text("int main() {}")


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> cache.Entry:
    """An entry that was just built."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    cache.artefact("test", "key", build, "a program")
    return cache.Entry("test", "key")


def used(how: Callable[[Path], None] = build) -> tuple[int, list[str]]:
    """How often an entry is built when it is used, and the lines that are said; it is then as it should be."""
    builds = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        folder = cache.artefact("test", "key", lambda part: (builds.append(part), how(part))[1], "a program")
    assert (folder / "main").read_bytes() == PROGRAM
    assert os.access(folder / "main", os.X_OK)
    assert not list(folder.parent.glob("*.part-*"))
    return len(builds), [str(line.message) for line in said]


def instead(path: Path, make: Callable[[Path], object]) -> None:
    """Put something in place of a file or folder."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    make(path)


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


ALTERATIONS: dict[str, Callable[[Path], object]] = {
    "entry: empty": lambda e: instead(e, Path.mkdir),
    "entry: a file": lambda e: instead(e, Path.touch),
    "entry: a pipe": lambda e: instead(e, os.mkfifo),
    "entry: a link to nowhere": lambda e: instead(e, lambda p: p.symlink_to("nowhere")),
    "entry: a link to a sound one": lambda e: (e.rename(e.parent / "other"), e.symlink_to("other")),
    "main: empty": lambda e: cut(e / "main", 0),
    "main: cut": lambda e: cut(e / "main", 20_000),
    "main: missing": lambda e: (e / "main").unlink(),
    "main: not executable": lambda e: (e / "main").chmod(0o600),
    "main: for everybody": lambda e: (e / "main").chmod(0o777),
    "main: a folder": lambda e: instead(e / "main", Path.mkdir),
    "main: a pipe": lambda e: instead(e / "main", os.mkfifo),
    "main: a link to the same bytes": lambda e: (
        (e / "main").rename(e / "../same"),
        (e / "main").symlink_to("../same"),
    ),
    "manifest: empty": lambda e: cut(e / "manifest.json", 0),
    "manifest: {}": lambda e: (e / "manifest.json").write_text("{}"),
    "manifest: missing": lambda e: (e / "manifest.json").unlink(),
    "a file more": lambda e: (e / "more").touch(),
    "a file more, further in": lambda e: (e / "sources" / "more.cpp").touch(),
    "a folder more": lambda e: (e / "more").mkdir(),
    "a file with a line in its name": lambda e: (e / "x\nfolder 0700 y").touch(),
    "list: empty": lambda e: cut(e / digest.LIST, 0),
    "list: cut": lambda e: cut(e / digest.LIST, 90),
    "list: without its last byte": lambda e: cut(e / digest.LIST, (e / digest.LIST).stat().st_size - 1),
    "list: missing": lambda e: (e / digest.LIST).unlink(),
    "list: not text": lambda e: (e / digest.LIST).write_bytes(b"\xff\xfe\0"),
    "list: a folder": lambda e: instead(e / digest.LIST, Path.mkdir),
    "list: a pipe": lambda e: instead(e / digest.LIST, os.mkfifo),
    "list: another entry's": lambda e: digest.close(e, "test/other"),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_entry_that_was_altered_is_built_anew_once(entry: cache.Entry, name: str) -> None:
    assert used() == (0, [])
    ALTERATIONS[name](entry.folder)
    builds, lines = used()
    assert builds == 1
    assert len(lines) == 1
    assert f"{entry.folder} is damaged (" in lines[0]
    assert used() == (0, [])


def test_one_bit_anywhere_is_noticed(entry: cache.Entry) -> None:
    drawn = random.Random(1)
    for _ in range(100):
        file = entry.folder / drawn.choice(["main", "main", "manifest.json", "sources/step.cpp", "title", digest.LIST])
        content = bytearray(file.read_bytes())
        content[drawn.randrange(len(content))] ^= 1 << drawn.randrange(8)
        file.write_bytes(content)
        builds, lines = used()
        assert (builds, len(lines)) == (1, 1), file


def test_a_file_cut_anywhere_is_noticed(entry: cache.Entry) -> None:
    drawn = random.Random(2)
    for _ in range(30):
        file = entry.folder / drawn.choice(["main", "manifest.json", "sources/step.cpp", "title", digest.LIST])
        cut(file, drawn.randrange(file.stat().st_size))
        builds, lines = used()
        assert (builds, len(lines)) == (1, 1), file


def test_a_file_that_is_put_back_as_it_was_is_fine(entry: cache.Entry) -> None:
    """The time of a change only says when to look again."""
    main = entry.folder / "main"
    main.write_bytes(main.read_bytes())
    assert used() == (0, [])


def test_a_process_reads_an_entry_once(entry: cache.Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert used() == (0, [])
    monkeypatch.setattr(digest, "check", lambda *_: pytest.fail("read again"))
    assert used() == (0, [])


USING = """
import sys
from neurosim.backend import cache
def build(folder):
    (folder / "main").write_text("whole")
    print("built", flush=True)
cache.artefact("test", "key", build)
"""


def test_two_processes_that_find_an_entry_damaged_build_it_once(entry: cache.Entry) -> None:
    cut(entry.folder / "main", 1)
    pipe = subprocess.PIPE
    both = [subprocess.Popen([sys.executable, "-c", USING], stdout=pipe, stderr=pipe, text=True) for _ in range(2)]
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert "".join(out for out, _ in told) == "built\n"
    assert "".join(err for _, err in told).count("is damaged") == 1


def test_a_rebuild_that_fails_is_one_paragraph_that_names_the_folder(entry: cache.Entry) -> None:
    def fail(folder: Path) -> None:
        raise BackendError("no compiler")

    cut(entry.folder / "main", 1)
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(BackendError) as told:
        cache.artefact("test", "key", fail)
    for part in (str(entry.folder), "not as it was built: main", "no compiler", cache.VARIABLE):
        assert part in str(told.value)
    assert "\n" not in str(told.value)
    assert used() == (1, [])


def test_a_build_that_leaves_a_link_is_refused(entry: cache.Entry) -> None:
    with pytest.raises(BackendError, match="main is neither a file nor a folder"):
        cache.artefact("test", "other", lambda folder: (folder / "main").symlink_to("/bin/true"))
    assert not cache.Entry("test", "other").exists


@pytest.mark.parametrize("what", ["folder", "full folder", "link"])
def test_a_lock_that_is_no_file_is_made_anew(entry: cache.Entry, what: str) -> None:
    entry.lock.unlink()
    entry.lock.symlink_to("nowhere") if what == "link" else entry.lock.mkdir()
    if what == "full folder":
        (entry.lock / "file").touch()
    assert used() == (0, [])
    cut(entry.folder / "main", 1)
    builds, lines = used()
    assert builds == 1
    assert [line.split(str(entry.home))[0] for line in lines] == ["the cache's lock ", "the cache entry "]


# whose it is


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_folders_are_the_users_alone_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "above" / "cache"))
    before = os.umask(umask)
    try:
        folder = cache.artefact("test", "key", build)
    finally:
        os.umask(before)
    above = [tmp_path / "above", tmp_path / "above" / "cache", folder.parent, folder, folder / "sources"]
    assert [mode(path) for path in above] == [0o700] * 5
    assert {mode(p) for p in folder.rglob("*") if p.is_file()} == {0o600, 0o700}


@pytest.mark.parametrize("which", ["root", "kind", "entry"])
def test_a_folder_that_the_group_can_write_is_closed_to_it_with_a_line(entry: cache.Entry, which: str) -> None:
    folder = {"root": entry.home.parent, "kind": entry.home, "entry": entry.folder}[which]
    folder.chmod(0o775)
    builds, lines = used()
    assert builds == 0
    assert len(lines) == 1
    assert f"{folder} could be written by its group" in lines[0]
    assert mode(folder) == 0o700
    assert used() == (0, [])


@pytest.mark.parametrize("which", ["root", "kind", "entry"])
@pytest.mark.parametrize("why", ["everybody can write it", "it belongs to another user"])
def test_a_folder_that_somebody_else_could_have_filled_is_refused(
    entry: cache.Entry, monkeypatch: pytest.MonkeyPatch, which: str, why: str
) -> None:
    folder = {"root": entry.home.parent, "kind": entry.home, "entry": entry.folder}[which]
    if why == "everybody can write it":
        folder.chmod(0o777)
    elif os.geteuid() == 0:
        os.chown(folder, STRANGER, STRANGER)
    else:
        pytest.skip("only root can give a folder away")
    with pytest.raises(BackendError) as told:
        used()
    assert str(folder) in str(told.value)
    assert why in str(told.value)
    assert cache.VARIABLE in str(told.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_not_used(entry: cache.Entry) -> None:
    os.chown(entry.folder / "main", STRANGER, STRANGER)
    builds, lines = used()
    assert (builds, len(lines)) == (1, 1)


def test_root_takes_nothing_of_another_user(entry: cache.Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(BackendError, match="belongs to another user"):
        used()


def test_doctor_makes_the_root_as_any_other_command_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    before = os.umask(0)
    try:
        assert cache.made() == tmp_path / "cache"
    finally:
        os.umask(before)
    assert mode(tmp_path / "cache") == 0o700
    (tmp_path / "cache").chmod(0o777)
    with pytest.raises(BackendError, match="everybody can write it"):
        cache.made()


# what there is


def test_states(entry: cache.Entry) -> None:
    assert contents.state(entry)[0] == "sound"
    with LockedFile(entry.lock):
        assert contents.state(entry)[0] == "building"
    (entry.folder / "main").touch()
    assert contents.state(entry)[0] == "sound"
    cut(entry.folder / "main", 1)
    assert contents.state(entry) == ("damaged", "not as it was built: main")
    entry.folder.chmod(0o777)
    assert contents.state(entry)[0] == "refused"
    shutil.rmtree(entry.folder)
    (entry.home / "key.part-x").mkdir()
    assert contents.state(entry)[0] == "unfinished"


def test_nothing_is_removed_that_is_not_ours(entry: cache.Entry) -> None:
    """Somebody may have set the variable to the home folder."""
    home = entry.home.parent
    (home / "photos" / "2024").mkdir(parents=True)
    (home / "photos" / "2024" / "summer.jpg").touch()
    (home / "letter.txt").touch()
    assert contents.entries() == [entry]
    assert contents.remove(entry)
    assert sorted(p.name for p in home.iterdir()) == ["letter.txt", "photos", "test"]
    assert not list(entry.home.iterdir())
    assert contents.entries() == []
