"""Commands that are killed at random moments: ``python kills.py FOLDER KILLS SEED [KIND ...]``.

For each kind of command: by SIGKILL, SIGTERM and SIGHUP in turn, the process of the command line alone. Counted are the
processes that are left of it after three seconds, the temporary folders after the next start, and the results that are
not the bytes of a command that nobody killed once it has been gone on with. A table of the counts, then JSON.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from small_run import contents, scenario_text

MARK = "NEUROSIM_KILLS"
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
SECONDS = 3.0
MEMORY = Path("/dev/shm")
COMMAND = [sys.executable, "-c", "import sys; from neurosim.cli import app; app(sys.argv[1:])"]

LONGER = "epochs = 1", "epochs = 8"
SEARCH = """
[search]
trials = 3
seeds = [5]

[search.range]
"sleep.rate" = { low = 0.1, high = 0.9 }
"""


@dataclass(frozen=True)
class Kind:
    """A command.

    Attributes
    ----------
    arguments
        Behind ``run SCENARIO``, or behind ``search SCENARIO``.
    scenario
        Its text.
    cold
        Each time the cache of compiled programs is empty.
    """

    arguments: Sequence[str]
    scenario: str
    command: str = "run"
    cold: bool = False


SMALL = scenario_text()
LONG = SMALL.replace(*LONGER)
LONGEST = SMALL.replace("epochs = 1", "epochs = 400")
KINDS = {
    "brian2, build": Kind(["--backend", "brian2"], SMALL, cold=True),
    "brian2:cython, build": Kind(["--backend", "brian2:cython"], SMALL, cold=True),
    "brian2, run": Kind(["--backend", "brian2"], LONGEST),
    "nengo": Kind(["--backend", "nengo"], LONG),
    "lava": Kind(["--backend", "lava"], LONG),
    "--jobs 2": Kind(["--backend", "reference,brian2", "--seeds", "0", "--jobs", "2"], LONG),
    "search": Kind(
        ["--backend", "brian2", "--json"], SMALL.replace("train = 20", "validation = 20") + SEARCH, "search"
    ),
}


@dataclass
class Counts:
    """What was found of a kind of command."""

    kills: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    processes: int = 0
    folders: int = 0
    different: int = 0


class Place:
    """A folder of one attempt: scenario, results, temporary files."""

    def __init__(self, home: Path, kind: Kind, cache: Path):
        self.home, self.kind, self.mark = home, kind, uuid.uuid4().hex
        self.temporary = home / "tmp"
        self.temporary.mkdir(parents=True)
        (home / "small.toml").write_text(kind.scenario)
        cache = home / "cache" if kind.cold else cache
        own = {MARK: self.mark, "TMPDIR": str(self.temporary), "NEUROSIM_CACHE": str(cache)}
        self.environment = {**os.environ, **own, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.environment["HOME"] = str(home if kind.cold else cache)  # Brian2 keeps what Cython builds there

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments], cwd=self.home, env=self.environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def asked(self) -> subprocess.Popen[str]:
        return self.start(self.kind.command, "small.toml", *self.kind.arguments)

    def done(self, process: subprocess.Popen[str]) -> str:
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
        return out

    def gone_on_with(self) -> dict[str, bytes]:
        """What there is in the end, when all that was begun is resumed, or the command is given again."""
        if self.kind.command == "search":
            out = self.done(self.asked())
            return {"out": out.encode(), "best": (self.home / "small-best.toml").read_bytes()}
        for run in self.runs():
            self.done(self.start("resume", str(run)))
        seeds = (
            self.kind.arguments[self.kind.arguments.index("--seeds") + 1] if "--jobs" in self.kind.arguments else "0"
        )
        for backend in self.kind.arguments[1].split(","):
            have = {name for name in map(_name, self.runs()) if f"-{backend.partition(':')[0]}-" in name}
            missing = [seed for seed in seeds.split(",") if not any(name.endswith(f"seed{seed}") for name in have)]
            if missing:
                self.done(self.start("run", "small.toml", "--backend", backend, "--seeds", ",".join(missing)))
        return {f"{_name(run)}/{name}": c for run in self.runs() for name, c in contents(run).items()}

    def runs(self) -> list[Path]:
        return sorted(p for p in self.home.glob("runs/*") if not p.name.startswith("."))

    def processes(self) -> list[str]:
        """The command lines of processes that this attempt has started and that still run."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes():
                    text = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found += [f"{folder.name} {text[:100]}"] if text else []  # a zombie has none
            except OSError:
                continue
        return found


