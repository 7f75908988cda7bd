"""A network as JSON, and back: dataclasses as objects.

What differs by mode is written as ``{"modes": {...}}``, what is learned or driven as ``{"learned": initial}`` or
``{"driven": default}``. Arrays are not in the text: pairs are named by the SHA-256 of their array, values of neurons or
synapses as ``{"array": SHA-256}``, and the arrays are beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges import format_version
from neurosim.edges.foreign_errors import border
from neurosim.errors import ModelError
from neurosim.model.connectivity import Connectivity, Delays, SharedWeights, class_of
from neurosim.model.connectivity.named_arrays import Arrays, another, named_array
from neurosim.model.fixed import FixedArray
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Driven, Learned, NeuronModel
from neurosim.model.synapses import SynapseModel

PLAIN, WITH_ARRAYS, WITH_VALUES, WITH_SHARED = 1, 2, 3, 4
"""Versions of the document, under its key ``neurosim_network``: of a network without arrays, with pairs, and with a
value for each neuron or synapse, or a delay of 1 that was given; before, 1 was written where none was given; and with
synapses that share weights.

Version 1 also has pairs as lists of numbers, as neurosim 0.1 wrote them."""
FORMATS = (PLAIN, WITH_ARRAYS, WITH_VALUES, WITH_SHARED)

NO_NETWORK = "not a network in JSON"


def to_json(network: Network) -> str:
    """The document of a network, without its arrays.

    Raises
    ------
    ModelError
        For a connectivity of a class without a name: none of neurosim's own, nor of an entry point.
    """
    version = version_of(network)
    delay = _delay_out if version >= WITH_VALUES else _one_delay_out
    document = {
        "neurosim_network": version,
        "populations": [_population_out(p) for p in network.populations],
        "projections": [_projection_out(j, delay(j)) for j in network.projections],
    }
    return json.dumps(document, indent=2)


def version_of(network: Network) -> int:
    """The version of a network's document: the oldest that says all of it."""
    if any(isinstance(j.connectivity, SharedWeights) for j in network.projections):
        return WITH_SHARED
    delays = any(isinstance(j.delay, Delays) or j.delay == 1 for j in network.projections)
    if delays or network.fixed():
        return WITH_VALUES
    return WITH_ARRAYS if any(_has_arrays(j) for j in network.projections) else PLAIN


def arrays_of(network: Network) -> dict[str, NDArray[np.int32] | NDArray[np.float64]]:
    """The arrays that the document of a network names, by their digests: of pairs, of values of neurons or synapses."""
    wirings = [j.connectivity.arrays() for j in network.projections if _has_arrays(j)]
    delays = {j.delay.digest: j.delay.array for j in network.projections if isinstance(j.delay, Delays)}
    fixed = {array.digest: array.values for array in network.fixed().values()}
    return {**{n: a for arrays in wirings for n, a in arrays.items()}, **delays, **fixed}


def _has_arrays(j: Projection) -> bool:
    """Whether its connectivity names arrays; a class that is no `Connectivity` does not say, and has no document."""
    return getattr(j.connectivity, "has_arrays", False)


def names_arrays(document: Mapping[str, Any]) -> bool:
    """Whether a document names arrays that are not in it."""
    parts = [*document["populations"], *document["projections"]]
    return document["neurosim_network"] > PLAIN and any(
        "wiring" in part.get("connectivity", ())
        or isinstance(part.get("delay"), dict)
        or part.get("parameters")
        or part.get("initial")
        for part in parts
    )


def parsed(text: str | bytes) -> dict[str, Any]:
    """The document that `to_json` wrote.

    Raises
    ------
    ModelError
        If the text is no JSON, or of another version.
    """
    with border(NO_NETWORK, ModelError):
        document: dict[str, Any] = json.loads(text)
        format_version.check(document["neurosim_network"], FORMATS, "network JSON", ModelError)
        return document


def parts_of(document: Mapping[str, Any], arrays: Arrays) -> tuple[list[Population], list[Projection]]:
    """The parts of the network of a document.

    Parameters
    ----------
    arrays
        At least those that the document names.

    Raises
    ------
    ModelError
        If the document is of another form, or an array that it names is not given, or is another.
    """
    with border(NO_NETWORK, ModelError):
        populations = [_population_in(p, arrays) for p in document["populations"]]
        delay_in = _delay_in if document["neurosim_network"] >= WITH_VALUES else _one_delay_in
        projections = [
            {**j, "delay": delay_in(j["delay"], f"projection {j['name']}", arrays)} for j in document["projections"]
        ]
        return populations, [_projection_in(j, arrays) for j in projections]


def _by_mode(value: Any, out: Any) -> Any:
    return {"modes": {m: out(v) for m, v in value.items()}} if isinstance(value, Mapping) else out(value)


def _from_mode(value: Any, read: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"modes"}:
        return {m: read(v) for m, v in value["modes"].items()}
    return read(value)


def _param_out(value: float | Learned | Driven) -> Any:
    if isinstance(value, Learned):
        return {"learned": value.initial}
    return {"driven": value.default} if isinstance(value, Driven) else value


def _param_in(value: Any) -> float | Learned | Driven:
    if isinstance(value, dict):
        return Learned(value["learned"]) if "learned" in value else Driven(value["driven"])
    return value  # type: ignore[no-any-return]


