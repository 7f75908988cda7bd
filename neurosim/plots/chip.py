"""A picture of how full the cores of a chip are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurosim.chip.mapping import Placement
from neurosim.edges.axes import axes, bare
from neurosim.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIMITS = {
    "compartments": "compartments",
    "in_axons": "in-axons",
    "out_axons": "out-axons",
    "synapse_bits": "synapse bits",
}


def chip_utilisation(placement: Placement, ax: Axes | None = None) -> Axes:
    """Draw the share of each limit that the fullest core of a layer takes; a line at 1 is a full core.

    Parameters
    ----------
    placement
        As in the `placement` of a chip report.
    """
    parts = placement.parts
    ax = axes(ax, 1.1 + 0.5 * len(parts))
    width = 0.8 / len(LIMITS)
    for k, (limit, label) in enumerate(LIMITS.items()):
        places = [i + (k - (len(LIMITS) - 1) / 2) * width for i in range(len(parts))]
        shares = [p.fullest.get(limit, 0.0) for p in parts]
        ax.barh(places, shares, height=width * 0.85, color=style.colour(k), label=label)
    ax.axvline(1.0, color=style.colour(1), linewidth=1.0, linestyle="--")
    ax.set_yticks(range(len(parts)), [f"{p.name}\n{p.cores:,} core{'s' * (p.cores != 1)}" for p in parts])
    most = max((share for p in parts for share in p.fullest.values()), default=0.0)
    ax.set(xlabel="share of the fullest core", ylim=(len(parts) - 0.5, -0.5), xlim=(0, max(1.05, 1.05 * most)))
    bare(ax)
    ax.tick_params(axis="y", length=0)
    ax.legend(frameon=False, fontsize="small", loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    return ax
