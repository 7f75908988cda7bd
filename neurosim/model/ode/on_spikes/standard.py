"""Standard synapses of the field, with statements for spikes. Each is taken as it is, or with other parameters."""

from __future__ import annotations

from neurosim.model.ode.on_spikes.definition import synapse

TsodyksMarkram = synapse(
    "du/dt = -u/tau_f",
    "dx/dt = (1 - x)/tau_d",
    on_pre="u += U*(1 - u); post += w*u*x; x -= u*x",
    params={"U": 0.5, "tau_f": "1000 ms", "tau_d": "200 ms"},
    initial={"x": 1.0},
    name="TsodyksMarkram",
)
"""At a spike u' = u + U*(1 - u), delivered = w*u'*x, x' = x - u'*x; between spikes u goes to 0, x to 1.
Short-term plasticity: u is the share of resources that a spike uses, which facilitates, and x what is left of them.

It depresses where U is large and tau_d long, and facilitates where U is small and tau_f long. Spikes add to the port
that `to` names; w is in its unit. Between spikes u and x are exact. Like everything at a synapse, they outlive a trial.

References
----------
M. Tsodyks, K. Pawelzik, H. Markram (1998): Neural networks with dynamic synapses. Neural Computation 10, 821-835."""