def _plain(part: NeuronModel | SynapseModel | LearningRule) -> dict[str, Any]:
    """Its fields; conditions of constants, and what a rule names for batches, are no part of a network."""
    return {n: v for n, v in asdict(part).items() if n not in ("requires", "estimate")}


def _model_out(model: NeuronModel) -> dict[str, Any]:
    return {**_plain(model), "params": {n: _param_out(v) for n, v in model.params.items()}}


def _model_in(d: dict[str, Any]) -> NeuronModel:
    params = {n: _param_in(v) for n, v in d["params"].items()}
    return NeuronModel(**{**d, "params": params, "ports": tuple(d["ports"])})


def _rules_out(rules: Sequence[LearningRule]) -> list[dict[str, Any]]:
    return [_plain(r) for r in rules]


def _rules_in_json(rules: list[dict[str, Any]]) -> tuple[LearningRule, ...]:
    return tuple(LearningRule(**r) for r in rules)


def _population_out(p: Population) -> dict[str, Any]:
    return {
        "name": p.name,
        "size": p.size,
        "model": _by_mode(p.model, _model_out),
        "learning": _by_mode(p.learning, _rules_out),
        **_fixed_out(p, "parameters", "initial"),
    }


def _population_in(d: dict[str, Any], arrays: Arrays) -> Population:
    model, learning = _from_mode(d["model"], _model_in), _from_mode(d["learning"], _rules_in_json)
    parameters, initial = (
        _fixed_in(d.get(k, {}), f"population {d['name']}", arrays) for k in ("parameters", "initial")
    )
    return Population(d["name"], d["size"], model, learning, parameters, initial)


def _fixed_out(part: Population | Projection, *kinds: str) -> dict[str, Any]:
    """The fields that have arrays, each array by its digest."""
    named = {kind: {n: {"array": array.digest} for n, array in getattr(part, kind).items()} for kind in kinds}
    return {kind: names for kind, names in named.items() if names}


def _fixed_in(d: dict[str, Any], where: str, arrays: Arrays) -> dict[str, FixedArray]:
    return {n: _array_in(named["array"], f"{where}: {n}", arrays) for n, named in d.items()}


def _array_in(name: str, where: str, arrays: Arrays) -> FixedArray:
    found = FixedArray.of(named_array(name, f"{where} is", arrays), where)
    if found.digest != name:
        raise ModelError(f"{where}: {another(name, found.digest)}")
    return found


def _connectivity_out(j: Projection) -> dict[str, Any]:
    connectivity, name = j.connectivity, type(j.connectivity).__name__
    if not isinstance(connectivity, Connectivity) or not hasattr(connectivity, "kind"):
        raise ModelError(
            f"projection {j.name}: connectivity {name} has no form in JSON; give its pairs as Pairs(), or make it a "
            "neurosim.Connectivity with an entry point"
        )
    if class_of(connectivity.kind, _kind_of(j.name)) is not type(connectivity):
        raise ModelError(f"{_kind_of(j.name)} {connectivity.kind!r} is the name of another class than {name}")
    with border(f"projection {j.name}: connectivity {name} cannot tell its JSON", ModelError):
        document = {"kind": connectivity.kind, **connectivity.document()}
        json.dumps(document)
        return document


def _kind_of(projection: str) -> str:
    return f"projection {projection}: connectivity of kind"


def _connectivity_in(d: dict[str, Any], where: str, arrays: Arrays) -> Connectivity:
    return class_of(d["kind"], f"{where}: connectivity of kind").of_document(
        {n: v for n, v in d.items() if n != "kind"}, where, arrays
    )


def _one_delay_out(j: Projection) -> int:
    return j.longest_delay


def _one_delay_in(delay: int, where: str, arrays: Arrays) -> int | None:
    return None if delay == 1 else delay


def _delay_out(j: Projection) -> Any:
    return {"steps": j.delay.digest} if isinstance(j.delay, Delays) else j.delay


def _delay_in(delay: Any, where: str, arrays: Arrays) -> int | Delays | None:
    if not isinstance(delay, dict):
        return delay  # type: ignore[no-any-return]
    name = delay["steps"]
    found = Delays(named_array(name, f"{where}: its delays are", arrays))
    if found.digest != name:
        raise ModelError(f"{where}: {another(name, found.digest)}")
    return found


def _projection_out(j: Projection, delay: Any) -> dict[str, Any]:
    plain = {n: getattr(j, n) for n in ("name", "pre", "post", "port", "reciprocal_port")}
    reciprocal = j.reciprocal if isinstance(j.reciprocal, bool) else list(j.reciprocal)
    learning = _by_mode(j.learning, _rules_out)
    parts = {"synapse": _plain(j.synapse), "learning": learning, "reciprocal": reciprocal}
    connectivity = _connectivity_out(j)
    return {**plain, "delay": delay, **parts, "connectivity": connectivity, **_fixed_out(j, "parameters")}


def _projection_in(d: dict[str, Any], arrays: Arrays) -> Projection:
    reciprocal = d["reciprocal"] if isinstance(d["reciprocal"], bool) else tuple(d["reciprocal"])
    learning = _from_mode(d["learning"], _rules_in_json)
    parts = {"synapse": SynapseModel(**d["synapse"]), "learning": learning, "reciprocal": reciprocal}
    connectivity = _connectivity_in(d["connectivity"], f"projection {d['name']}", arrays)
    parameters = _fixed_in(d.get("parameters", {}), f"projection {d['name']}", arrays)
    return Projection(**{**d, **parts, "connectivity": connectivity, "parameters": parameters})
