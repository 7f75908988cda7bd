"""The file of a plain network that a user writes, in TOML: checked key by key, with an error that names the place.

Tables: ``[simulation] [models] [rules] [synapses] [network]``. Keys are named as the arguments of the functions that
they are for, and kinds as the functions: ``{ kind = "random", p = 0.02 }`` is ``ns.random(p=0.02)``.
"""

from neurosim.simulation.schema.call_table import CallTable
from neurosim.simulation.schema.reading import is_simulation, parse, read
from neurosim.simulation.schema.simulation_file import SimulationFile

__all__ = ["CallTable", "SimulationFile", "is_simulation", "parse", "read"]
