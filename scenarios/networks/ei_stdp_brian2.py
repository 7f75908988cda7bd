"""Excitatory and inhibitory neurons, driven by noise through synapses with STDP, in Brian2; ei_stdp.py is the same."""

from brian2 import *

seed(1)
taum, taue, taui = 20 * ms, 5 * ms, 10 * ms
El, Vt, Vr = -60 * mV, -50 * mV, -60 * mV
taustdp, wmax, dpre, dpost = 20 * ms, 4 * mV, 0.04 * mV, -0.042 * mV
eqs = """
dv/dt = (El - v + ge + gi)/taum : volt (unless refractory)
dge/dt = -ge/taue : volt
dgi/dt = -gi/taui : volt
"""
stdp = """
w : volt
dapre/dt = -apre/taustdp : volt (event-driven)
dapost/dt = -apost/taustdp : volt (event-driven)
"""
on_pre = """
ge_post += w
apre += dpre
w = clip(w + apost, 0*mV, wmax)
"""
on_post = """
apost += dpost
w = clip(w + apre, 0*mV, wmax)
"""
noise = PoissonGroup(200, rates=50 * Hz)
neurons = NeuronGroup(500, eqs, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact")
neurons.v = "Vr + rand()*(Vt - Vr)"
e, i = neurons[:400], neurons[400:]
feed = Synapses(noise, e, stdp, on_pre=on_pre, on_post=on_post, method="exact")
feed.connect(p=0.1)
feed.w = "rand()*wmax"
feed.pre.delay = 1 * ms
exc = Synapses(e, neurons, on_pre="ge += 1.5*mV")
exc.connect(p=0.1)
exc.delay = "0.5*ms + rand()*2.5*ms"
inh = Synapses(i, neurons, on_pre="gi -= 8*mV")
inh.connect(p=0.1)
inh.delay = "0.5*ms + rand()*2.5*ms"
inputs, spikes = SpikeMonitor(noise), SpikeMonitor(neurons)

run(1 * second)

figure(figsize=(7, 4))
plot(inputs.t / ms, inputs.i + 500, ".", markersize=1)
plot(spikes.t / ms, spikes.i, ".", markersize=1)
xlabel("time in ms")
ylabel("neuron")
savefig("ei_stdp_brian2.png")
