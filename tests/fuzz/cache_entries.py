"""Entries of the cache of compiled programs, damaged: one is never handed out as it is."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurosim.backend import cache

from . import damage
from .kind import Kind, accepted_only_if

NAME, KEY = "fake", "0" * 64
CONTENTS = {"main": bytes(range(256)) * 16, "manifest.json": b'{"main": "main"}\n', "code/one.cpp": b"int main() {}\n"}


def _build(folder: Path) -> None:
    for name, content in CONTENTS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "main").chmod(0o755)


@contextmanager
def _root(folder: Path) -> Iterator[None]:
    before = os.environ.get(cache.VARIABLE)
    os.environ[cache.VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[cache.VARIABLE]
        else:
            os.environ[cache.VARIABLE] = before


def prepare(folder: Path) -> None:
    with _root(folder):
        cache.artefact(NAME, KEY, _build)


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    shutil.copytree(prepared, folder, dirs_exist_ok=True)
    (folder / NAME).chmod(0o700)
    folder.chmod(0o700)
    for _ in range(random.choice([1, 1, 2])):
        there = sorted(p for p in folder.rglob("*"))
        path = random.choice(there or [folder / NAME])
        if path.is_dir() and random.random() < 0.4:
            shutil.rmtree(path)
            path.mkdir(mode=random.choice([0o700, 0o777, 0o000]))
        elif path.is_file() and random.random() < 0.2:
            path.chmod(random.choice([0o000, 0o777, 0o444]))
        elif path.is_file() and random.random() < 0.2:
            path.with_name("another").write_bytes(path.read_bytes())
        else:
            damage.of_file(random, path)


def run(folder: Path) -> None:
    """What is handed out is what was built, and so it is the next time."""
    with _root(folder):
        for _ in range(2):
            found = cache.artefact(NAME, KEY, _build)
            for name, content in CONTENTS.items():
                there = found / name
                accepted_only_if(there.is_file() and not there.is_symlink(), f"{name} is no file in the entry")
                accepted_only_if(there.read_bytes() == content, f"{name} is not as it was built")
            accepted_only_if(os.access(found / "main", os.X_OK), "the program cannot be executed")


KIND = Kind("cache", 2, make, run, prepare)
