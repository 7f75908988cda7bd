"""Simulations that are kept in a directory, so that they survive their process."""

from neurosim.simulation.kept.directory import (
    CODE,
    TEXT,
    SimulationDirectory,
    is_simulation,
    named,
    read_begun,
    text_digest,
)
from neurosim.simulation.kept.identity import SimulationIdentity, check_same
from neurosim.simulation.kept.running import blocks, go_on, keep_in, read, recorded_in

__all__ = [
    "CODE",
    "TEXT",
    "SimulationDirectory",
    "SimulationIdentity",
    "blocks",
    "check_same",
    "go_on",
    "is_simulation",
    "keep_in",
    "named",
    "read",
    "read_begun",
    "recorded_in",
    "text_digest",
]
