"""Neurons that answer to a rhythm, with two learning rules of one's own, on four simulators."""

from matplotlib import pyplot as plt

import neurosim as ns

resonator = ns.ode(
    "dx/dt = -x/tau - omega*y",
    "dy/dt = omega*x - y/tau",
    "omega = 2*3.141592653589793/period",
    spike="y > 1",
    reset={"x": 0, "y": 0},
    ports={"kick": "x"},
    params={"tau": "20 ms", "period": "10 ms"},
    name="Resonator",
)
causal = ns.synapse(
    "dtrace/dt = -trace/tau",
    on_pre="post += w; trace += 1; w = maximum(w - lost, 0)",
    on_post="w += gained*trace",
    params={"tau": "5 ms", "lost": 0.002, "gained": 0.01},
    name="causal",
)
calm = ns.LearningRule("calm", "step", {"w": "w - lr*arrived*post.y"}, {"lr": 0.05})

net = ns.NetworkBuilder(seed=1)
noise = net.source("noise", ns.poisson(100, "20 Hz"))
cells = net.population("cells", 50, resonator, parameters={"period": ns.uniform("8 ms", "12 ms")})
feed = net.connect(noise, cells, ns.random(p=0.2), weight=ns.uniform(0.1, 0.5), delay="1 ms", synapse=causal)
loop = net.connect(cells, cells, ns.random(p=0.2), weight=-0.2, delay=ns.uniform("1 ms", "5 ms"), learning=[calm])

weights = [feed.w[:5].every("5 ms"), loop.w[:5].every("5 ms")]
comparison = ns.compare(net, "500 ms", record=[noise.spikes, cells.spikes, *weights])
print(comparison)
recording = comparison["brian2"]
figure, axes = plt.subplots(3, figsize=(7, 7), layout="constrained", sharex=True)
recording.raster(ax=axes[0])
recording.trace("noise_cells.w", ax=axes[1])
recording.trace("cells_cells.w", ax=axes[2])
figure.savefig("resonators.png")
