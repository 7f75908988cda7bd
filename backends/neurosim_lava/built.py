"""What makes a network of Lava: processes with their models, and what is to be set before a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Built:
    """Lava processes, connected.

    Attributes
    ----------
    models
        The model of each process. Given by process, so that Lava does not search folders for models.
    resets
        (variable, value) of Lava's own processes, which know nothing of trials.
    """

    models: Mapping[Any, type]
    resets: list[tuple[Any, Any]] = field(default_factory=list)
