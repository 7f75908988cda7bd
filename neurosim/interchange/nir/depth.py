"""In which step each population gets what NIR lets it have at once, and the delays that follow from it.

NIR's edges take no time, and its consumers go through the layers of a graph in each step. Here what a population puts
out arrives a step later at the soonest. So a layer of depth d lags d steps behind, and each way gets the delay with
which its signals meet those of all others as they do there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """A way from one population to another.

    Attributes
    ----------
    between
        The linear nodes on it.
    soonest
        Whole steps that its Delay nodes take at least.
    from_input
        Whether it comes from an Input, and its values may arrive in the same step.
    """

    source: str
    target: str
    between: tuple[str, ...]
    soonest: int = 0
    from_input: bool = False

    @property
    def least(self) -> int:
        """The fewest steps that it can take here."""
        return 0 if self.from_input else 1


@dataclass(frozen=True)
class Alignment:
    """When populations get what they get.

    Attributes
    ----------
    depth
        Steps by which each population lags behind NIR's consumers.
    back
        Ways on which signals go back: in a consumer, too, they take a step.
    """

    depth: Mapping[str, int]
    back: frozenset[Way]

    def shift(self, way: Way) -> int:
        """Steps beyond those of its Delay nodes that a way takes here, as far as it can take so few."""
        return max(self.wanted(way), way.least - way.soonest)

    def wanted(self, way: Way) -> int:
        """The same where signals are to meet as in NIR's consumers; less than a way can take where loops are long."""
        return self.depth[way.target] - self.depth[way.source] + (way in self.back)

    def late(self, way: Way) -> int:
        """Steps by which signals of a way come later than in NIR's consumers; not 0 for some ways back alone."""
        return self.shift(way) - self.wanted(way)


def timing(populations: Sequence[str], ways: Iterable[Way], least: Mapping[str, int] | None = None) -> Alignment:
    """The depths of populations: the fewest steps with which all ways forward can be as late as they must.

    Parameters
    ----------
    populations
        Inputs first; ways back are told from ways forward by the order in which they are met from these.
    least
        Depths that populations have at least.
    """
    ways = list(ways)
    back, order = _sorted(populations, ways)
    depth = dict.fromkeys(populations, 0) | dict(least or {})
    forward: dict[str, list[Way]] = {p: [] for p in populations}
    for each in ways:
        if each not in back:
            forward[each.source].append(each)
    for name in order:
        for onward in forward[name]:
            depth[onward.target] = max(depth[onward.target], depth[name] + onward.least - onward.soonest)
    return Alignment(depth, back)


def _sorted(populations: Sequence[str], ways: Sequence[Way]) -> tuple[frozenset[Way], list[str]]:
    """Ways that close a loop, met going ever deeper from the first population; and an order without them."""
    after: dict[str, list[Way]] = {p: [] for p in populations}
    for each in ways:
        after[each.source].append(each)
    back: set[Way] = set()
    done: list[str] = []
    state: dict[str, str] = {}
    for first in populations:
        stack = [] if first in state else [(first, iter(after[first]))]
        state.setdefault(first, "open")
        while stack:
            name, rest = stack[-1]
            if (way := next(rest, None)) is None:
                stack.pop()
                done.append(name)
                state[name] = "done"
            elif state.get(way.target) == "open":
                back.add(way)
            elif way.target not in state:
                state[way.target] = "open"
                stack.append((way.target, iter(after[way.target])))
    return frozenset(back), done[::-1]
