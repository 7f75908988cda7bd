"""Backends as strangers would install them: a module beside a dist-info folder with an entry point, on PYTHONPATH."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ENTRY_POINTS = "[neurosim.backends]\n{name} = {name}:{backend}\n"


def install(folder: Path, name: str, source: str) -> Path:
    """A package of that name in a folder of its own; its backend class is the one that the source defines."""
    backend = re.findall(r"^class (\w+Backend)\b", source, re.MULTILINE)[-1]
    info = folder / f"{name}-0.1.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS.format(name=name, backend=backend), encoding="utf-8")
    return folder


def suite(folder: Path, installed: Path | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The suite as a stranger runs it: in an empty folder, with nothing of this checkout's settings."""
    folder.mkdir(exist_ok=True)
    paths = [str(installed)] if installed else []
    paths += [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--pyargs",
        "neurosim.testing",
        "-q",
        "-rA",
        "--tb=line",
        "-p",
        "no:nengo",
    ]
    command += ["-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "400"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def outcomes(finished: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """By test, without module and target: PASSED, FAILED, ...: ``grid[sleep]``, ``write_refuses[wrong shape]``."""
    by_test = {}
    for outcome, test, parameters in re.findall(
        r"^(\w+) \S*?::test_(\w+)\[([^\n]*?)\](?: - .*)?$", finished.stdout, re.M
    ):
        rest = parameters.split("-", 1)[1:]
        by_test[test + "".join(f"[{r}]" for r in rest)] = outcome
    return by_test
