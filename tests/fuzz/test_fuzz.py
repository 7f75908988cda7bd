"""Some of the mutants of every kind: none is met with anything but our own words, and none is wrongly accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from .__main__ import prepare, wanted
from .children import Mutant, run
from .judge import ACCEPTED, CRASH, FAULTS, HANG, REFUSED, TRACEBACK, WRONG
from .kind import Kind, WronglyAccepted, source
from .kinds import KINDS

SEED, COUNT = 20_261_129, 3000


@pytest.mark.parametrize("kind", KINDS)
def test_every_mutant_is_refused_in_our_own_words_or_is_good(tmp_path: Path, kind: str) -> None:
    mutants = [m for m in wanted(list(KINDS), SEED, COUNT) if m.kind.name == kind]
    prepare(mutants, tmp_path / "prepared")
    outcomes = list(run(mutants, tmp_path / "prepared", tmp_path / "work", jobs=2))
    faults = [
        f"{o.verdict.what}: FUZZ='--kind {kind} --seed {SEED} --only {o.mutant.number}'\n{o.verdict.said[-500:]}"
        for o in outcomes
        if o.verdict.what in FAULTS
    ]
    assert not faults, "\n".join(faults)
    found = {o.verdict.what for o in outcomes}
    assert len(outcomes) == len(mutants)
    assert ACCEPTED in found, "a kind that refuses all mutants tells little"


def _nothing_made(random: object, folder: Path, prepared: Path) -> None:
    (folder / "text").write_text("x")


def _raises_what_is_not_ours(folder: Path) -> None:
    raise KeyError((folder / "text").read_text())


def _accepts_too_much(folder: Path) -> None:
    raise WronglyAccepted("this")


def _refuses(folder: Path) -> None:
    from neurosim.errors import InputError

    raise InputError("no")


def _dies(folder: Path) -> None:
    import os

    os._exit(3)


def _waits(folder: Path) -> None:
    import time

    time.sleep(60)


@pytest.mark.parametrize(
    ("what", "run_it"),
    [
        (TRACEBACK, _raises_what_is_not_ours),
        (WRONG, _accepts_too_much),
        (REFUSED, _refuses),
        (CRASH, _dies),
        (HANG, _waits),
    ],
)
def test_the_harness_tells_what_became_of_a_mutant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, run_it: object
) -> None:
    monkeypatch.setattr("fuzz.children.LONGEST", 0.3)
    monkeypatch.setattr("fuzz.children.PATIENCE", 0.5)
    kind = Kind("made", 1, _nothing_made, run_it)  # type: ignore[arg-type]
    after = Kind("made", 1, _nothing_made, _refuses)
    mutants = [Mutant(kind, 0, 0), Mutant(after, 0, 1)]
    outcomes = {o.mutant.number: o.verdict.what for o in run(mutants, tmp_path, tmp_path / "work", jobs=1)}
    assert outcomes == {0: what, 1: REFUSED}


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutant_follows_from_its_seed_and_number(tmp_path: Path, kind: str) -> None:
    if kind in ("scenario", "equation", "idx", "message", "argument"):  # the others hold times and links
        mutant = Mutant(KINDS[kind], 7, 11)
        prepare([mutant], tmp_path / "prepared")
        one, other = (_contents(mutant.made(tmp_path / n, tmp_path / "prepared")) for n in ("one", "other"))
        assert one == other


def _contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_seeds_of_the_harness_are_the_same_everywhere() -> None:
    assert source("idx", 1, 2).randrange(10**9) == 667_201_129
