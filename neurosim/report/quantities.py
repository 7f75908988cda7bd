"""Numbers as readers want them: few digits, with a prefix or a spread."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.results.analysis.statistics import Interval, mean, standard_deviation, t_interval


def quantity(value: float | None, unit: str) -> str:
    """Three digits with a prefix: 0.0291 J is 29.1 mJ."""
    if value is None:
        return "-"
    prefixes = {1e12: "T", 1e9: "G", 1e6: "M", 1e3: "k", 1.0: "", 1e-3: "m", 1e-6: "µ", 1e-9: "n", 1e-12: "p"}
    value = float(f"{value:.3g}")  # so that 999.9 m is 1, not 1e+03 m
    size = next((s for s in prefixes if value >= s), 1e-12 if value else 1.0)
    return f"{value / size:.3g} {prefixes[size]}{unit}"


def spread(values: Sequence[float]) -> str:
    """``0.804 ± 0.021``: the mean and the standard deviation; a single value alone, ``-`` for none."""
    m, s = mean(values), standard_deviation(values)
    if m is None:
        return "-"
    return f"{m:.3f}" if s is None else f"{m:.3f} ± {s:.3f}"


def interval(values: Sequence[float]) -> str:
    """``0.752 to 0.856``: where the mean of all possible runs lies, by Student's t; ``-`` of fewer than two values."""
    return ends(t_interval(values))


def ends(found: Interval | None) -> str:
    """``0.752 to 0.856``; ``-`` where there is none."""
    return "-" if found is None else f"{found.low:.3f} to {found.high:.3f}"


def listed(numbers: Sequence[int]) -> str:
    """``0 to 9``, or ``0, 2, 5``: whole numbers, in their order."""
    whole = sorted(set(numbers))
    if len(whole) > 2 and whole[-1] - whole[0] == len(whole) - 1:
        return f"{whole[0]} to {whole[-1]}"
    return ", ".join(map(str, whole))
