"""Readouts: what a classifier looks at."""

from __future__ import annotations

from neurosim.model.neurons.model import NeuronModel, driven, learned

LeakyReadout = NeuronModel(
    "LeakyReadout",
    state={"f": 0.0, "o": 0.0},
    params={"tau_syn": 5.0, "tau_mem": 10.0, "dt": 1.0},
    derived={"a": "exp(-dt/tau_syn)", "b": "exp(-dt/tau_mem)"},
    update={"f": "a*f + drive", "o": "b*o + f"},
    output="o",
    requires=("tau_syn > 0", "tau_mem > 0", "dt > 0"),
)
"""f' = a*f + drive, o' = b*o + f. Leaky integrator of a current, without spikes: the old current drives the output.

The score of a class is the largest o of the trial (Dequino et al. 2024). a = exp(-dt/tau_syn), b = exp(-dt/tau_mem),
times in ms. o has no bounds: it is there to be recorded, and under grid arithmetic nothing can receive it."""

LogisticReadout = NeuronModel(
    "LogisticReadout",
    state={"y": 0.0},
    params={"bias": learned(), "target": driven()},
    update={"y": "sigmoid(drive + bias)"},
    output="y",
)
"""y' = 1/(1 + exp(-(drive + bias))). One logistic regression a neuron, with a driven target in [0, 1].

Classes are told apart one against the rest: neurons do not see one another, so there is no softmax. Dimensionless."""
