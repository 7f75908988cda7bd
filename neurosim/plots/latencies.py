"""Pictures of how long the calls of a device took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare
from neurosim.edges.values import finite_array
from neurosim.errors import InputError
from neurosim.plots import style
from neurosim.program.schedule import Array
from neurosim.results.costs.device_calls import DeviceCalls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
DASHES = ("-", "--", ":")
BINS = 50


def latencies(seconds: Sequence[float] | Array, ax: Axes | None = None) -> Axes:
    """Draw how many calls took how long; lines mark what 50, 95 and 99 % of them took at the most.

    Parameters
    ----------
    seconds
        Of each call, as `Timing.latencies` has them; of shape (calls,).

    Raises
    ------
    InputError
        If there are no calls, or for values that are no finite numbers.
    """
    milliseconds = 1000 * finite_array(seconds, "seconds of calls").ravel()
    if not milliseconds.size:
        raise InputError("no calls of a device; expected the seconds of at least one")
    ax = axes(ax, 2.6)
    ax.hist(milliseconds, bins=BINS, color=style.colour(0), alpha=0.55)
    for k, (name, share) in enumerate(QUANTILES.items()):
        value = float(np.quantile(milliseconds, share, method="inverted_cdf"))
        ax.axvline(value, color=style.colour(1), linestyle=DASHES[k], linewidth=1.2, label=f"{name}: {value:.3g} ms")
    ax.set(xlabel="a call, in ms", ylabel="calls", xlim=(0, None))
    bare(ax)
    ax.legend(frameon=False, fontsize="small", loc="upper right")
    return ax


def latency_percentiles(parts: Sequence[DeviceCalls], ax: Axes | None = None) -> Axes:
    """Draw what 50, 95 and 99 % of calls took at the most, in each part of a run.

    Parameters
    ----------
    parts
        As `Result.device` has them.

    Raises
    ------
    InputError
        If no part has calls.
    """
    called = [p for p in parts if p.calls]
    if not called:
        raise InputError("no calls of a device; expected parts of a run on one")
    ax = axes(ax, 2.6)
    x = np.arange(len(called))
    for k, name in enumerate(QUANTILES):
        values = [1000 * getattr(p, name) for p in called]
        ax.plot(x, values, linestyle="", marker=style.mark(k), color=style.colour(k), label=name)
    ax.set_xticks(x, [p.part for p in called], rotation=45, ha="right", fontsize="small")
    ax.set(ylabel="a call, in ms", yscale="log")
    style.plain_ticks(ax.yaxis, lambda value, _: f"{value:g}")
    bare(ax)
    ax.legend(frameon=False, fontsize="small", loc="upper right")
    return ax
