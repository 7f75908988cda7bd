"""The cortical microcircuit of Potjans and Diesmann (2014), a tenth of its neurons and a tenth of their inputs.

Where inputs are fewer, each is stronger by 1/sqrt(SCALE), and a current replaces what the mean loses (van Albada et al.
2015): so means and variances of the input are those of the whole at its rates.
"""

import numpy as np

import neurosim as ns

SCALE = 0.1
NAMES = ["L23e", "L23i", "L4e", "L4i", "L5e", "L5i", "L6e", "L6i"]
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
PROBABILITIES = np.array(  # Table 5: from the population of a column to that of a row
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000],
        [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
    ]
)
RATES = np.array([0.943, 3.026, 4.368, 5.882, 7.733, 8.664, 1.096, 7.851])  # Hz; of the whole, in NEST
BACKGROUND, BACKGROUND_RATE = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100]), 8.0  # inputs; Hz of each
TAU_SYN, WEIGHT, PARTS = 0.5, 0.0878, 10  # ms; nA; sources that share the background of a neuron

synapses = np.log(1 - PROBABILITIES) / np.log(1 - 1 / np.outer(SIZES, SIZES))
weights = np.tile([WEIGHT, -4 * WEIGHT], (8, 4))
weights[0, 2] *= 2  # from L4e to L23e
charge = (weights * synapses / SIZES[:, None]) @ RATES + WEIGHT * BACKGROUND * BACKGROUND_RATE
currents = (1 - np.sqrt(SCALE)) * TAU_SYN / 1000 * charge
weights /= np.sqrt(SCALE)

neuron = ns.ode(
    "dv/dt = (e_l - v)/tau_m + (i_syn + i_dc)/c_m (unless refractory)",
    "di_syn/dt = -i_syn/tau_syn",
    spike="v >= v_th",
    reset="v = e_l",
    refractory="2 ms",
    ports={"syn": "i_syn"},
    dt="0.1 ms",
    params={"tau_m": "10 ms", "c_m": "250 pF", "e_l": "-65 mV", "v_th": "-50 mV", "tau_syn": TAU_SYN, "i_dc": "0 nA"},
)


def size(k: int) -> int:
    return round(SCALE * SIZES[k])


def drive(net: ns.NetworkBuilder, k: int) -> None:
    """Poisson spikes for each neuron of a population, as if of all its inputs from outside."""
    rate = SCALE * BACKGROUND[k] * BACKGROUND_RATE / PARTS
    noise = net.source(f"to_{NAMES[k]}", ns.poisson(PARTS * size(k), f"{rate} Hz"))
    i = np.arange(PARTS * size(k))
    net.connect(noise, NAMES[k], ns.pairs(i, i % size(k)), weight=WEIGHT / np.sqrt(SCALE))


def connect(net: ns.NetworkBuilder, pre: int, post: int) -> None:
    """Synapses of two populations, each with a weight and a delay, at pairs drawn one by one."""
    mean, late = weights[post, pre], 1.5 if pre % 2 == 0 else 0.75
    bound = {"low": 0.0} if mean > 0 else {"high": 0.0}
    net.connect(
        NAMES[pre],
        NAMES[post],
        ns.fixed_total(round(SCALE**2 * synapses[post, pre]), multiple=True),
        weight=ns.normal(mean, 0.1 * abs(mean), **bound),
        delay=ns.normal(late, late / 2, low=0.1),
    )


network = ns.NetworkBuilder(seed=1)
for k, name in enumerate(NAMES):
    network.population(name, size(k), neuron(i_dc=currents[k]), initial={"v": ns.normal("-58 mV", "10 mV")})
for post in range(8):
    drive(network, post)
    for pre in np.flatnonzero(PROBABILITIES[post]):
        connect(network, pre, post)

if __name__ == "__main__":
    recording = ns.simulate(network, "1 s", backend="brian2")
    for name, rate in zip(NAMES, RATES, strict=True):
        late = recording[f"{name}.spikes"].times >= 100  # ms; the start is another matter
        print(f"{name:4} {late.sum() / len(network[name]) / 0.9:5.2f} Hz, in the whole {rate:5.2f} Hz")
    recording.raster().figure.savefig("microcircuit.png")
