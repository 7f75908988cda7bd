"""Run directories: written whole or not at all, and never over another run.

A run directory holds ``scenario.toml`` as given, ``result.json`` (settings, accuracies, versions, timing, ledger) and
``arrays.h5`` (learned arrays and spikes of every stage).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.errors import InputError
from neurosim.program.precision import LedgerEntry
from neurosim.program.schedule import Events
from neurosim.results.result import Result, Stage

FORMAT = 1


def write(result: Result, scenario_text: str, out: Path) -> Path:
    """Write a run directory below `out`.

    Returns
    -------
    path
        ``out/SCENARIO-BACKEND-MODE-seedN-TIME``, with a number behind it where that exists.

    Raises
    ------
    InputError
        If the directory cannot be written; nothing is left behind.
    """
    now = datetime.now(timezone.utc)
    name = f"{result.scenario}-{result.backend}-{result.mode}-seed{result.seed}-{now:%Y%m%dT%H%M%SZ}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=out))
    except OSError as error:
        raise InputError(
            f"run directory: cannot write to {out} ({error.strerror}); choose another with --out"
        ) from None
    try:
        (partial / "scenario.toml").write_text(scenario_text, encoding="utf-8")
        (partial / "result.json").write_text(json.dumps(_summary(result), indent=2), encoding="utf-8")
        _write_arrays(result, partial / "arrays.h5")
        partial.chmod(0o755)
        return _moved(partial, out / name)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def check_writable(out: Path) -> None:
    """Refuse a place for run directories before the run, without touching it.

    Raises
    ------
    InputError
        If `out`, or the folder that it would be made in, cannot be written to.
    """
    there = next(p for p in (out, *out.absolute().parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"run directory: {there} is not a folder that can be written to; choose another with --out")


def _moved(partial: Path, target: Path) -> Path:
    """Rename into place, under the first name that is free."""
    for number in range(1, 10_000):
        final = target if number == 1 else target.with_name(f"{target.name}-{number}")
        if final.exists():
            continue
        try:
            os.rename(partial, final)
        except OSError:  # another process took the name in between
            continue
        return final
    raise InputError(f"run directory: no free name for {target}")


def _summary(result: Result) -> dict[str, Any]:
    plain = ("scenario", "seed", "backend", "mode", "kind", "part", "classes", "samples", "seconds")
    return {
        "neurosim_run": FORMAT,
        **{n: getattr(result, n) for n in plain},
        "versions": dict(result.versions),
        "accuracy": result.accuracy,
        "average_accuracy": result.average_accuracy,
        "forgetting": result.forgetting,
        "accuracy_matrix": result.accuracy_matrix.tolist(),
        "stages": [
            {n: getattr(s, n) for n in ("task", "kind", "trials", "steps", "seconds")}
            | {"ledger": [asdict(e) for e in s.ledger]}
            for s in result.stages
        ],
    }


def _write_arrays(result: Result, path: Path) -> None:
    with h5py.File(path, "w") as file:
        for i, stage in enumerate(result.stages):
            group = file.create_group(f"stage_{i}")
            for name, array in stage.learned.items():
                group.create_dataset(f"learned/{name}", data=array, compression="gzip", compression_opts=1)
            for name, events in stage.spikes.items():
                spikes = group.create_group(f"spikes/{name}")
                spikes.create_dataset("offsets", data=events.offsets, compression="gzip", compression_opts=1)
                spikes.create_dataset("indices", data=events.indices, compression="gzip", compression_opts=1)
                spikes.attrs.update(steps=events.steps, units=events.units)


def read(path: Path) -> Result:
    """The result in a run directory.

    Raises
    ------
    InputError
        If it is not a run directory, or of another version.
    """
    try:
        d = json.loads((path / "result.json").read_text(encoding="utf-8"))
        with h5py.File(path / "arrays.h5", "r") as file:
            arrays = [_read_arrays(file[f"stage_{i}"]) for i in range(len(d["stages"]))]
    except (OSError, json.JSONDecodeError, KeyError) as error:
        raise InputError(f"{path} is not a run directory ({error})") from None
    if d["neurosim_run"] != FORMAT:
        raise InputError(f"{path}: a run of format {d['neurosim_run']}; this neurosim reads format {FORMAT}")
    stages = tuple(
        Stage(learned=learned, spikes=spikes, ledger=tuple(LedgerEntry(**e) for e in s.pop("ledger")), **s)
        for s, (learned, spikes) in zip(d["stages"], arrays, strict=True)
    )
    plain = ("scenario", "seed", "backend", "mode", "kind", "part", "seconds", "versions")
    return Result(
        **{n: d[n] for n in plain},
        classes=tuple(tuple(c) for c in d["classes"]),
        samples=tuple(d["samples"]),
        accuracy_matrix=np.array(d["accuracy_matrix"]),
        stages=stages,
    )


def _read_arrays(group: Any) -> tuple[dict[str, Any], dict[str, Events]]:
    learned = {n: a[...] for n, a in group["learned"].items()}
    spikes = {
        n: Events(s["offsets"][...], s["indices"][...], int(s.attrs["steps"]), int(s.attrs["units"]))
        for n, s in group.get("spikes", {}).items()
    }
    return learned, spikes
