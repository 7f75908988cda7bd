"""Numbers of a summary table in words."""

from __future__ import annotations

from neurosim.results.metrics import OF_A_RUN

FRACTIONS = frozenset(metric.name for metric in OF_A_RUN)
"""Metrics from -1 to 1, which have three decimals."""


def number(metric: str, value: float | None) -> str:
    """A value of a metric: three decimals of a fraction, four digits or all whole ones of anything else."""
    if value is None:
        return "-"
    if metric in FRACTIONS:
        return f"{value:.3f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def difference(metric: str, value: float | None) -> str:
    """A difference with its sign."""
    text = number(metric, value)
    return text if value is None or text.startswith("-") else f"+{text}"


def chance(p: float | None) -> str:
    """A p value: three decimals, or that it is less."""
    if p is None:
        return "-"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def effect(size: float | None) -> str:
    """An effect size, with its sign."""
    return "-" if size is None else f"{size:+.2f}"
