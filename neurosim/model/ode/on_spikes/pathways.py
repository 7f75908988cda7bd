"""What spikes do at a synapse: the statements of `on_pre` and `on_post`, with every name looked up."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from neurosim.errors import EquationError, nearest
from neurosim.model.equations.expressions import names_in, text_of
from neurosim.model.ode.language.names import checked
from neurosim.model.ode.language.statements import composed

if TYPE_CHECKING:
    from neurosim.model.ode.on_spikes.event_synapse import EventSynapse

ANY_PORT = "post"
"""The target of ``post += w``: whatever the port adds to."""

_EXPECTED = "expected one statement such as 'ge_post += w'"

_NOT_THERE: Mapping[str, str] = {
    "t": "statements have no time; a variable with a differential equation can count it",
    "xi": "equations have no noise",
}


@dataclass(frozen=True)
class Pathways:
    """New values of variables, in their values just before a spike.

    Attributes
    ----------
    target
        The variable of the post-synaptic neuron that a spike adds to, or `ANY_PORT`.
    delivered
        What it adds, also in the values just before: statements that stand before it are put in.
    on_pre, on_post
        By variable.
    """

    target: str
    delivered: ast.expr
    on_pre: Mapping[str, ast.expr]
    on_post: Mapping[str, ast.expr]


def read(synapse: EventSynapse) -> Pathways:
    """Return the statements of a synapse.

    Raises
    ------
    EquationError
        For what is no assignment, unknown names, variables of neurons, and what is delivered not exactly once.
    """
    before, after = f"{synapse.where}, on_pre", f"{synapse.where}, on_post"
    on_pre, on_post = composed(synapse.on_pre, before), composed(synapse.on_post, after)
    written = _target(synapse, [n for n in on_pre if n not in synapse.variables], before)
    total = on_pre.pop(written)
    if _is_added_once(total, written, ast.Sub):
        taken = text_of(ast.UnaryOp(ast.USub(), total.right))
        raise EquationError(
            f"{before}: '{written} -= ...'; expected '{written} += {taken}', for a spike adds to a port"
        )
    if not _is_added_once(total, written, ast.Add):
        raise EquationError(
            f"{before}: '{written} = {text_of(total)}'; {_EXPECTED}, for a spike adds to a port, and once"
        )
    _check_targets(synapse, on_post, after)
    for where, statements in ((before, on_pre), (after, on_post)):
        for n, tree in statements.items():
            _check(tree, synapse, f"{where}, {n}", written)
    delivered = _check(total.right, synapse, f"{before}, {written}", written)
    return Pathways(written.removesuffix("_post"), delivered, on_pre, on_post)


def _target(synapse: EventSynapse, others: Collection[str], where: str) -> str:
    """What is written that is no variable of the synapse: the one thing that a spike adds to."""
    _check_constants(synapse, others, where)
    for n in others:
        if n.endswith("_pre"):
            raise EquationError(f"{where}: '{n}' is of the neuron that spiked; {_EXPECTED}")
    if not others:
        raise EquationError(f"{where}: it adds to no port; {_EXPECTED}")
    if len(others) > 1:
        names = " and ".join(f"'{n}'" for n in others)
        raise EquationError(
            f"{where}: {names} are no variables of the synapse ({', '.join(synapse.variables)}); {_EXPECTED}"
        )
    (found,) = others
    return found


def _check_targets(synapse: EventSynapse, on_post: Collection[str], where: str) -> None:
    _check_constants(synapse, on_post, where)
    for n in on_post:
        if n not in synapse.variables:
            raise EquationError(
                f"{where}: '{n}' is no variable of the synapse, and on_post delivers nothing; "
                f"{nearest(n, synapse.variables)}"
            )


def _check_constants(synapse: EventSynapse, targets: Collection[str], where: str) -> None:
    for n in targets:
        if n in synapse.params or n in synapse.expressions:
            raise EquationError(f"{where}: '{n}' is no variable; {nearest(n, synapse.variables)}")


def _is_added_once(total: ast.expr, target: str, how: type[ast.operator]) -> TypeGuard[ast.BinOp]:
    return (
        isinstance(total, ast.BinOp)
        and isinstance(total.op, how)
        and isinstance(total.left, ast.Name)
        and total.left.id == target
    )


def _check(tree: ast.expr, synapse: EventSynapse, where: str, target: str) -> ast.expr:
    own = synapse.own_names
    for n in sorted(names_in(tree) - own):
        if n in _NOT_THERE:
            raise EquationError(f"{where}: '{n}': {_NOT_THERE[n]}")
        if n == target or n.endswith(("_pre", "_post")):
            raise EquationError(
                f"{where}: '{n}' is a variable of a neuron; statements read those of the synapse and parameters: "
                f"{', '.join(sorted(own))}"
            )
    return checked(text_of(tree), own, where)
