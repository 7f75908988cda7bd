"""Sleep replay: plasticity of negative weights on post-synaptic spikes."""

from __future__ import annotations

from neurosim.model.learning.rule import LearningRule

SleepPlasticity = LearningRule(
    "sleep",
    at="post.spike",
    update={"w": "w + where(w <= 0, 2*inc*arrived - 2*dec*(1 - arrived), 0)"},
    params={"inc": 0.01, "dec": 0.01},
    requires=("inc >= 0", "dec >= 0"),
)
"""w' = w + 2*inc where pre and post spike, w - 2*dec where post spikes alone; only weights w <= 0 move.

The hard limit of the smooth gate 2*sigmoid(-w/0.001) of sleep replay (Tadros et al. 2022): co-active pairs are
pulled up to zero, the others pushed down. Exact on a grid, so spikes stay bit-equal."""

SmoothSleepPlasticity = LearningRule(
    "sleep",
    at="post.spike",
    update={"w": "w + (inc*arrived - dec*(1 - arrived))*2*sigmoid(-w/width)"},
    params={"inc": 0.01, "dec": 0.01, "width": 0.001},
    requires=("inc >= 0", "dec >= 0", "width > 0"),
)
"""w' = w + (inc*arrived - dec*(1 - arrived))*2*sigmoid(-w/width). Sleep plasticity with the published smooth gate.

The exponential may differ by one unit in the last place between simulators: agreement is tier T1, not T0, unless the
grid rounds the difference away."""
