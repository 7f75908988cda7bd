"""What the next trials try (tree-structured Parzen estimator, Bergstra et al. 2011).

Trial k, counted from 0, belongs to the round of the trials r to r + n - 1, which are asked for at once: n is
``at_once``, and r the largest multiple of n that is not above k. What it tries follows from the trials before r with
their values, from the settings alone of those from r to k, which count as bad ones (a constant liar), and from the
stream ``search/k``. So it is the same whatever has ended meanwhile, wherever a search was killed, and however many
trials were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from neurosim.edges.toml.setting_paths import Setting
from neurosim.model.randomness import stream
from neurosim.scenario.search.ranges import Range, Search


def rest_of_round(search: Search, ended: Sequence[FrozenTrial]) -> Iterator[dict[str, Any]]:
    """What each trial tries that the round of the next one has left, as Optuna draws it.

    Parameters
    ----------
    ended
        All trials that have ended, in their order.
    """
    n, done = search.table.at_once, len(ended)
    first = done - done % n
    known = optuna.create_study(direction="maximize")
    known.add_trials([*ended[:first], *map(_without_value, ended[first:])])
    for number in range(done, min(first + n, search.table.trials)):
        known.sampler = optuna.samplers.TPESampler(seed=_seed(search, number), constant_liar=True)
        yield known.ask(distributions(search)).params


def _without_value(trial: FrozenTrial) -> FrozenTrial:
    """The trial as it was before it had ended."""
    return create_trial(state=TrialState.RUNNING, params=trial.params, distributions=trial.distributions)


def _seed(search: Search, number: int) -> int:
    return int(stream(search.table.seeds[0], "search", number).integers(2**32))


def distributions(search: Search) -> dict[str, BaseDistribution]:
    """The ranges of a search, as Optuna has them."""
    return {r.key: _distribution(r) for r in search.ranges}


def _distribution(range_: Range) -> BaseDistribution:
    if range_.table.choices is not None:
        return CategoricalDistribution(range_.table.choices)
    low, high = (float(end) for end in range_.extremes)
    if range_.whole:
        return IntDistribution(int(low), int(high), log=range_.table.log)
    return FloatDistribution(low, high, log=range_.table.log)


def settings(search: Search, drawn: Mapping[str, Any]) -> dict[str, Setting]:
    """The values that are tried for those that Optuna has drawn."""
    return {r.key: r.setting(drawn[r.key]) for r in search.ranges}
