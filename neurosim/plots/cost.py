"""Pictures of what runs cost: operations, and the energy that published figures make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import methodcaller
from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.axes import axes, bare
from neurosim.errors import InputError
from neurosim.plots import style
from neurosim.results.costs.energy import TABLES, EnergyTable
from neurosim.results.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COUNTED = {
    "synaptic_operations": "synaptic operations",
    "effective_synaptic_operations": "effective synaptic operations",
    "spikes": "spikes recorded",
}

Costs = Mapping[str, Mapping[str, float]]
"""The mean over runs by what is counted and by the kind of stage; without those that a run did not count."""


def mean_operations(results: Sequence[Result]) -> Costs:
    """Return the mean counts of runs."""
    return {label: _means(results, methodcaller("get", name)) for name, label in COUNTED.items()}


def mean_energy(results: Sequence[Result], tables: Sequence[EnergyTable] = TABLES) -> Costs:
    """Return the mean energies of runs, in joules."""
    return {table.name: _means(results, table.energy) for table in tables}


def _means(results: Sequence[Result], of: Callable[[Mapping[str, int]], float | None]) -> dict[str, float]:
    if not results:
        raise InputError("no results; expected at least one")
    found = {k: [of(r.counts.get(k, {})) for r in results] for k in results[0].counts}
    return {
        k: float(np.mean([v for v in values if v is not None])) for k, values in found.items() if None not in values
    }


def operations(results: Sequence[Result], ax: Axes | None = None) -> Axes:
    """Draw counts of each kind of stage, the mean of all runs, on a logarithmic axis.

    Raises
    ------
    InputError
        If there are no results.
    """
    return _bars(mean_operations(results), "in a run", "", ax)


def energy(results: Sequence[Result], tables: Sequence[EnergyTable] = TABLES, ax: Axes | None = None) -> Axes:
    """Draw E = sum_n counts[n] * joules[n] of each kind of stage and table, the mean of all runs; nothing is measured.

    Parameters
    ----------
    tables
        Published figures.

    Raises
    ------
    InputError
        If there are no results.
    """
    return _bars(mean_energy(results, tables), "in a run, from published figures", "J", ax)


def _bars(costs: Costs, label: str, unit: str, ax: Axes | None) -> Axes:
    """A group of bars for each kind of stage; zeros, which a logarithmic axis cannot have, get no bar."""
    ax = axes(ax, 1.2 + 0.5 * max(map(len, costs.values()), default=0))
    from matplotlib.ticker import EngFormatter

    kinds = list(dict.fromkeys(kind for of in costs.values() for kind in of))
    width = 0.8 / max(len(costs), 1)
    for k, (name, of) in enumerate(costs.items()):
        shown = [(i, of[kind]) for i, kind in enumerate(kinds) if of.get(kind, 0) > 0]
        places = [i + (k - (len(costs) - 1) / 2) * width for i, _ in shown]
        ax.barh(places, [v for _, v in shown], height=width * 0.85, color=style.colour(k), label=name, log=True)
    ax.set_yticks(range(len(kinds)), kinds)
    ax.set(xlabel=label, ylim=(max(len(kinds), 1) - 0.5, -0.5))
    style.plain_ticks(ax.xaxis, EngFormatter(unit))
    bare(ax)
    ax.tick_params(axis="y", length=0)
    ax.legend(frameon=False, fontsize="small", loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    return ax