def _name(run: Path) -> str:
    return run.name.rpartition("-")[0]


def left_in(place: Path, before: frozenset[str] = frozenset()) -> list[str]:
    """Folders of neurosim whose owner is dead, and in a place that nobody else uses any at all."""
    found = []
    for folder in place.glob("neurosim-*"):
        try:
            with open(folder / "owner") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append(str(folder))
        except OSError:  # in use, or not of this neurosim
            continue
    return found


def killed(place: Place, number: signal.Signals, seconds: float, counts: Counts) -> float:
    """Start the command, kill it after so many seconds, and look at what is left; the seconds that it has lived."""
    start = time.monotonic()
    process = place.asked()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        counts.kills += 1
    ended = time.monotonic()
    while (left := place.processes()) and time.monotonic() < ended + SECONDS:
        time.sleep(0.05)
    counts.processes += len(left)
    for text in left:
        print(f"  left after {number.name} at {seconds:.2f} s: {text}", file=sys.stderr)
    _, err = process.communicate(timeout=60)
    code = str(process.returncode)
    counts.codes[code] = counts.codes.get(code, 0) + 1
    if number != signal.SIGKILL and process.returncode not in (0, 128 + number, -number):
        print(f"  {number.name} at {seconds:.2f} s ended with {code}: {err}", file=sys.stderr)
    return ended - start


def attempts(name: str, kind: Kind, home: Path, kills: int, chance: random.Random) -> Counts:
    """Kill a kind of command so many times."""
    counts, cache = Counts(), home / "cache"
    Place(home / "warm", kind, cache).gone_on_with()
    start = time.monotonic()
    whole = Place(home / "whole", kind, cache)
    whole.done(whole.asked())
    duration = time.monotonic() - start
    expected = whole.gone_on_with()
    attempt = 0
    while counts.kills < kills:
        place = Place(home / f"killed{attempt}", kind, cache)
        number = SIGNALS[attempt % len(SIGNALS)]
        attempt += 1
        before = counts.kills
        lived = killed(place, number, chance.uniform(0.1, duration), counts)
        if counts.kills == before:  # the machine is faster than it was
            duration = min(duration, lived)
            continue
        found = place.gone_on_with()
        counts.folders += len(left_in(place.temporary)) + len(left_in(MEMORY))
        if found != expected:
            counts.different += 1
            print(f"  other bytes after {number.name}: {place.home}", file=sys.stderr)
    print(f"{name}: an unkilled command takes {duration:.1f} s; {counts}", file=sys.stderr, flush=True)
    return counts


def main(folder: str, kills: str, seed: str, *names: str) -> None:
    found: dict[str, Counts] = {}
    for name in names or KINDS:
        home = Path(folder, name.replace(" ", "").replace(",", "-").replace(":", "-"))
        found[name] = attempts(name, KINDS[name], home, int(kills), random.Random(f"{seed}/{name}"))
    row: Callable[..., str] = "{:<22}{:>6}{:>11}{:>9}{:>11}  {}".format
    print(row("killed", "kills", "processes", "folders", "different", "exit codes"), file=sys.stderr)
    for name, c in found.items():
        codes = ", ".join(f"{n} x {code}" for code, n in sorted(c.codes.items()))
        print(row(name, c.kills, c.processes, c.folders, c.different, codes), file=sys.stderr)
    print(json.dumps({name: asdict(c) for name, c in found.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
