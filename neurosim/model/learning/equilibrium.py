"""Equilibrium propagation: plain, with momentum or Adam, and into binary weights."""

from __future__ import annotations

from neurosim.model.learning.rule import LearningRule

_REQUIRES = ("lr >= 0", "beta != 0")

EquilibriumPropagation = LearningRule(
    "ep",
    at="end:nudged",
    update={"w": "w + lr/beta*(pre.s*post.s - pre.s_free*post.s_free)"},
    params={"lr": 0.01, "beta": 0.5},
    requires=_REQUIRES,
)
"""w' = w + lr/beta*(pre.s*post.s - pre.s_free*post.s_free). One-sided equilibrium propagation.

At the end of the phase `nudged`; s_free is the state at the end of the free phase. The estimate of the gradient is
off by O(beta) (Scellier & Bengio 2017)."""

BiasPropagation = LearningRule(
    "ep_bias",
    at="end:nudged",
    update={"bias": "bias + lr/beta*(s - s_free)"},
    params={"lr": 0.01, "beta": 0.5},
    requires=_REQUIRES,
)
"""bias' = bias + lr/beta*(s - s_free). One-sided equilibrium propagation of a population's biases."""

SymmetricEquilibriumPropagation = LearningRule(
    "ep",
    at="end:minus",
    update={"w": "w + lr/(2*beta)*(pre.s_plus*post.s_plus - pre.s*post.s)"},
    params={"lr": 0.01, "beta": 0.5},
    requires=_REQUIRES,
)
"""w' = w + lr/(2*beta)*(pre.s_plus*post.s_plus - pre.s*post.s). Equilibrium propagation with nudges +beta and -beta.

At the end of the phase `minus`; s_plus is the state at the end of the phase nudged by +beta; both start from the free
state. The estimate of the gradient is off by O(beta**2) (Laborieux et al. 2021)."""

SymmetricBiasPropagation = LearningRule(
    "ep_bias",
    at="end:minus",
    update={"bias": "bias + lr/(2*beta)*(s_plus - s)"},
    params={"lr": 0.01, "beta": 0.5},
    requires=_REQUIRES,
)
"""bias' = bias + lr/(2*beta)*(s_plus - s). Symmetric equilibrium propagation of a population's biases."""

_ONE_SIDED = "(pre.s*post.s - pre.s_free*post.s_free)/beta"
_SYMMETRIC = "(pre.s_plus*post.s_plus - pre.s*post.s)/(2*beta)"


def _with_momentum(at: str, estimate: str) -> LearningRule:
    step = f"momentum*m + {estimate} - weight_decay*w"
    constants = {"lr": 0.01, "beta": 0.5, "momentum": 0.9, "weight_decay": 0.0}
    requires = (*_REQUIRES, "momentum >= 0", "momentum < 1", "weight_decay >= 0")
    return LearningRule("ep", at, {"m": step, "w": f"w + lr*({step})"}, constants, requires, estimate)


MomentumPropagation = _with_momentum("end:nudged", _ONE_SIDED)
"""m' = momentum*m + g - weight_decay*w, w' = w + lr*m', g = (pre.s*post.s - pre.s_free*post.s_free)/beta.

One-sided equilibrium propagation with momentum and weight decay, for `Momentum` synapses; the decay is part of what is
accumulated."""

SymmetricMomentumPropagation = _with_momentum("end:minus", _SYMMETRIC)
"""m' = momentum*m + g - weight_decay*w, w' = w + lr*m', g = (pre.s_plus*post.s_plus - pre.s*post.s)/(2*beta).

Symmetric equilibrium propagation with momentum and weight decay, for `Momentum` synapses."""


def _adam(at: str, estimate: str) -> LearningRule:
    new = {
        "m": f"beta1*m + (1 - beta1)*({estimate})",
        "v": f"beta2*v + (1 - beta2)*({estimate})**2",
        "power1": "beta1*power1",
        "power2": "beta2*power2",
    }
    first, second = f"({new['m']})/(1 - {new['power1']})", f"({new['v']})/(1 - {new['power2']})"
    constants = {"lr": 0.001, "beta": 0.5, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    requires = (*_REQUIRES, "beta1 >= 0", "beta1 < 1", "beta2 >= 0", "beta2 < 1", "epsilon >= 0")
    step = f"w + lr*({first})/(sqrt({second}) + epsilon)"
    return LearningRule("ep", at, {**new, "w": step}, constants, requires, estimate)


AdamPropagation = _adam("end:nudged", _ONE_SIDED)
"""m' = beta1*m + (1 - beta1)*g, v' = beta2*v + (1 - beta2)*g**2, power1' = beta1*power1, power2' = beta2*power2,
w' = w + lr*(m'/(1 - power1'))/(sqrt(v'/(1 - power2')) + epsilon), g = (pre.s*post.s - pre.s_free*post.s_free)/beta.

One-sided equilibrium propagation whose estimate of the gradient goes through Adam (Kingma & Ba 2015), for `Adam`
synapses; beta is the nudge, beta1 and beta2 are those of Adam."""

SymmetricAdamPropagation = _adam("end:minus", _SYMMETRIC)
"""As `AdamPropagation`, with g = (pre.s_plus*post.s_plus - pre.s*post.s)/(2*beta). Symmetric, through Adam."""


def _metaplastic(at: str, estimate: str) -> LearningRule:
    new = f"h + lr*{estimate}*where(h*({estimate}) < 0, 1 - tanh(m*h)**2, 1)"
    return LearningRule("ep", at, {"h": new}, {"lr": 0.01, "beta": 0.5, "m": 0.0}, (*_REQUIRES, "m >= 0"))


BinaryPropagation = _metaplastic("end:nudged", _ONE_SIDED)
"""h' = h + lr*g*f, f = 1 - tanh(m*h)**2 where h*g < 0, else 1, g = (pre.s*post.s - pre.s_free*post.s_free)/beta.

One-sided equilibrium propagation into the hidden weight of `Binary` (or `Ternary`) synapses: the gradient with respect
to the delivered weight drives h unchanged. With m > 0 it is metaplastic: a step that shrinks |h| is the smaller the
larger |h| is, so that what was consolidated is not undone (Laborieux et al. 2021). With m = 0, f is 1."""

SymmetricBinaryPropagation = _metaplastic("end:minus", _SYMMETRIC)
"""h' = h + lr*g*f, f = 1 - tanh(m*h)**2 where h*g < 0, else 1, g = (pre.s_plus*post.s_plus - pre.s*post.s)/(2*beta).

Symmetric equilibrium propagation into hidden weights; see `BinaryPropagation`."""
