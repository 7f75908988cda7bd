"""What a worker is asked only once, as its answer stays the same while its process lives."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from neurosim.backend.remote.backend import RemoteBackend
from neurosim.backend.remote.worker import Worker
from neurosim.errors import BackendUnavailable


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each method of the service was called."""
    counts: Counter[str] = Counter()
    call = Worker.call

    def counted(self: Worker, method: str, *arguments: Any, **values: Any) -> Any:
        counts[method] += 1
        return call(self, method, *arguments, **values)

    monkeypatch.setattr(Worker, "call", counted)
    return counts


def test_capabilities_and_versions_are_asked_once_a_process(calls: Counter[str]) -> None:
    lab = RemoteBackend("lab", "reference")
    expected = lab.versions(), lab.capabilities()
    lab.versions().clear()
    assert (lab.versions(), lab.capabilities()) == expected
    assert calls["hello"] == 1
    lab.worker().close()
    assert (lab.versions(), lab.capabilities()) == expected
    assert calls["hello"] == 2


def test_another_backend_in_the_same_process_answers_for_itself(calls: Counter[str]) -> None:
    assert RemoteBackend("lab", "reference").capabilities().modes == ("numpy",)
    assert RemoteBackend("lab", "nengo:fused").capabilities().modes == ("fused", "native")
    assert calls["hello"] == 2


def test_a_refusal_is_asked_for_again(calls: Counter[str]) -> None:
    for _ in range(2):
        with pytest.raises(BackendUnavailable):
            RemoteBackend("lab", "refrence").capabilities()
    assert calls["hello"] == 2
