"""What a board says of itself, as lines for a terminal and as plain data for ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.markup import escape

from neurosim.device.board.probing.asking import BoardProbe

QUANTILES = (0.5, 0.95, 0.99)


def probe_as_data(name: str, link: str, probe: BoardProbe) -> dict[str, Any]:
    """Return what a board says for ``--json``."""
    quantiles = {f"p{100 * q:g}": _milliseconds(probe, q) for q in QUANTILES}
    return {
        "name": name,
        "link": link,
        "board": asdict(probe.identity),
        "health": asdict(probe.health),
        "round_trip_ms": {**quantiles, "calls": len(probe.seconds)},
        "fits": {mode: not why for mode, why in probe.refused.items()},
        "refused": {mode: why for mode, why in probe.refused.items() if why},
    }


def probe_lines(name: str, link: str, probe: BoardProbe) -> Iterator[str]:
    """Return what a board says for a terminal."""
    identity, health, limits = probe.identity, probe.health, probe.identity.limits
    serial = f", serial number {escape(identity.serial)}" if identity.serial else ""
    yield f"[bold]{escape(name)}[/bold]: {escape(identity.name)}{serial}"
    yield f"  kind: {identity.kind}, at {escape(link)}"
    yield f"  since boot {identity.boot_id:08x}: {health.trials:,} trials, {health.overruns:,} late steps"
    yield f"  line: {health.dropped:,} frames dropped, {health.refused:,} requests refused"
    times = ", ".join(f"p{100 * q:g} = {_milliseconds(probe, q):.3g} ms" for q in QUANTILES)
    yield f"  round trip: {times}, of {len(probe.seconds)}"
    yield f"  clock: {identity.ticks_per_second:,} ticks a second"
    yield f"  room: {limits.synapses:,} synapses, {limits.values:,} values of neurons"
    yield f"  program: at most {limits.words:,} words, {limits.groups:,} groups, {limits.matrices:,} matrices"
    yield f"  buffer: {limits.payload:,} bytes"
    for mode, why in probe.refused.items():
        yield (
            f"  {escape(mode)}: [red]does not fit[/red]: {escape(why)}"
            if why
            else f"  {escape(mode)}: [green]fits[/green]"
        )


def _milliseconds(probe: BoardProbe, share: float) -> float:
    return 1000 * float(np.quantile(probe.seconds, share))
