"""Pictures of runs, drawn by matplotlib into axes that are given, or new ones: ``ns.plots.task_curves(results)``.

Each function takes results, draws one thing, and returns the axes. Colours can be told apart by readers with any kind
of colour vision, and are marked by shapes as well. A band is an interval over runs, which its label names.
"""

from __future__ import annotations

from neurosim.plots.accuracy import accuracy_matrix, forgetting, incremental_accuracy, task_curves
from neurosim.plots.chip import chip_utilisation
from neurosim.plots.cost import energy, operations
from neurosim.plots.differences import first_difference
from neurosim.plots.latencies import latencies, latency_percentiles
from neurosim.plots.settling import network_energy, settling
from neurosim.plots.sleep import sleep_activity, sleep_raster
from neurosim.plots.studies import study_metric
from neurosim.plots.weights import weights_before_after

__all__ = [
    "accuracy_matrix",
    "chip_utilisation",
    "energy",
    "first_difference",
    "forgetting",
    "incremental_accuracy",
    "latencies",
    "latency_percentiles",
    "network_energy",
    "operations",
    "settling",
    "sleep_activity",
    "sleep_raster",
    "study_metric",
    "task_curves",
    "weights_before_after",
]
