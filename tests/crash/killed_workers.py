"""16 seeds on two backends over two workers of Dask, of which three are killed: the bytes are those of `--jobs 1`.

python tests/crash/killed_workers.py FOLDER [SEEDS]
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
from small_run import contents

SCENARIO = Path(__file__).parents[2] / "scenarios" / "digits_sleep.toml"
BACKENDS = "reference,nengo:fused"
PHASES = 15
"""Of a run: five tasks, each trained, slept on and tested."""

KILL_AT = 0.2, 0.5, 0.8
"""The shares of all phases that are kept when a worker is killed."""


def main(folder: Path, seeds: int) -> int:
    command = [str(Path(sys.executable).with_name("neurosim")), "run", str(SCENARIO), "--backend", BACKENDS]
    command += ["--seeds", f"0..{seeds - 1}", "--out"]
    on_dask, alone = folder / "on_dask", folder / "alone"
    process = subprocess.Popen([*command, str(on_dask), "--on", "dask", "--jobs", "2"], stdout=subprocess.DEVNULL)
    for share in KILL_AT:
        _kill_a_worker(process, on_dask, round(share * 2 * seeds * PHASES))
    assert process.wait() == 0
    subprocess.run([*command, str(alone)], stdout=subprocess.DEVNULL, check=True)
    return _compared(on_dask, alone)


def _kill_a_worker(process: subprocess.Popen[bytes], runs: Path, phases: int) -> None:
    while (kept := len(list(runs.glob("*/phases/*.h5")))) < phases and process.poll() is None:
        time.sleep(0.2)
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.Error):
            if any("local_cluster" in part for part in child.cmdline()):
                print(f"{kept} phases are kept; killed worker {child.pid}", flush=True)
                return child.kill()
    raise SystemExit("there is no worker to kill")


def _compared(one: Path, other: Path) -> int:
    runs, expected = ({p.name.rpartition("-")[0]: p for p in folder.glob("digits*")} for folder in (one, other))
    assert runs.keys() == expected.keys()
    resumed = sum('"resumed"' in (run / "events.jsonl").read_text() for run in runs.values())
    different = [name for name, run in runs.items() if contents(run) != contents(expected[name])]
    files = sum(len(contents(run)) for run in runs.values())
    print(f"{len(runs)} runs, {files} files, {resumed} runs gone on with; different from --jobs 1: {different or 0}")
    return int(bool(different) or resumed < 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 16))
