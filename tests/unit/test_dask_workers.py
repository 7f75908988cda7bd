"""Workers of Dask that are not as this machine is get no job: the error names what differs, as it is there and here."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.backend.processes import processor
from neurosim.errors import BackendError
from neurosim.scenario.runs.submit.dask.worker_side import identity
from neurosim.scenario.runs.submit.dask.workers import Workers

FIRST, SECOND = "tls://10.0.0.1:1", "tls://10.0.0.2:1"


class Cluster:
    """A client of workers, each of which answers as this machine does, or otherwise where it is said."""

    def __init__(self, **otherwise: dict[Any, Any]):
        self.workers: dict[str, dict[Any, Any]] = {FIRST: otherwise.get("first", {})}

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.workers, 1)

    def run(self, question: Any, *arguments: Any, workers: list[str], on_error: str) -> dict[str, Any]:
        [address] = workers
        otherwise = self.workers[address]
        if question is identity:
            return {address: f"identity of {address}"}
        found = otherwise.get((question, *arguments), otherwise.get(question))
        return {address: question(*arguments) if found is None else found}


def test_one_that_is_as_this_machine_is_gets_jobs() -> None:
    there = Workers(Cluster(), same_cpu=True, mark=Path.cwd()).now()
    assert [(w.address, w.identity, w.threads) for w in there.values()] == [(FIRST, f"identity of {FIRST}", 1)]


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ({(metadata.version, "numpy"): "1.0"}, rf"it has numpy 1\.0, here is {np.__version__}"),
        ({(metadata.version, "neurosim"): "9.9"}, r"it has neurosim 9\.9, here is "),
        ({platform.python_version: "3.2.1"}, rf"it has Python 3\.2\.1, here is {platform.python_version()}"),
        ({processor.name: "Abacus"}, r"it has the processor Abacus, here is .+ \(--same-cpu\)"),
        ({os.path.isdir: False}, "it does not see what is in the folder .+, where runs are kept"),
        (
            {(metadata.version, "neurosim"): metadata.PackageNotFoundError("neurosim")},
            "it has neurosim PackageNotFoundError.* here is",
        ),
    ],
)
def test_another_one_is_an_error_that_names_both(otherwise: dict[Any, Any], said: str) -> None:
    with pytest.raises(BackendError, match=rf"the worker {FIRST} is not as this machine is: {said}"):
        Workers(Cluster(first=otherwise), same_cpu=True, mark=Path.cwd()).now()


def test_one_that_joins_later_is_left_out_with_one_warning() -> None:
    cluster = Cluster()
    workers = Workers(cluster, same_cpu=False, mark=None)
    workers.now()
    cluster.workers[SECOND] = {(metadata.version, "numpy"): "1.0"}
    with pytest.warns(UserWarning, match=rf"the worker {SECOND} is left out: it has numpy 1\.0"):
        assert list(workers.now()) == [FIRST]
    assert list(workers.now()) == [FIRST]


def test_one_that_has_just_ended_is_no_error() -> None:
    gone = Cluster(first={platform.python_version: OSError("connection refused")})
    assert Workers(gone, same_cpu=False, mark=None).now() == {}


def test_one_whose_address_another_has_by_now_is_looked_at_again() -> None:
    cluster = Cluster()
    workers = Workers(cluster, same_cpu=False, mark=None)
    [before] = workers.now().values()
    workers.look_again(FIRST)
    assert list(workers.now().values()) == [before]
    cluster.workers.clear()
    assert workers.now() == {}
