"""Models, synapses and rules by name: those of the library, and those that a file defines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.errors import ModelError, SpecError, nearest
from neurosim.model import learning, neurons, synapses
from neurosim.model.learning import LearningRule
from neurosim.model.neurons import NeuronModel
from neurosim.model.synapses import SynapseModel

NEURONS = {n: m for n, m in vars(neurons).items() if isinstance(m, NeuronModel)}
SYNAPSES = {n: s for n, s in vars(synapses).items() if isinstance(s, SynapseModel)}
RULES = {n: r for n, r in vars(learning).items() if isinstance(r, LearningRule)}
"""The library, as a file names its models, synapses and rules."""


def chosen(name: str, library: Mapping[str, Any], own: Mapping[str, Any], values: Mapping[str, Any], where: str) -> Any:
    """A model, rule or synapse by its name, with values of its constants.

    Parameters
    ----------
    library, own
        What may be named: things of the library, and tables of the file that build some.
    where
        How an error begins.

    Raises
    ------
    SpecError
        For a name that there is not, or that both have, and for wrong constants.
    """
    try:
        if name in own and name in library:
            raise SpecError(f"{where}: '{name}' of this file has the name of one in the library; rename it")
        if name in own:
            found = own[name].build(name)
        elif name in library:
            found = library[name]
        else:
            raise SpecError(
                f"{where}: '{name}' is not in the library, nor defined in this file; {nearest(name, {*own, *library})}"
            )
        return found(**values) if values else found
    except ModelError as error:
        raise SpecError(f"{where}: {error}") from None
