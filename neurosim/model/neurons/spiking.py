"""Spiking neurons. Times are in ms; a model's `dt` is the length of a step.

Unless its docstring says otherwise, a step of each is: integrate what arrives, test the new membrane against the
threshold, reset the neurons that spiked. A decay over one step is exact, exp(-dt/tau), and computed once.
"""

from __future__ import annotations

from neurosim.model.neurons.model import NeuronModel, driven, learned

Heaviside = NeuronModel(
    "Heaviside",
    state={"v": 0.0},
    params={"decay": 0.999, "theta": 1.0},
    update={"v": "decay*v + drive"},
    spike="v >= theta",
    reset={"v": "0"},
    output="spike",
    requires=("decay >= 0", "decay <= 1", "theta >= 0"),
)
"""v' = decay*v + drive; spike where v' >= theta; then v' = 0. The unit of sleep replay (Tadros et al. 2022).

A threshold of 0, which their third layer has, is reached by a membrane at rest: such a unit then spikes from the first
step on, before anything can arrive, one step for each layer above it, where the original goes layer by layer and has
input in its first step. A threshold just above 0 spikes only for what arrives."""

_MEMBRANE = "decay*v + drive + bias"
_DECAY = "exp(-dt/tau_mem)"
_TIMES = ("tau_mem > 0", "dt > 0")

LIF = NeuronModel(
    "LIF",
    state={"v": 0.0},
    params={"tau_mem": 10.0, "dt": 1.0, "bias": learned(), "theta": 1.0},
    derived={"decay": _DECAY},
    update={"v": _MEMBRANE},
    spike="v >= theta",
    reset={"v": "v - theta"},
    output="spike",
    requires=(*_TIMES, "theta >= 0"),
)
"""v' = decay*v + drive + bias; spike where v' >= theta; then v' = v' - theta. Leaky integrate-and-fire.

decay = exp(-dt/tau_mem): the exact solution between arrivals, each of which moves the membrane at once. The reset
subtracts the threshold, so what exceeds it is kept. v, theta and weights share one unit; tau_mem and dt are in ms."""

LIFToValue = NeuronModel(
    "LIFToValue",
    state={"v": 0.0},
    params={"tau_mem": 10.0, "dt": 1.0, "bias": learned(), "theta": 1.0, "v_reset": 0.0},
    derived={"decay": _DECAY},
    update={"v": _MEMBRANE},
    spike="v >= theta",
    reset={"v": "v_reset"},
    output="spike",
    requires=_TIMES,
)
"""v' = decay*v + drive + bias; spike where v' >= theta; then v' = v_reset. Leaky integrate-and-fire, reset to a value.

What exceeds the threshold is lost. decay = exp(-dt/tau_mem), times in ms."""

RefractoryLIF = NeuronModel(
    "RefractoryLIF",
    state={"v": 0.0, "wait": 0.0},
    params={"tau_mem": 10.0, "t_ref": 2.0, "dt": 1.0, "bias": learned(), "theta": 1.0, "v_reset": 0.0},
    derived={"decay": _DECAY, "wait_steps": "floor(t_ref/dt + 0.5)"},
    update={"v": f"where(wait > 1, v, {_MEMBRANE})", "wait": "maximum(wait - 1, 0)"},
    spike="v >= theta and wait == 0",
    reset={"v": "v_reset", "wait": "wait_steps + 1"},
    output="spike",
    requires=(*_TIMES, "t_ref >= 0"),
)
"""v' = v where wait > 1, else decay*v + drive + bias; wait' = max(wait - 1, 0); spike where v' >= theta and wait' = 0;
then v' = v_reset, wait' = wait_steps + 1. Leaky integrate-and-fire with an absolute refractory period.

For wait_steps = t_ref/dt whole steps (rounded, halves upwards) after a spike the neuron stays at v_reset, what arrives
is lost, and it does not spike, not even where v_reset is above theta; the step after them integrates again. So two
spikes are at least wait_steps + 1 steps apart, as in NEST and Lava; with ``refractory=`` of the same time, Brian2's
neurons integrate one step earlier. decay = exp(-dt/tau_mem), times in ms."""

AdaptiveLIF = NeuronModel(
    "AdaptiveLIF",
    state={"v": 0.0, "a": 0.0},
    params={"tau_mem": 10.0, "tau_adapt": 100.0, "dt": 1.0, "bias": learned(), "theta": 1.0, "rise": 0.2},
    derived={"decay": _DECAY, "recovery": "exp(-dt/tau_adapt)"},
    update={"v": _MEMBRANE, "a": "recovery*a"},
    spike="v >= theta + a",
    reset={"v": "v - theta", "a": "a + rise"},
    output="spike",
    requires=(*_TIMES, "tau_adapt > 0", "theta >= 0"),
)
"""v' = decay*v + drive + bias, a' = recovery*a; spike where v' >= theta + a'; then v' = v' - theta, a' = a' + rise.

Leaky integrate-and-fire with a threshold theta + a that rises by `rise` with each spike and recovers with tau_adapt;
the reset subtracts the resting threshold (Bellec et al. 2018). decay = exp(-dt/tau_mem), recovery =
exp(-dt/tau_adapt), times in ms."""

