"""Where the time of a run went: in a simulator, or between a host and a device that it calls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Timing:
    """Where the time of a run went.

    The first run of a session counts the seconds that compiling took, in `build` and in `wall`. What is said of a
    device is 0, or empty, where there is none.

    Attributes
    ----------
    build : float
        Seconds of making what is executed.
    transfer : float
        Seconds of moving data in and out.
    simulate : float
        Seconds of simulating.
    wall : float
        Seconds of the whole call.
    steps : int
        Steps simulated, of all trials together.
    upload : float
        Seconds of writing weights and states to a device.
    execute : float
        Seconds that a device ran, by its own clock where it has one.
    download : float
        Seconds of reading states back.
    update : float
        Seconds of rules on the host.
    bytes_up, bytes_down : int
        What its link has carried to a device and back; 0 where nothing counts them.
    latencies : tuple of float
        Seconds of each call of a device, in their order: writing, running and reading, without what was made for it.
    overruns : int
        Calls that took longer than they were to.
    """

    build: float
    transfer: float
    simulate: float
    wall: float
    steps: int
    upload: float = 0.0
    execute: float = 0.0
    download: float = 0.0
    update: float = 0.0
    bytes_up: int = 0
    bytes_down: int = 0
    latencies: tuple[float, ...] = ()
    overruns: int = 0

    @classmethod
    def joined(cls, timings: Sequence[Timing]) -> Timing:
        """Return the timing of several runs as of one."""
        latencies = tuple(seconds for t in timings for seconds in t.latencies)
        sums = {f.name: sum(getattr(t, f.name) for t in timings) for f in fields(cls) if f.name != "latencies"}
        return cls(**sums, latencies=latencies)

    @property
    def calls(self) -> int:
        """Calls of a device."""
        return len(self.latencies)

    def latency(self, share: float) -> float:
        """Return the seconds that this share of calls took at the most: 0.95 for p95; NaN without calls.

        Parameters
        ----------
        share : float
            From 0 to 1.
        """
        return float(np.quantile(self.latencies, share)) if self.latencies else math.nan

    @property
    def steps_per_second(self) -> float:
        """steps/execute, or steps/simulate where no device ran; infinite where neither took time."""
        seconds = self.execute or self.simulate
        return self.steps / seconds if seconds else math.inf

    def real_time_factor(self, dt: float) -> float:
        """Return steps*dt/execute, 1 for a device that takes as long as what it stands for.

        Parameters
        ----------
        dt : float
            Seconds that a step stands for.
        """
        return self.steps_per_second * dt
