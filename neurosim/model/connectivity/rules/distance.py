"""Each pair with a probability that follows from the distance between its neurons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import by_name, real_array, shown
from neurosim.errors import ModelError
from neurosim.model.connectivity.pairs import Pairs
from neurosim.model.connectivity.rules.layout import Positions, box_of, distances, positions_of
from neurosim.model.connectivity.rules.rule import Index, Sides, WiringRule, flags, made
from neurosim.model.equations.array_values import array_value
from neurosim.model.equations.expressions import check
from neurosim.model.fixed import FixedArray
from neurosim.model.units import quantity

BLOCK = 2**18
"""Pairs whose distances are computed at once, or those of one source; what is drawn does not depend on it."""

Probability = str | Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""An expression of `d`, or a function of an array of distances; both in um."""


@dataclass(frozen=True)
class DistanceDependent(WiringRule):
    """P(i has a synapse to j) = probability(d_ij); see `by_distance`."""

    probability: Probability
    source: FixedArray
    target: FixedArray
    periodic: tuple[float, ...] | None = None
    parameters: tuple[tuple[str, float], ...] = ()
    self_connections: bool = True

    def draw(self, random: np.random.Generator, sides: Sides) -> Pairs:
        """Draw the pairs, ordered by source, then by target.

        Raises
        ------
        ModelError
            For positions of other numbers of neurons, a probability outside of 0 to 1, and where no pair was drawn.
        """
        for side, given, size in (("source", self.source, sides.pre), ("target", self.target, sides.post)):
            if len(given.values) != size:
                raise ModelError(
                    f"{sides.where}: by_distance: {len(given.values)} positions of the {side}; "
                    f"expected {size}, one for each neuron"
                )
        return made(self._drawn(random, sides), "by_distance", sides.where)

    def _drawn(self, random: np.random.Generator, sides: Sides) -> Iterator[tuple[Index, Index]]:
        rows = max(BLOCK // sides.post, 1)
        for first in range(0, sides.pre, rows):
            d = distances(self.source.values[first : first + rows], self.target.values, self.periodic)
            hits = random.random(d.shape) < self._probability_at(d, sides.where)
            pre, post = np.nonzero(hits)
            pre += first
            if sides.same and not self.self_connections:
                others = pre != post
                pre, post = pre[others], post[others]
            yield pre.astype(np.int32), post.astype(np.int32)

    def _probability_at(self, d: NDArray[np.float64], where: str) -> NDArray[np.float64]:
        """Compute the probability at each distance, of the same shape."""
        what = f"{where}: by_distance: probability"
        if isinstance(self.probability, str):
            tree = check(self.probability, _names(dict(self.parameters)), what)
            found = array_value(tree, {"d": d, **dict(self.parameters)})
        else:
            found = _called(self.probability, d.copy(), what)
        if found.shape not in ((), d.shape):
            raise ModelError(f"{what} has shape {found.shape} for distances of shape {d.shape}; expected the same")
        p = np.broadcast_to(found, d.shape)
        right = (p >= 0) & (p <= 1)
        if not right.all():
            wrong = np.unravel_index(np.argmin(right), d.shape)
            raise ModelError(f"{what} is {p[wrong]:g} at d = {d[wrong]:g} um; expected 0 to 1")
        return p


def by_distance(
    probability: Probability,
    source: Positions,
    target: Positions | None = None,
    *,
    periodic: tuple[float | str, ...] | None = None,
    parameters: Mapping[str, float | str] | None = None,
    self_connections: bool = True,
) -> DistanceDependent:
    """P(i has a synapse to j) = probability(d_ij), for each pair by itself; d_ij = |x_i - x_j|.

    Every distance is computed, a block of sources at a time, so memory is that of the result.

    Parameters
    ----------
    probability
        An expression of `d` and of `parameters`, as in equations: ``"0.5*exp(-d/width)"``; or a function that takes an
        array of distances and returns as many probabilities. Distances are in um.
    source, target
        Positions of the neurons in um, shape (neurons, dimensions); `grid_layout` gives some. Without `target`, those
        of the source are those of the target, too.
    periodic
        The sides of a box, one for each dimension, that repeats itself: what leaves it on one side comes in on the
        other. Numbers in um, or texts with a unit.
    parameters
        Numbers in the unit inside, or texts with a unit: ``{"width": "0.1 mm"}``.
    self_connections
        Whether a neuron may be its own target, where a population is wired to itself.

    Raises
    ------
    ModelError
        For positions of another shape or of two numbers of dimensions, a box that does not fit them, and a parameter
        that is no quantity.
    EquationError
        For an expression outside of the language, and names that are neither `d` nor parameters.

    Examples
    --------
    >>> import neurosim as ns
    >>> sheet = ns.grid_layout(20, 20, "50 um")
    >>> ns.by_distance("0.8*exp(-d/width)", sheet, parameters={"width": "0.1 mm"}).parameters
    (('width', 100.0),)
    """
    (may_be_own,) = flags("by_distance", self_connections=self_connections)
    named = _parameters({} if parameters is None else parameters)
    if isinstance(probability, str):
        check(probability, _names(named), "by_distance: probability")
    elif not callable(probability):
        raise ModelError(f"by_distance: probability {shown(probability)}; expected a text such as 'exp(-d/100)'")
    here = positions_of(source, "by_distance: positions of the source")
    there = here if target is None else positions_of(target, "by_distance: positions of the target")
    if here.shape[1] != there.shape[1]:
        raise ModelError(
            f"by_distance: positions of the source have {here.shape[1]} dimensions, "
            f"those of the target {there.shape[1]}; expected as many"
        )
    box = None if periodic is None else box_of(periodic, here.shape[1], "by_distance: periodic")
    return DistanceDependent(
        probability,
        FixedArray.of(here, "by_distance: positions of the source"),
        FixedArray.of(there, "by_distance: positions of the target"),
        box,
        tuple(named.items()),
        may_be_own,
    )


def _called(function: Callable[[Any], Any], d: NDArray[np.float64], what: str) -> NDArray[np.float64]:
    try:
        found = function(d)
    except Exception as error:  # whatever the function of someone else raises
        raise ModelError(f"{what}: its function raised {type(error).__name__}: {error}") from error
    return real_array(found, what, error=ModelError)


def _parameters(given: object) -> dict[str, float]:
    named = by_name(given, "by_distance: parameters", "{'width': '100 um'}", error=ModelError)
    if "d" in named:
        raise ModelError("by_distance: parameters: 'd' is the distance; expected another name")
    return {name: quantity(value, f"by_distance: parameters: {name} =").value for name, value in named.items()}


def _names(parameters: Mapping[str, float]) -> set[str]:
    return {"d", *parameters}
