"""A metric of another package."""

from neurosim.results.metric import Metric

WORST = Metric(
    "worst-task",
    "min_j R[T, j]",
    "this package",
    lambda matrix, samples: matrix[-1].min(),
    label="the accuracy of the worst task after the last",
)
