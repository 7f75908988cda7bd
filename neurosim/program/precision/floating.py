"""IEEE floating point."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Float64:
    """IEEE double precision throughout; nothing is rounded on purpose."""


@dataclass(frozen=True)
class Float32:
    """States, outputs, delivered weights and what rules write are IEEE single precision; sums and equations double."""
