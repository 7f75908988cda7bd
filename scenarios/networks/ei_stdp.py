"""Excitatory and inhibitory neurons, driven by noise through synapses with STDP; ei_stdp_brian2.py is the same."""

import neurosim as ns

lif = ns.ode(
    "dv/dt = (El - v + ge + gi)/taum : volt (unless refractory)",
    "dge/dt = -ge/taue : volt",
    "dgi/dt = -gi/taui : volt",
    spike="v > Vt",
    reset="v = Vr",
    refractory="5 ms",
    ports={"exc": "ge", "inh": "gi"},
    params={"taum": "20 ms", "taue": "5 ms", "taui": "10 ms", "El": "-60 mV", "Vt": "-50 mV", "Vr": "-60 mV"},
)
stdp = ns.synapse(
    "dapre/dt = -apre/taustdp : volt (event-driven)",
    "dapost/dt = -apost/taustdp : volt (event-driven)",
    on_pre="ge_post += w; apre += dpre; w = clip(w + apost, 0*mV, wmax)",
    on_post="apost += dpost; w = clip(w + apre, 0*mV, wmax)",
    params={"taustdp": "20 ms", "wmax": "4 mV", "dpre": "0.04 mV", "dpost": "-0.042 mV"},
)
net = ns.NetworkBuilder(seed=1)
noise = net.source("noise", ns.poisson(200, "50 Hz"))
e = net.population("e", 400, lif, initial={"v": ns.uniform("-60 mV", "-50 mV")})
i = net.population("i", 100, lif, initial={"v": ns.uniform("-60 mV", "-50 mV")})
net.connect(noise, e, ns.random(0.1), weight=ns.uniform("0 mV", "4 mV"), delay="1 ms", synapse=stdp)
for post in (e, i):
    net.connect(e, post, ns.random(0.1), weight="1.5 mV", delay=ns.uniform("0.5 ms", "3 ms"), to="exc")
    net.connect(i, post, ns.random(0.1), weight="-8 mV", delay=ns.uniform("0.5 ms", "3 ms"), to="inh")

recording = ns.simulate(net, "1 s", record=[noise.spikes, e.spikes, i.spikes])
recording.raster().figure.savefig("ei_stdp.png")
