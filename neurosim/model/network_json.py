"""A network as JSON, and back: dataclasses as objects.

What differs by mode is written as ``{"modes": {...}}``, what is learned or driven as ``{"learned": initial}`` or
``{"driven": default}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from neurosim.edges.foreign_errors import border
from neurosim.errors import ModelError
from neurosim.model.connectivity import AllToAll, Connectivity, OneToOne, Pairs
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Driven, Learned, NeuronModel
from neurosim.model.synapses import SynapseModel

FORMAT = 1
"""Version of the document, under its key ``neurosim_network``; raised by whatever an older neurosim could not read."""


def to_json(network: Network) -> str:
    """The document of a network.

    Raises
    ------
    ModelError
        For a connectivity that is none of neurosim's own.
    """
    document = {
        "neurosim_network": FORMAT,
        "populations": [_population_out(p) for p in network.populations],
        "projections": [_projection_out(j) for j in network.projections],
    }
    return json.dumps(document, indent=2)


def parts_from_json(text: str) -> tuple[list[Population], list[Projection]]:
    """The parts of the network that `to_json` wrote.

    Raises
    ------
    ModelError
        If the text is not such a document, or of another version.
    """
    with border("not a network in JSON", ModelError):
        document = json.loads(text)
        _check_version(document["neurosim_network"])
        populations = [_population_in(p) for p in document["populations"]]
        return populations, [_projection_in(j) for j in document["projections"]]


def _check_version(version: object) -> None:
    if isinstance(version, int) and version > FORMAT:
        raise ModelError(
            f"network JSON of version {version}; this neurosim reads version {FORMAT}. A newer neurosim wrote it: "
            "upgrade this one (pip install --upgrade neurosim), or build the network here from the Python code that "
            "made it"
        )
    if version != FORMAT:
        raise ModelError(f"network JSON of version {version}; this neurosim reads version {FORMAT}")


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
    """Its fields; conditions of constants are no part of a network."""
    return {n: v for n, v in asdict(part).items() if n != "requires"}


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
    }


def _population_in(d: dict[str, Any]) -> Population:
    return Population(
        d["name"], d["size"], _from_mode(d["model"], _model_in), _from_mode(d["learning"], _rules_in_json)
    )


_CONNECTIVITY: dict[str, type[Connectivity]] = {"all-to-all": AllToAll, "one-to-one": OneToOne, "pairs": Pairs}


def _connectivity_out(j: Projection) -> dict[str, Any]:
    for kind, cls in _CONNECTIVITY.items():
        if type(j.connectivity) is cls:
            return {"kind": kind, **asdict(j.connectivity)}
    found = type(j.connectivity).__name__
    raise ModelError(f"projection {j.name}: connectivity {found} has no form in JSON; give its pairs as Pairs()")


def _connectivity_in(d: dict[str, Any]) -> Connectivity:
    return _CONNECTIVITY[d["kind"]](**{n: v for n, v in d.items() if n != "kind"})


def _projection_out(j: Projection) -> dict[str, Any]:
    plain = {n: getattr(j, n) for n in ("name", "pre", "post", "port", "reciprocal_port", "delay")}
    reciprocal = j.reciprocal if isinstance(j.reciprocal, bool) else list(j.reciprocal)
    learning = _by_mode(j.learning, _rules_out)
    parts = {"synapse": _plain(j.synapse), "learning": learning, "reciprocal": reciprocal}
    return {**plain, **parts, "connectivity": _connectivity_out(j)}


def _projection_in(d: dict[str, Any]) -> Projection:
    reciprocal = d["reciprocal"] if isinstance(d["reciprocal"], bool) else tuple(d["reciprocal"])
    learning = _from_mode(d["learning"], _rules_in_json)
    parts = {"synapse": SynapseModel(**d["synapse"]), "learning": learning, "reciprocal": reciprocal}
    return Projection(**{**d, **parts, "connectivity": _connectivity_in(d["connectivity"])})
