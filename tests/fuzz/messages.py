"""Messages between a process and its worker: what comes back is what was sent, and garbage is an error of ours."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backend.remote.protocol import pack, unpack
from neurosim.backend.remote.worker import shared
from neurosim.program.schedule import Events

from . import values
from .kind import Kind, accepted_only_if, source

FILE = "message.json"
DEADLINE = 5.0


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    """A message follows from its key, for JSON has no arrays."""
    what = "honest" if random.random() < 0.4 else "garbage"
    (folder / FILE).write_text(json.dumps({"what": what, "key": random.randrange(2**32)}))


def run(folder: Path) -> None:
    document = json.loads((folder / FILE).read_text())
    key = document["key"]
    if document["what"] == "honest":
        sent = _honest(source("message", 0, key))
        accepted_only_if(_equal(unpack(pack(sent)), sent), "it came back as something else")
    else:
        shared("fuzz", f"{__name__}:Service").call("say", DEADLINE, key=key)


class Service:
    """In the child: what it is asked for."""

    def say(self, key: int) -> Any:
        found = source("message", 1, key)
        if found.random() < 0.01:
            os._exit(3)
        return _garbage(found)


def _honest(random: random.Random, depth: int = 3) -> Any:
    chosen = random.random()
    if depth and chosen < 0.5:
        return {str(n): _honest(random, depth - 1) for n in range(random.randrange(4))}
    if chosen < 0.8:
        return _array(random)
    if chosen < 0.9:
        spikes = np.array([random.random() < 0.3 for _ in range(24)]).reshape(2, 3, 4)
        return Events.from_dense(spikes)
    return random.choice([None, True, 1, -1, 0.5, float("inf"), "text", "", b"bytes", 2**40])


def _array(random: random.Random) -> np.ndarray:
    shape = tuple(random.randrange(4) for _ in range(random.randrange(4)))
    numbers = np.array([random.randrange(2) for _ in range(int(np.prod(shape)))], dtype=float)
    array = numbers.reshape(shape).astype(random.choice(["f8", "f4", "i8", "i4", "u1", "?", ">f8"]))
    return array.T if random.random() < 0.3 else array


def _equal(a: Any, b: Any) -> bool:
    if isinstance(b, dict):
        return isinstance(a, dict) and a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in b)
    if isinstance(b, Events):
        return isinstance(a, Events) and bool(np.array_equal(a.dense(), b.dense()))
    if isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())
    return type(a) is type(b) and bool(a == b)


def _garbage(random: random.Random, depth: int = 3) -> Any:
    """What looks like a packed array, or spikes, and is none."""
    chosen = random.random()
    if depth and chosen < 0.2:
        return {"x": _garbage(random, depth - 1)}
    if chosen < 0.6:
        types = ["<f8", "f4", "O", "V8", "U3", "S0", "", "<M8[s]", "(2,)f8", "a,b", "no type", 3, None]
        shapes = [(1,), (2, 2), (-1,), (10**12,), (2**63,), (0,), (), 3, "x", None, (1.5,), (True,)]
        content = random.choice([b"", bytes(8), bytes(16), bytes(3), "text", None, 8])
        parts = ("array", random.choice(types), random.choice(shapes), content)
        return parts if random.random() < 0.8 else parts[: random.randrange(1, 5)] + (0,) * random.randrange(2)
    if chosen < 0.8:
        arrays = [_garbage(random, 0), ("array", "<i8", (2,), bytes(16)), ("array", "<f8", (1,), bytes(8))]
        return ("events", random.choice(arrays), random.choice(arrays), random.choice([1, -1, 0, "x"]), 3)
    return random.choice(
        [None, True, 3, 0.5, "text", b"bytes", (), [], [1, (2,)], ("array",), ("events",), values.TEXTS[7]]
    )


KIND = Kind("message", 2, make, run)