_CURRENT_PARAMS = {"tau_syn": 5.0, "tau_mem": 10.0, "dt": 1.0, "theta": 1.0}
_CURRENT_DECAYS = {"a": "exp(-dt/tau_syn)", "b": "exp(-dt/tau_mem)"}
_CURRENT_REQUIRES = ("tau_syn > 0", *_TIMES, "theta >= 0")

CurrentLIF = NeuronModel(
    "CurrentLIF",
    state={"i": 0.0, "u": 0.0},
    params=_CURRENT_PARAMS,
    derived=_CURRENT_DECAYS,
    update={"i": "a*i + drive", "u": "where(u >= theta, 0, b*u + i)"},
    spike="u >= theta",
    output="spike",
    requires=_CURRENT_REQUIRES,
)
"""i' = a*i + drive, u' = 0 where u >= theta, else b*u + i; spike where u' >= theta. Current-based neuron, reset to 0.

The old current drives the membrane, so that what arrives in a step moves it in the next. A neuron that spiked shows its
membrane above the threshold for that step, and spends the next one, whose current it loses, on the reset to 0: u' =
(b*u + i)*(1 - z) with z = 1 where it spiked, as in the spiking networks with compressed latent replay (Dequino et al.
2024). Their layers follow one another with a delay of 1, and have recurrent projections with a delay of 2: with another
recurrent delay this is not the published network. Their spike test is u > theta; here, as everywhere in this library
but in `CubaLIF`, a membrane at the threshold spikes. a = exp(-dt/tau_syn), b = exp(-dt/tau_mem), times in ms."""

SubtractiveCurrentLIF = NeuronModel(
    "SubtractiveCurrentLIF",
    state={"i": 0.0, "u": 0.0},
    params=_CURRENT_PARAMS,
    derived=_CURRENT_DECAYS,
    update={"i": "a*i + drive", "u": "b*u + i"},
    spike="u >= theta",
    reset={"u": "u - theta"},
    output="spike",
    requires=_CURRENT_REQUIRES,
)
"""i' = a*i + drive, u' = b*u + i; spike where u' >= theta; then u' = u' - theta. Current-based, reset by subtraction.

The old current drives the membrane; unlike `CurrentLIF` it loses no step and no current to the reset, which is done in
the step of the spike. a = exp(-dt/tau_syn), b = exp(-dt/tau_mem), times in ms."""

CubaLIF = NeuronModel(
    "CubaLIF",
    state={"u": 0.0, "v": 0.0},
    params={"du": 0.25, "dv": 0.125, "bias": learned(), "theta": 1.0},
    update={"u": "u*(1 - du) + drive", "v": "v*(1 - dv) + (u*(1 - du) + drive) + bias"},
    spike="v > theta",
    reset={"v": "0"},
    output="spike",
    requires=("du >= 0", "du <= 1", "dv >= 0", "dv <= 1", "theta >= 0"),
)
"""u' = u*(1 - du) + drive, v' = v*(1 - dv) + u' + bias; spike where v' > theta; then v' = 0.
Current-based, the neuron of Loihi.

The new current drives the membrane in the same step, and a spike is above the threshold, not at it. du and dv are the
shares that current and membrane lose in a step (Davies et al. 2018). To the last operation it is the floating-point LIF
of Lava, which the Lava backend's mode `mapped` uses for it."""

TracedLIF = NeuronModel(
    "TracedLIF",
    state={"v": 0.0, "z": 0.0, "trace": 0.0},
    params={"tau_mem": 10.0, "tau_trace": 20.0, "dt": 1.0, "bias": learned(), "theta": 1.0},
    derived={"decay": _DECAY, "keep": "exp(-dt/tau_trace)"},
    update={"v": _MEMBRANE, "z": "0", "trace": "keep*trace"},
    spike="v >= theta",
    reset={"v": "v - theta", "z": "1", "trace": "trace + 1"},
    output="spike",
    requires=(*_TIMES, "tau_trace > 0", "theta >= 0"),
)
"""v' = decay*v + drive + bias, z' = 0, trace' = keep*trace; spike where v' >= theta; then v' = v' - theta, z' = 1,
trace' = trace' + 1. Leaky integrate-and-fire that keeps what rules of spike timing read.

z is 1 in the step of a spike, else 0; the trace adds 1 for each spike and forgets with tau_trace. decay =
exp(-dt/tau_mem), keep = exp(-dt/tau_trace), times in ms."""

SurrogateLIF = NeuronModel(
    "SurrogateLIF",
    state={"v": 0.0, "psi": 0.0},
    params={
        "tau_mem": 10.0,
        "dt": 1.0,
        "bias": learned(),
        "theta": 1.0,
        "height": 0.3,
        "signal": driven(),
    },
    derived={"decay": _DECAY},
    update={"v": _MEMBRANE, "psi": f"height/theta*maximum(0, 1 - abs({_MEMBRANE} - theta)/theta)"},
    spike="v >= theta",
    reset={"v": "v - theta"},
    output="spike",
    requires=(*_TIMES, "theta > 0", "height >= 0"),
)
"""v' = decay*v + drive + bias, psi' = height/theta*max(0, 1 - |v' - theta|/theta); spike where v' >= theta; then
v' = v' - theta. Leaky integrate-and-fire with a pseudo-derivative, taken before the reset, and a learning signal.

psi stands for the derivative of the spike with respect to the membrane (Bellec et al. 2020); `signal` is driven, one
value a neuron: what a teacher, a reward or a random projection of the error says. decay = exp(-dt/tau_mem), times in
ms."""
