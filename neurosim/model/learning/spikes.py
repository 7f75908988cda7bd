"""Rules of spike timing, and three-factor rules."""

from __future__ import annotations

from neurosim.model.learning.rule import LearningRule

STDP = LearningRule(
    "stdp",
    at="step",
    update={"w": "clip(w + a_plus*post.z*(pre.trace - pre.z) - a_minus*pre.z*(post.trace - post.z), w_min, w_max)"},
    params={"a_plus": 0.01, "a_minus": 0.012, "w_min": 0.0, "w_max": 1.0},
    requires=("w_min <= w_max",),
)
"""w' = clip(w + a_plus*post.z*(pre.trace - pre.z) - a_minus*pre.z*(post.trace - post.z), w_min, w_max). Pair STDP.

Between two populations with spikes z and traces (`TracedLIF`), whose tau_trace are the windows. All pairs count, by the
steps in which the neurons spiked: pre before post potentiates, post before pre depresses, and a pair in one step does
neither, for a trace without the spike of this step is that of the earlier ones (Morrison et al. 2008). Delays play no
part; see `ArrivalSTDP`."""

_ARRIVED_TRACE = "keep*trace + arrived"

ArrivalSTDP = LearningRule(
    "stdp",
    at="step",
    update={
        "trace": _ARRIVED_TRACE,
        "w": f"clip(w + a_plus*post.z*({_ARRIVED_TRACE}) - a_minus*arrived*(post.trace - post.z), w_min, w_max)",
    },
    params={"a_plus": 0.01, "a_minus": 0.012, "w_min": 0.0, "w_max": 1.0, "keep": 0.95},
    requires=("w_min <= w_max", "keep >= 0", "keep <= 1"),
)
"""trace' = keep*trace + arrived, w' = clip(w + a_plus*post.z*trace' - a_minus*arrived*(post.trace - post.z), w_min,
w_max). Pair STDP by the steps in which spikes arrive, for `Traced` synapses.

The trace of the pre-synaptic spikes is kept at the synapse, so that they may come from an input, or late; a spike that
arrives in the step of a post-synaptic spike potentiates in full. keep = exp(-dt/tau_plus). Like everything at a
synapse, the trace outlives a trial."""

ThreeFactor = LearningRule(
    "three_factor",
    at="step",
    update={
        "trace": "post.decay*trace + arrived",
        "eligibility": "kappa*eligibility + post.psi*(post.decay*trace + arrived)",
        "w": "w + lr*post.signal*(kappa*eligibility + post.psi*(post.decay*trace + arrived))",
    },
    params={"lr": 0.01, "kappa": 0.0},
    requires=("lr >= 0", "kappa >= 0", "kappa <= 1"),
)
"""trace' = decay*trace + arrived, eligibility' = kappa*eligibility + psi*trace', w' = w + lr*signal*eligibility'.

A trace of what arrived, the pseudo-derivative psi of the post-synaptic spike and a learning signal, for `Eligible`
synapses onto `SurrogateLIF`, whose membrane's decay is that of the trace. kappa is the memory of the eligibility, that
of a readout's membrane in e-prop (Bellec et al. 2020); 0 keeps none. Like everything at a synapse, trace and
eligibility outlive a trial."""
