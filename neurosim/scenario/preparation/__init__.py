"""What a scenario and its data make before anything runs: network, tasks and programs, each built once, and checked."""

from neurosim.scenario.preparation.plan import Planned, plan
from neurosim.scenario.preparation.prepared import Prepared, prepare, with_data

__all__ = ["Planned", "Prepared", "plan", "prepare", "with_data"]
