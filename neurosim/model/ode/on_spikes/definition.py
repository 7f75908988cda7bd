"""`synapse`: what a user writes of a synapse in Brian2's manner, taken or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping

from neurosim.edges.values import by_name, text
from neurosim.errors import EquationError, ModelError
from neurosim.model.ode.definition import dimension_written
from neurosim.model.ode.language.lines import Line, LineKind, read
from neurosim.model.ode.on_spikes.event_synapse import WEIGHT, EventSynapse
from neurosim.model.units import MILLISECONDS, Quantity, inside, quantity

_WHEN_COMPUTED = re.compile(r"\((?:event|clock)-driven\)")
_COMMENT = re.compile(r"#.*")
_WEIGHT = re.compile(rf"\b{WEIGHT}\b")


def synapse(
    *equations: str,
    on_pre: str,
    on_post: str = "",
    params: Mapping[str, float | str] | None = None,
    initial: Mapping[str, float | str] | None = None,
    dt: str | float | None = None,
    name: str = "synapse",
) -> EventSynapse:
    """dx/dt = f(x, parameters) between spikes, f linear; statements for spikes before and behind: a synapse of such.

    For `NetworkBuilder.connect`, whose `weight` has the first values of `w`. Statements are done in the order in which
    they are written, in a step `on_pre` first, as in Brian2. Units are those of `ode`.

    Parameters
    ----------
    *equations
        Differential equations, ``"dapre/dt = -apre/taupre"``, integrated exactly, so that ``(event-driven)`` and
        ``(clock-driven)`` behind them give the same values; variables that only spikes change, ``"x : 1"``; parts of
        equations with a name; units of parameters, ``"taupre : second"``. `w` needs no line.
    on_pre
        Statements for a spike that arrives, after its delay: ``"ge_post += w; apre += Apre"``. One of them adds to a
        variable of the post-synaptic neuron that a port adds to; ``"post += w"`` adds to any port. It adds what its
        names are at that statement.
    on_post
        Statements for a spike of the post-synaptic neuron, without a delay.
    params
        Constants by name, numbers or texts with a unit.
    initial
        First values of variables; 0 where none is given.
    dt
        The length of a step; None for that of the network.
    name
        Named in errors and listings.

    Returns
    -------
    EventSynapse
        A synapse for a connection; call it for another with other parameters.

    Raises
    ------
    EquationError
        For equations and statements that cannot be read, names that are not there, and dimensions that do not fit.
    ModelError
        For names that clash, and values that do not fit.

    References
    ----------
    .. [1] S. Song, K. D. Miller, L. F. Abbott (2000): Competitive Hebbian learning through spike-timing-dependent
       synaptic plasticity. Nature Neuroscience 3, 919-926.

    Examples
    --------
    >>> import neurosim as ns
    >>> stdp = ns.synapse(
    ...     "dapre/dt = -apre/tau", "dapost/dt = -apost/tau",
    ...     on_pre="ge_post += w; apre += 0.01; w = clip(w + apost, 0, 1)",
    ...     on_post="apost -= 0.0105; w = clip(w + apre, 0, 1)",
    ...     params={"tau": "20 ms"}, name="stdp")
    >>> stdp
    <EventSynapse stdp: w, apre, apost>
    >>> print(stdp(tau="10 ms").lowered(dt="0.1 ms").synapse.weight)
    w
    """
    where = f"synapse {text(name, 'synapse: name', error=ModelError)}"
    written = [_WHEN_COMPUTED.sub("", text(e, f"{where}: equations", error=ModelError)) for e in equations]
    on_pre, on_post = (
        text(given, f"{where}, {moment}", error=ModelError)
        for given, moment in ((on_pre, "on_pre"), (on_post, "on_post"))
    )
    lines = read(written, where)
    for line in lines:
        if line.unless_refractory:
            raise EquationError(f"{where}: (unless refractory) at d{line.name}/dt; a synapse has no refractory time")
    by_kind = {kind: {line.name: line.text for line in lines if line.kind is kind} for kind in LineKind}
    derivatives = by_kind[LineKind.DIFFERENTIAL]
    constants = _quantities(params, f"{where}, params", "{'tau': '20 ms'}")
    return EventSynapse(
        name,
        derivatives,
        _stored(lines, [*written, on_pre, on_post], {*constants, *derivatives}),
        on_pre,
        on_post,
        constants,
        by_kind[LineKind.EXPRESSION],
        {line.name: dimension_written(line, where) for line in lines if line.unit is not None},
        _quantities(initial, f"{where}, initial", "{'x': 1}"),
        None if dt is None else inside(dt, MILLISECONDS, f"{where}: dt ="),
    )


def _stored(lines: tuple[Line, ...], texts: list[str], others: set[str]) -> tuple[str, ...]:
    """Variables that only spikes change: `w` where it is named, or nothing else is kept, and lines without a value."""
    declared = [line.name for line in lines if line.kind is LineKind.PARAMETER and line.name not in others]
    is_named = any(_WEIGHT.search(_COMMENT.sub("", t)) for t in texts)
    if WEIGHT not in others and (is_named or not declared):
        declared.insert(0, WEIGHT)
    return tuple(dict.fromkeys(declared))


def _quantities(given: Mapping[str, float | str] | None, what: str, example: str) -> dict[str, Quantity]:
    named = by_name(given or {}, what, example, error=ModelError)
    return {n: quantity(value, f"{what}: {n} =") for n, value in named.items()}
