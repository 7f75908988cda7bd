"""Metrics of continual learning, from the accuracy matrix R[i, j]: accuracy on task j after training task i."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim.program.schedule import Array


def pooled_accuracy(matrix: Array, samples: Sequence[int]) -> float:
    """sum_j n_j R[T, j] / sum_j n_j: accuracy after the last task with every test sample counted once."""
    return float(np.average(matrix[-1], weights=samples))


def average_accuracy(matrix: Array) -> float:
    """ACC = 1/T sum_j R[T, j] (Lopez-Paz & Ranzato 2017)."""
    return float(matrix[-1].mean())


def forgetting(matrix: Array) -> float:
    """F = 1/(T-1) sum_{j<T} (max_{i<T} R[i, j] - R[T, j]); 0 for a single task (Chaudhry et al. 2018)."""
    if len(matrix) < 2:
        return 0.0
    return float((matrix[:-1, :-1].max(axis=0) - matrix[-1, :-1]).mean())
