"""What a run tells of the calls of a device: how many, how long they took, and what happened that a reader must know.

Times are no results: they stand in ``events.jsonl``, and a run that is resumed has others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from neurosim.backend.contract import Records

COUNTS = ("calls", "overruns", "bytes_up", "bytes_down")
"""Whole numbers that add up over parts."""


@dataclass(frozen=True)
class DeviceCalls:
    """Calls in one part of a run.

    Attributes
    ----------
    part
        ``"trained/0"``: what was done for a task.
    calls, overruns
        How many, and how many of them took longer than they were to.
    p50, p95, p99
        Seconds that this share of calls took at the most; NaN without calls.
    seconds
        That the device ran.
    steps_per_second
        In these.
    bytes_up, bytes_down
        What its link has carried to it and back; 0 where nothing counts them.
    incidents
        Texts, in their order.
    """

    part: str
    calls: int
    overruns: int
    p50: float
    p95: float
    p99: float
    seconds: float
    steps_per_second: float
    bytes_up: int
    bytes_down: int
    incidents: tuple[str, ...]

    @classmethod
    def of(cls, part: str, records: Records) -> DeviceCalls | None:
        """Return those of a part; None where no device was called and nothing happened."""
        timing = records.timing
        if not timing.calls and not records.incidents:
            return None
        return cls(
            part,
            timing.calls,
            timing.overruns,
            timing.latency(0.5),
            timing.latency(0.95),
            timing.latency(0.99),
            timing.execute,
            timing.steps_per_second,
            timing.bytes_up,
            timing.bytes_down,
            tuple(records.incidents),
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON has it: null for what is not finite."""
        data = {n: _finite(v) if isinstance(v, float) else v for n, v in asdict(self).items()}
        return {**data, "incidents": list(self.incidents)}

    @classmethod
    def from_data(cls, data: object) -> DeviceCalls | None:
        """Return it from such data; None for other data, as lines of events have no checksum."""
        if not isinstance(data, Mapping) or {*data} != {f.name for f in fields(cls)}:
            return None
        texts, counts = data["incidents"], {n: data[n] for n in COUNTS}
        times = {n: data[n] for n in ("p50", "p95", "p99", "seconds", "steps_per_second")}
        if not isinstance(data["part"], str) or not all(isinstance(n, int) and n >= 0 for n in counts.values()):
            return None
        if not isinstance(texts, Sequence) or not all(isinstance(t, str) for t in texts):
            return None
        if not all(t is None or isinstance(t, (int, float)) for t in times.values()):
            return None
        read: dict[str, Any] = {n: math.nan if t is None else float(t) for n, t in times.items()}
        return cls(data["part"], **counts, **read, incidents=tuple(texts))


def as_data(parts: Iterable[DeviceCalls]) -> dict[str, Any] | None:
    """All parts as one object of JSON; None where there are none.

    Percentiles are those of the part with the most calls.
    """
    known = list(parts)
    if not known:
        return None
    longest = max(known, key=lambda p: p.calls)
    sums = {n: sum(getattr(p, n) for p in known) for n in (*COUNTS, "seconds")}
    incidents = [text for p in known for text in p.incidents]
    finite = {n: _finite(getattr(longest, n)) for n in ("p50", "p95", "p99")}
    return {**sums, **finite, "incidents": incidents, "parts": [p.as_data() for p in known]}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
