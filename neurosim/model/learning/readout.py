"""The delta rule of a readout, a local gradient of the logistic loss."""

from __future__ import annotations

from neurosim.model.learning.rule import LearningRule

DeltaRule = LearningRule(
    "delta",
    at="step",
    update={"w": "w + lr*arrived*(post.target - post.y)"},
    params={"lr": 0.1},
    requires=("lr >= 0",),
)
"""w' = w + lr*arrived*(post.target - post.y). Online logistic regression, onto a `LogisticReadout`.

The gradient of the cross-entropy of each output against its target; every step."""

DeltaBias = LearningRule(
    "delta_bias",
    at="step",
    update={"bias": "bias + lr*(target - y)"},
    params={"lr": 0.1},
    requires=("lr >= 0",),
)
"""bias' = bias + lr*(target - y). The biases of online logistic regression; every step."""
