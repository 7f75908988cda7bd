"""Standard models of the field as differential equations. Times are in ms, voltages in mV, currents in nA.

Each is taken as it is, or with other parameters: ``ns.AdEx(a="2 nS")``. What arrives at a port is added to the variable
that the port names, so a weight is in the unit of that variable.
"""

from __future__ import annotations

from neurosim.model.neurons import driven
from neurosim.model.ode.definition import ode

LeakyIF = ode(
    "dv/dt = (e_l - v + r_m*i_ext)/tau_m (unless refractory)",
    spike="v > v_th",
    reset={"v": "v_r"},
    refractory="t_ref",
    params={
        "tau_m": "20 ms", "e_l": "-70 mV", "r_m": "100 MOhm", "v_th": "-50 mV", "v_r": "-70 mV", "t_ref": "2 ms",
        "i_ext": driven(),
    },
    ports={"exc": "v", "inh": "v"},
    initial={"v": "-70 mV"},
    integrator="exact",
    name="LeakyIF",
)  # fmt: skip
"""tau_m dv/dt = e_l - v + r_m*i_ext; spike where v > v_th; then v = v_r, for t_ref. Leaky integrate-and-fire.

What arrives moves the membrane at once, in mV; i_ext is driven, in nA. Integrated exactly.

References
----------
L. Lapicque (1907): Recherches quantitatives sur l'excitation électrique des nerfs traitée comme une polarisation.
Journal de Physiologie et de Pathologie Générale 9, 620-635."""

ExponentialCurrentLIF = ode(
    "dv/dt = (e_l - v)/tau_m + (i_exc + i_inh + i_ext)/c_m (unless refractory)",
    "di_exc/dt = -i_exc/tau_exc",
    "di_inh/dt = -i_inh/tau_inh",
    spike="v > v_th",
    reset={"v": "v_r"},
    refractory="t_ref",
    params={
        "tau_m": "10 ms", "c_m": "250 pF", "e_l": "-65 mV", "v_th": "-50 mV", "v_r": "-65 mV", "t_ref": "2 ms",
        "tau_exc": "0.5 ms", "tau_inh": "0.5 ms", "i_ext": driven(),
    },
    ports={"exc": "i_exc", "inh": "i_inh"},
    initial={"v": "-65 mV"},
    integrator="exact",
    name="ExponentialCurrentLIF",
)  # fmt: skip
"""dv/dt = (e_l - v)/tau_m + (i_exc + i_inh + i_ext)/c_m, currents decay; spike where v > v_th; then v = v_r.
Leaky integrate-and-fire with currents that decay exponentially.

What arrives is a current in nA; i_ext is driven, in nA. Integrated exactly, for any time constants, equal ones too. The
parameters are those of Potjans and Diesmann (2014).

References
----------
S. Rotter, M. Diesmann (1999): Exact digital simulation of time-invariant linear systems with applications to neuronal
modeling. Biological Cybernetics 81, 381-402.
T. C. Potjans, M. Diesmann (2014): The cell-type specific cortical microcircuit. Cerebral Cortex 24, 785-806."""

ConductanceLIF = ode(
    "dv/dt = (g_l*(e_l - v) + g_exc*(e_exc - v) + g_inh*(e_inh - v) + i_ext)/c_m (unless refractory)",
    "dg_exc/dt = -g_exc/tau_exc",
    "dg_inh/dt = -g_inh/tau_inh",
    spike="v > v_th",
    reset={"v": "v_r"},
    refractory="t_ref",
    params={
        "c_m": "200 pF", "g_l": "10 nS", "e_l": "-60 mV", "e_exc": "0 mV", "e_inh": "-80 mV", "v_th": "-50 mV",
        "v_r": "-60 mV", "t_ref": "5 ms", "tau_exc": "5 ms", "tau_inh": "10 ms", "i_ext": driven(),
    },
    ports={"exc": "g_exc", "inh": "g_inh"},
    initial={"v": "-60 mV"},
    integrator="exponential-euler",
    name="ConductanceLIF",
)  # fmt: skip
"""c_m dv/dt = g_l*(e_l - v) + g_exc*(e_exc - v) + g_inh*(e_inh - v) + i_ext, conductances decay; spike where v > v_th;
then v = v_r. Leaky integrate-and-fire with conductances that decay exponentially.

What arrives is a conductance in uS, above 0 at both ports; i_ext is driven, in nA. The parameters are those of the
network COBA of Brette et al. (2007).

References
----------
R. Brette et al. (2007): Simulation of networks of spiking neurons: a review of tools and strategies. Journal of
Computational Neuroscience 23, 349-398."""

