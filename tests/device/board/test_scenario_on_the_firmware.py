"""`scenarios/loop_firmware.toml`: two tasks that the firmware learns with its host, to the reference's bits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from neurosim.device.board.link.caller import Caller
from neurosim.device.board.link.refusals import RequestType

FILE = Path(__file__).parents[3] / "scenarios" / "loop_firmware.toml"
SYNAPSES = 64 * 100 + 100 * 10


@pytest.fixture
def smaller(tmp_path: Path) -> Path:
    text = FILE.read_text(encoding="utf-8").replace("test = 360", "test = 60\ntrain = 60").replace("= 287", "= 0")
    file = tmp_path / "loop_firmware.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_firmware_learns_what_the_reference_learns(smaller: Path, neurosim: Callable) -> None:
    done = neurosim("compare", str(smaller), "--backends", "reference,firmware", "--json")
    assert done.code == 0
    _, firmware = json.loads(done.out)["backends"]
    assert (firmware["kind"], firmware["tier"], firmware["max_abs_dw"]) == ("firmware", "T0", 0.0)


def test_a_ladder_ends_on_the_firmware(smaller: Path, neurosim: Callable) -> None:
    done = neurosim("compare", str(smaller), "--ladder", "float,quantised,mock,firmware", "--json")
    assert done.code == 0
    rungs = json.loads(done.out)["rungs"]
    assert [r["kind"] for r in rungs] == ["reference", "mock", "mock", "firmware"]
    assert rungs[1]["accuracy"] == rungs[3]["accuracy"]


def test_deltas_are_a_tenth_of_the_bytes_of_writes(
    smaller: Path, neurosim: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[int, list[int]] = defaultdict(list)
    call = Caller.call

    def counted(self: Caller, request: int, payload: bytes = b"") -> bytes:
        sent[request].append(len(payload))
        return call(self, request, payload)

    monkeypatch.setattr(Caller, "call", counted)
    assert neurosim("run", str(smaller), "--backend", "firmware").code == 0
    trials = 60
    assert len(sent[RequestType.WRITE]) == 2  # the first weights, of two matrices
    assert 10 * sum(sent[RequestType.WRITE_DELTA]) <= trials * 2 * SYNAPSES
