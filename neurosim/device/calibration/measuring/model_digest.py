"""The name of a neuron model by what it is: its equations and constants."""

from __future__ import annotations

import hashlib
import json

from neurosim.model.neurons import NeuronModel


def digest_of(model: NeuronModel) -> str:
    """The SHA-256 of the equations and constants of a model, as 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps([model.equations(), sorted(model.constants.items())]).encode()).hexdigest()