AdEx = ode(
    "dv/dt = (g_l*(e_l - v) + g_l*delta_t*exp((v - v_t)/delta_t) - w + i_exc + i_inh + i_ext)/c_m",
    "dw/dt = (a*(v - e_l) - w)/tau_w",
    "di_exc/dt = -i_exc/tau_exc",
    "di_inh/dt = -i_inh/tau_inh",
    spike="v > v_peak",
    reset={"v": "v_r", "w": "w + b"},
    params={
        "c_m": "281 pF", "g_l": "30 nS", "e_l": "-70.6 mV", "v_t": "-50.4 mV", "delta_t": "2 mV", "a": "4 nS",
        "tau_w": "144 ms", "b": "0.0805 nA", "v_r": "-70.6 mV", "v_peak": "-40.4 mV", "tau_exc": "5 ms",
        "tau_inh": "10 ms", "i_ext": driven(),
    },
    ports={"exc": "i_exc", "inh": "i_inh"},
    initial={"v": "-70.6 mV"},
    dt="0.05 ms",
    integrator="euler",
    name="AdEx",
)  # fmt: skip
"""c_m dv/dt = g_l*(e_l - v) + g_l*delta_t*exp((v - v_t)/delta_t) - w + currents, tau_w dw/dt = a*(v - e_l) - w; spike
where v > v_peak; then v = v_r, w = w + b. Adaptive exponential integrate-and-fire.

What arrives is a current in nA that decays exponentially; i_ext is driven, in nA. The parameters are those of the
article, whose spike is where v is at infinity: v_peak is v_t + 5*delta_t, and from there it takes 0.06 ms.

References
----------
R. Brette, W. Gerstner (2005): Adaptive exponential integrate-and-fire model as an effective description of neuronal
activity. Journal of Neurophysiology 94, 3637-3642."""

Izhikevich = ode(
    "dv/dt = 0.04*v**2 + 5*v + 140 - u + i_ext",
    "du/dt = a*(b*v - u)",
    spike="v >= v_peak",
    reset={"v": "c", "u": "u + d"},
    params={"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "v_peak": 30.0, "i_ext": driven()},
    ports={"exc": "v", "inh": "v"},
    initial={"v": -65.0, "u": -13.0},
    integrator="euler",
    name="Izhikevich",
)
"""dv/dt = 0.04*v**2 + 5*v + 140 - u + i_ext, du/dt = a*(b*v - u); spike where v >= v_peak; then v = c, u = u + d.

Numbers without units, of mV and ms, as in the article; these are of a regular spiking cell. What arrives moves v at
once; i_ext is driven. The article's program takes two steps of 0.5 ms for v and one of 1 ms for u; here both take dt.

References
----------
E. M. Izhikevich (2003): Simple model of spiking neurons. IEEE Transactions on Neural Networks 14, 1569-1572."""

HodgkinHuxley = ode(
    "dv/dt = (g_l*(e_l - v) + g_na*m**3*h*(e_na - v) + g_k*n**4*(e_k - v) + g_exc*(e_exc - v) + g_inh*(e_inh - v)"
    " + i_ext)/c_m",
    "dm/dt = alpha_m*(1 - m) - beta_m*m",
    "dn/dt = alpha_n*(1 - n) - beta_n*n",
    "dh/dt = alpha_h*(1 - h) - beta_h*h",
    "dg_exc/dt = -g_exc/tau_exc",
    "dg_inh/dt = -g_inh/tau_inh",
    "x_m = 13 mV - v + v_t",
    "y_m = v - v_t - 40 mV",
    "x_n = 15 mV - v + v_t",
    "alpha_m = where(x_m == 0, 1.28/ms, 0.32/mV/ms*x_m/(exp(where(x_m == 0, 1 mV, x_m)/(4*mV)) - 1))",
    "beta_m = where(y_m == 0, 1.4/ms, 0.28/mV/ms*y_m/(exp(where(y_m == 0, 1 mV, y_m)/(5*mV)) - 1))",
    "alpha_h = 0.128/ms*exp((17 mV - v + v_t)/(18*mV))",
    "beta_h = 4/ms/(1 + exp((40 mV - v + v_t)/(5*mV)))",
    "alpha_n = where(x_n == 0, 0.16/ms, 0.032/mV/ms*x_n/(exp(where(x_n == 0, 1 mV, x_n)/(5*mV)) - 1))",
    "beta_n = 0.5/ms*exp((10 mV - v + v_t)/(40*mV))",
    spike="v > v_th",
    refractory="t_ref",
    params={
        "c_m": "200 pF", "g_l": "10 nS", "e_l": "-65 mV", "g_na": "20 uS", "e_na": "50 mV", "g_k": "6 uS",
        "e_k": "-90 mV", "v_t": "-63 mV", "e_exc": "0 mV", "e_inh": "-80 mV", "tau_exc": "5 ms", "tau_inh": "10 ms",
        "v_th": "-20 mV", "t_ref": "3 ms", "i_ext": driven(),
    },
    ports={"exc": "g_exc", "inh": "g_inh"},
    initial={"v": "-65 mV", "m": 0.0097, "n": 0.0271, "h": 0.9976},
    dt="0.05 ms",
    integrator="exponential-euler",
    name="HodgkinHuxley",
)  # fmt: skip
"""c_m dv/dt = g_l*(e_l - v) + g_na*m**3*h*(e_na - v) + g_k*n**4*(e_k - v) + synapses + i_ext; gates relax with rates
alpha and beta of v; spike where v > v_th, not again for t_ref. Nothing is reset. Hodgkin and Huxley's equations.

The rates are those of Traub and Miles (1991), as in the network COBAHH of Brette et al. (2007), whose parameters these
are; those of the squid's axon (1952) are others. What arrives is a conductance in uS, above 0 at both ports; i_ext is
driven, in nA.

References
----------
A. L. Hodgkin, A. F. Huxley (1952): A quantitative description of membrane current and its application to conduction and
excitation in nerve. Journal of Physiology 117, 500-544.
R. D. Traub, R. Miles (1991): Neuronal Networks of the Hippocampus. Cambridge University Press.
R. Brette et al. (2007): Simulation of networks of spiking neurons: a review of tools and strategies. Journal of
Computational Neuroscience 23, 349-398."""
