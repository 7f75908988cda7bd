"""Axes of matplotlib, which is imported where something is drawn."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from neurosim.edges.optional_packages import PLOT, needed
from neurosim.errors import InputError, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("svg", "png", "pdf")
"""Of files."""

WIDTH = 7.0
"""In inches."""


def check() -> None:
    """Refuse to draw where matplotlib is missing.

    Raises
    ------
    BackendUnavailable
        Naming the command that brings it.
    """
    with needed(PLOT, "pictures"):
        import matplotlib.figure  # noqa: F401


def axes(ax: Axes | None, height: float) -> Axes:
    """Return where to draw: what is given, or new axes of so many inches.

    Raises
    ------
    InputError
        For what are no axes.
    BackendUnavailable
        Where matplotlib is missing.
    InputError
        For what is no axes.
    """
    if ax is not None:
        if not hasattr(ax, "scatter"):
            raise InputError(f"ax = {shown(ax)}; expected axes of matplotlib")
        return ax
    with needed(PLOT, "pictures"):
        from matplotlib import pyplot as plt
    _, fresh = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    return fresh  # type: ignore[no-any-return]


def file(draw: Callable[[Axes], object], height: float, form: str) -> bytes:
    """Return a file with a picture.

    Parameters
    ----------
    draw
        Draws into axes.
    height
        In inches.
    form
        One of `FORMATS`.

    Raises
    ------
    BackendUnavailable
        Where matplotlib is missing.
    """
    with needed(PLOT, "pictures"):
        from matplotlib.figure import Figure
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    draw(figure.subplots())
    content = io.BytesIO()
    figure.savefig(content, format=form, dpi=150)
    return content.getvalue()


def bare(ax: Axes) -> None:
    """Leave the lines of axes out that measure nothing."""
    ax.spines[["top", "right"]].set_visible(False)


def legend(ax: Axes, title: str | None = None) -> None:
    """Name what is drawn, beside it."""
    ax.legend(title=title, frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
