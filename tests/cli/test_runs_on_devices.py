"""What a run on a device tells at its end: its calls and incidents, in words, as JSON and in the run directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from neurosim.device.host_learning.calls import Device
from neurosim.errors import BackendError
from neurosim.results import store

CHIP = """
[devices.chip]
loop = { wake = "trial", sleep = 1 }
retries = 1
latency_budget_ms = 1e-6
"""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third call of the device fails, once."""
    calls, call = [0], Device._call

    def once(self: Device, *given: Any, **how: Any) -> Any:
        calls[0] += 1
        if calls[0] == 3:
            raise BackendError("the link is broken")
        return call(self, *given, **how)

    monkeypatch.setattr(Device, "_call", once)


def test_a_run_tells_of_its_calls_and_incidents(neurosim, tiny, failing) -> None:
    said = neurosim("run", tiny(more=CHIP), "--backend", "chip", "--out", "kept")
    assert said.code == 0, said.err
    [folder] = Path("kept").iterdir()
    result = store.read(folder)
    calls = sum(part.calls for part in result.device)
    assert f"{calls:,} calls of the device: p50" in said.out
    assert f"{calls:,} overruns" in said.out
    assert "the link is broken" in said.out
    assert {part.part.partition("/")[0] for part in result.device} == {"trained", "slept", "tested"}
    assert all(0 < part.p50 <= part.p95 <= part.p99 for part in result.device)


def test_json_has_them_and_null_without_a_device(neurosim, tiny) -> None:
    path = tiny(more=CHIP)
    device = json.loads(neurosim("run", path, "--backend", "chip", "--json", "--out", "kept").out)["device"]
    assert set(device) == {
        "calls", "overruns", "seconds", "p50", "p95", "p99", "bytes_up", "bytes_down", "incidents", "parts",
    }  # fmt: skip
    assert device["calls"] == sum(part["calls"] for part in device["parts"]) > 0
    assert json.loads(neurosim("run", path, "--json", "--out", "plain").out)["device"] is None


def test_a_line_of_events_that_somebody_has_altered_is_not_believed(neurosim, tiny) -> None:
    neurosim("run", tiny(more=CHIP), "--backend", "chip", "--out", "kept")
    [folder] = Path("kept").iterdir()
    path = folder / "events.jsonl"
    path.write_text(path.read_text().replace('"calls": ', '"calls": -'))
    assert store.read(folder).device == ()
