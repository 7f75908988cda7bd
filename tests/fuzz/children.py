"""Mutants in child processes: one that hangs or kills its process costs that process, and nothing else."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from .judge import CRASH, HANG, Verdict, judged
from .kind import Kind, source

LONGEST, PATIENCE = 10.0, 30.0
"""Seconds after which a mutant hangs: at first, and when it is tried once more."""
MEMORY = 6 * 2**30
"""Bytes of address space that a child may have."""


@dataclass(frozen=True)
class Mutant:
    """What is to be made and run."""

    kind: Kind
    seed: int
    number: int

    @property
    def name(self) -> str:
        return f"{self.kind.name}-{self.seed}-{self.number}"

    def made(self, folder: Path, prepared: Path) -> Path:
        """Its files, in a new folder below `folder`."""
        mine = folder / self.name
        mine.mkdir(parents=True)
        self.kind.make(source(self.kind.name, self.seed, self.number), mine, prepared / self.kind.name)
        return mine


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant, and after how many seconds."""

    mutant: Mutant
    verdict: Verdict
    seconds: float


class Child:
    """A process that runs one mutant after the other."""

    def __init__(self, prepared: Path, work: Path):
        context = multiprocessing.get_context("fork")  # neurosim is imported once, before
        self.pipe, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(other, prepared, work), daemon=True)
        self.process.start()
        other.close()
        self.mutant: Mutant | None = None
        self.since = 0.0

    def give(self, mutant: Mutant) -> None:
        self.mutant, self.since = mutant, time.monotonic()
        self.pipe.send(mutant)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run(mutants: Sequence[Mutant], prepared: Path, work: Path, jobs: int) -> Iterator[Outcome]:
    """Run mutants in `jobs` processes, and tell of each as it ends.

    One that hangs is tried once more at the end: a machine that is busy with other things is no fault of ours.
    """
    waiting, tried = deque(mutants), set[str]()
    children = [Child(prepared, work) for _ in range(jobs)]
    try:
        while waiting or any(c.mutant for c in children):
            for child in children:
                if child.mutant is None and waiting:
                    child.give(waiting.popleft())
            answered = wait([c.pipe for c in children if c.mutant], timeout=0.5)
            for n, child in enumerate(children):
                mutant, seconds = child.mutant, time.monotonic() - child.since
                if mutant is None:
                    continue
                verdict = _answer(child) if child.pipe in answered else None
                if verdict is None and seconds > (limit := PATIENCE if mutant.name in tried else LONGEST):
                    verdict = Verdict(HANG, f"no end after {limit:g} s")
                if verdict is None:
                    continue
                child.mutant = None
                if verdict.what in (HANG, CRASH):
                    child.end()
                    children[n] = Child(prepared, work)
                if verdict.what == HANG and mutant.name not in tried:
                    tried.add(mutant.name)
                    waiting.append(mutant)
                else:
                    yield Outcome(mutant, verdict, seconds)
    finally:
        for child in children:
            child.end()


def _answer(child: Child) -> Verdict:
    try:
        found: Verdict = child.pipe.recv()
    except EOFError:
        child.process.join()
        return Verdict(CRASH, f"its process ended with {child.process.exitcode}")
    return found


def _serve(pipe: Connection, prepared: Path, work: Path) -> None:
    """The child's side."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # the simulators' warnings
    mine = work / str(os.getpid())
    while True:
        mutant: Mutant = pipe.recv()
        shutil.rmtree(mine, ignore_errors=True)
        pipe.send(judged(mutant.kind, mutant.made(mine, prepared)))
