"""Rate units: for equilibrium propagation, binary units, low-pass filters."""

from __future__ import annotations

from neurosim.model.neurons.model import Driven, Learned, NeuronModel, driven, learned

_PHASE_STATES = {"s_free": 0.0, "s_plus": 0.0}
_RATE_PARAMS: dict[str, float | Learned | Driven] = {"eps": 0.5, "beta": 0.0, "bias": learned(), "target": driven()}
_RATE_REQUIRES = ("eps > 0",)
_FORCE = "drive + bias + beta*(target - s)"


def _rate_unit(name: str, activation: str) -> NeuronModel:
    return NeuronModel(
        name,
        state={"s": 0.0, **_PHASE_STATES},
        params=_RATE_PARAMS,
        update={"s": activation},
        output="s",
        requires=_RATE_REQUIRES,
    )


def _leaky_rate_unit(name: str, activation: str) -> NeuronModel:
    potential = f"u + eps*(-u + {_FORCE})"
    return NeuronModel(
        name,
        state={"u": 0.0, "s": 0.0, **_PHASE_STATES},
        params=_RATE_PARAMS,
        update={"u": potential, "s": activation.format(potential)},
        output="s",
        requires=_RATE_REQUIRES,
    )


RateUnit = _rate_unit("RateUnit", f"clip(s + eps*(-s + {_FORCE}), 0, 1)")
"""s' = clip(s + eps*(-s + drive + bias + beta*(target - s)), 0, 1). Hard-sigmoid rate unit, projected Euler.

The state is kept in [0, 1] after each step of length eps (Scellier & Bengio 2017, their practice); beta > 0 nudges it
towards the target. Dimensionless."""

PrototypicalRateUnit = NeuronModel(
    "PrototypicalRateUnit",
    state={"s": 0.0, **_PHASE_STATES},
    params={n: value for n, value in _RATE_PARAMS.items() if n != "eps"},
    update={"s": f"clip({_FORCE}, 0, 1)"},
    output="s",
)
"""s' = clip(drive + bias + beta*(target - s), 0, 1). Rate unit of the prototypical discrete-time dynamics.

s' = rho(dPhi/ds) with the hard sigmoid for rho: the old state plays no part but in the nudge (Ernoult et al. 2019;
Laborieux et al. 2021). `RateUnit` with eps = 1 has the same equation in another order of operations. Dimensionless."""

TanhRateUnit = _rate_unit("TanhRateUnit", f"clip(s + eps*(-s + tanh({_FORCE})), -1, 1)")
"""s' = clip(s + eps*(-s + tanh(drive + bias + beta*(target - s))), -1, 1). Rate unit kept in [-1, 1].

The fixed points are those of the primitive function of Ernoult et al. 2019, approached in steps of eps; for eps <= 1
the projection is void."""

LeakyRateUnit = _leaky_rate_unit("LeakyRateUnit", "clip({}, 0, 1)")
"""u' = u + eps*(-u + drive + bias + beta*(target - s)), s' = clip(u', 0, 1). Leaky unit with a hard-sigmoid output.

An ordinary differential equation du/dt = -u + ... in Euler steps; nothing is projected, u may leave [0, 1]."""

LeakyTanhRateUnit = _leaky_rate_unit("LeakyTanhRateUnit", "tanh({})")
"""u' = u + eps*(-u + drive + bias + beta*(target - s)), s' = tanh(u'). Leaky unit with a tanh output."""

Sign = NeuronModel(
    "Sign",
    state={"u": 0.0, "s": 0.0},
    params={"gain": learned(1.0), "bias": learned(), "scale": 1.0},
    update={"u": "gain*scale*drive + bias", "s": "where(gain*scale*drive + bias >= 0, 1, -1)"},
    output="s",
    requires=("scale >= 0",),
)
"""u' = gain*scale*drive + bias, s' = 1 where u' >= 0, else -1. Binary unit with a learned gain and bias.

A local stand-in for batch normalisation: `scale` is a number, 1/sqrt(number of inputs) for weights and inputs of -1 and
1, under which the drive has a standard deviation near 1; gain and bias are learned a neuron. s is 0 until the first
step, and -1 or 1 from then on. Dimensionless."""

LowPass = NeuronModel(
    "LowPass",
    state={"y": 0.0},
    params={"tau": 10.0, "dt": 1.0},
    derived={"keep": "exp(-dt/tau)"},
    update={"y": "clip(keep*y + (1 - keep)*drive, -1, 1)"},
    output="y",
    requires=("tau > 0", "dt > 0"),
)
"""y' = clip(keep*y + (1 - keep)*drive, -1, 1). First-order low-pass filter with a gain of 1.

keep = exp(-dt/tau), times in ms. A spike that arrives with weight w adds w*(1 - keep) at once, w in all. Kept in
[-1, 1], so that others can receive it."""
