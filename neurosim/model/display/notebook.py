"""What a notebook shows of equations and networks: HTML in which every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from neurosim.model.connectivity import Delays, Pairs

if TYPE_CHECKING:
    from neurosim.model.connectivity import Connectivity
    from neurosim.model.display.described import Described
    from neurosim.model.network import Network, Population, Projection
    from neurosim.model.network.given import Rules

MOST_ROWS = 50
"""Of a table; what is left out is counted below it."""


def equations_html(title: str, equations: Iterable[str], parameters: Iterable[str] = ()) -> str:
    """A title, equations a line, and the parameters in one line."""
    below = ", ".join(parameters)
    return (
        f"<div><strong>{escape(title)}</strong>"
        f"<pre>{escape(chr(10).join(equations))}</pre>"
        f"{f'<small>{escape(below)}</small>' if below else ''}</div>"
    )


def network_html(network: Network) -> str:
    """Tables of populations and projections, and the equations of all that they name."""
    populations = table_html(
        "Populations", ("name", "size", "model", "learning"), [_population(p) for p in network.populations]
    )
    heads = ("name", "from", "to", "connectivity", "synapse", "delay", "learning")
    projections = table_html("Projections", heads, [_projection(j) for j in network.projections])
    return f"<div>{populations}{projections}{''.join(_equations(network))}</div>"


def table_html(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table of escaped cells below its title; nothing without rows."""
    if not rows:
        return ""
    lines = [_row("th", heads), *(_row("td", row) for row in rows[:MOST_ROWS])]
    left_out = f"<small>and {len(rows) - MOST_ROWS} more</small>" if len(rows) > MOST_ROWS else ""
    return f"<table><caption>{title}</caption>{''.join(lines)}</table>{left_out}"


def _row(cell: str, values: Iterable[object]) -> str:
    return f"<tr>{''.join(f'<{cell}>{escape(str(v))}</{cell}>' for v in values)}</tr>"


def _population(p: Population) -> tuple[object, ...]:
    model = _by_mode(p.model) if isinstance(p.model, Mapping) else p.model.name
    return p.name, p.size, model + _fixed(p, "neuron"), _rules(p.learning)


def _projection(j: Projection) -> tuple[object, ...]:
    back = "" if not j.reciprocal else " and back" if j.reciprocal is True else f" and back ({', '.join(j.reciprocal)})"
    port = "" if j.port == "drive" else f".{j.port}"
    wiring = _connectivity(j.connectivity)
    synapse = j.synapse.name + _fixed(j, "synapse")
    return j.name, j.pre, f"{j.post}{port}{back}", wiring, synapse, _delay(j), _rules(j.learning)


def _delay(j: Projection) -> object:
    return f"1 to {j.longest_delay}" if isinstance(j.delay, Delays) else j.longest_delay


def _fixed(part: Population | Projection, each: str) -> str:
    return "".join(f"; {array} of {n}, one for each {each}" for n, array in part.fixed.items())


def _connectivity(connectivity: Connectivity) -> str:
    name = type(connectivity).__name__
    return f"{name} ({len(connectivity.pre)})" if isinstance(connectivity, Pairs) else name


def _by_mode(parts: Mapping[str, Described | Sequence[Described]]) -> str:
    return ", ".join(f"{mode}: {_names(part)}" for mode, part in parts.items())


def _rules(rules: Rules) -> str:
    return _by_mode(rules) if isinstance(rules, Mapping) else _names(rules)


def _names(parts: Described | Sequence[Described]) -> str:
    return " + ".join(p.name for p in parts) if isinstance(parts, Sequence) else parts.name


def _equations(network: Network) -> Iterable[str]:
    """Of every model, synapse and rule once, in the order in which they are first named."""
    seen: list[tuple[str, ...]] = []
    for part in _parts(network):
        lines = part.equations()
        if lines not in seen:
            seen.append(lines)
            yield equations_html(f"{type(part).__name__} {part.name}", lines)


def _parts(network: Network) -> Iterable[Described]:
    for population in network.populations:
        for mode in network.modes:
            yield population.model_in(mode)
    for projection in network.projections:
        yield projection.synapse
    for part in network.parts:
        for mode in network.modes:
            yield from part.rules_in(mode)
