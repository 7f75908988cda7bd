"""Colours and marks that all pictures share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from neurosim.program.schedule import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#b5589b", "#a87900", "#767c85")
"""After Okabe & Ito 2008; each has a contrast of 3 or more on white and on a page that is nearly black."""

MARKS = ("o", "s", "^", "D", "v", "P")
GREY = PALETTE[-1]
BAND = {"alpha": 0.18, "linewidth": 0}
LINE = {"linewidth": 1.4, "markersize": 3.5}


def colour(k: int) -> str:
    """Return that of the k-th of several."""
    return PALETTE[k % len(PALETTE)]


def mark(k: int) -> str:
    """Return the shape of the k-th of several; of the first 36, none has both the colour and the shape of another."""
    return MARKS[(k + k // len(PALETTE)) % len(MARKS)]


def band(ax: Axes, x: Array, low: Array, high: Array, shade: str) -> None:
    """Draw what lies between two lines; nothing where they are not finite, as of a single run."""
    if np.isfinite(low).any():
        ax.fill_between(x, low, high, color=shade, **BAND)  # type: ignore[arg-type]


def plain_ticks(axis: Axis, words: Callable[[float, int], str]) -> None:
    """Name the large ticks of a logarithmic axis, and none of the small ones.

    Parameters
    ----------
    words
        The text of a tick, from its value and its number.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(words))
    axis.set_minor_formatter(NullFormatter())


def share_axis(ax: Axes, label: str = "accuracy") -> None:
    """Let the vertical axis be of shares from 0 to 1."""
    ax.set(ylim=(-0.02, 1.02), ylabel=label)


def task_axis(ax: Axes, tasks: int) -> None:
    """Let the horizontal axis be of how many tasks were trained."""
    ax.set(xlim=(0.8, tasks + 0.2), xlabel="tasks trained")
    ax.set_xticks(np.unique(np.linspace(1, tasks, min(tasks, 10)).round()))
