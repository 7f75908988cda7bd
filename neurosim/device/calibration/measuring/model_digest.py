"""A neuron model by what it is, its equations and constants: a name for it, and whether it is one of several."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from neurosim.model.neurons import NeuronModel


def digest_of(model: NeuronModel) -> str:
    """The SHA-256 of the equations and constants of a model, as 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps([model.equations(), sorted(model.constants.items())]).encode()).hexdigest()


def is_one_of(model: NeuronModel, models: Iterable[NeuronModel]) -> bool:
    """Whether a model has the equations and the constants of one of several, whatever their values."""
    return any(model.equations() == m.equations() and model.params.keys() == m.params.keys() for m in models)
