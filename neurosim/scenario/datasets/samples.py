"""What the files of a data set hold, before it is split."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.program.schedule import Stimulus
from neurosim.scenario.datasets.dataset import Indices


@dataclass(frozen=True, eq=False)
class Samples:
    """All samples of a data set, in the order in which they were published.

    Parameters
    ----------
    inputs, labels, groups, shape, class_names
        As in `Dataset`, with the same shapes.
    training
        So many of the first samples are for training, the others are the published test part; None if no
        split was published.
    """

    inputs: Stimulus
    labels: Indices
    training: int | None = None
    groups: Indices | None = None
    shape: tuple[int, ...] | None = None
    class_names: tuple[str, ...] | None = None
