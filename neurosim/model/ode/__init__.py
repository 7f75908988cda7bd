"""Neuron models as differential equations: `ode`, `OdeModel`, and standard models of the field."""

from neurosim.model.ode.definition import ode
from neurosim.model.ode.model import INTEGRATORS, OdeModel

__all__ = ["INTEGRATORS", "OdeModel", "ode"]
