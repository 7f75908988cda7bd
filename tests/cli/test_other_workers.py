"""A worker of Dask that has another version gets no run: the command says what differs, and leaves nothing."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster whose worker is a thread of this process."""
    options = {"processes": False, "protocol": "tcp://", "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, **options) as cluster:
        yield cluster.scheduler_address


def otherwise_on_workers(real: Callable[..., str], *asked: str, there: str) -> Callable[..., str]:
    """As a function, but with another answer in the threads of workers."""
    main = threading.main_thread().ident

    def answer(*arguments: str) -> str:
        return there if threading.get_ident() != main and arguments == asked else real(*arguments)

    return answer


@pytest.mark.parametrize(
    ("where", "name", "asked", "there", "said"),
    [
        (metadata, "version", ("neurosim",), "9.9", "it has neurosim 9.9, here is "),
        (platform, "python_version", (), "3.99.1", "it has Python 3.99.1, here is "),
    ],
)
def test_a_run_is_refused(neurosim, tiny, address, monkeypatch, where, name, asked, there, said) -> None:
    scenario = tiny()
    monkeypatch.setattr(where, name, otherwise_on_workers(getattr(where, name), *asked, there=there))
    done = neurosim("run", scenario, "--on", f"dask:{address}")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: the worker tcp://127.0.0.1:")
    assert f"is not as this machine is: {said}" in done.err
    assert [p.name for p in Path().iterdir()] == [scenario.name]
