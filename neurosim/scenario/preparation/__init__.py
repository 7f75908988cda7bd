"""What a scenario and its data make before anything runs: network, tasks and programs, each built once, and checked."""

from neurosim.scenario.preparation.plan import Plan, plan
from neurosim.scenario.preparation.prepared import Prepared, prepare, with_data

__all__ = ["Plan", "Prepared", "plan", "prepare", "with_data"]
