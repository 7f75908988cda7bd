"""Algorithms written out by hand in NumPy, a loop for each; they share no code with neurosim."""

import numpy as np

Array = np.ndarray
Weights = dict[str, Array]
EPS = 0.5


def _next(s: list[Array], x: Array, w: Weights, eps: float, nudge: float, target: Array) -> list[Array]:
    """One step of a network input - hidden - output of hard-sigmoid rate units; both layers at once."""
    hidden, output = s
    to_hidden = x @ w["W1"] + output @ w["W2"].T + w["b1"]
    to_output = hidden @ w["W2"] + w["b2"] + nudge * (target - output)
    return [np.clip(hidden + eps * (to_hidden - hidden), 0, 1), np.clip(output + eps * (to_output - output), 0, 1)]


def _settle(s: list[Array], steps: int, x: Array, w: Weights, nudge: float, target: Array) -> list[Array]:
    for _ in range(steps):
        s = _next(s, x, w, EPS, nudge, target)
    return s


def _add(w: Weights, scale: float, x: Array, a: list[Array], b: list[Array]) -> None:
    """w += scale*(correlations of a - those of b)."""
    changes = {
        "W1": np.outer(x, a[0]) - np.outer(x, b[0]),
        "W2": np.outer(a[0], a[1]) - np.outer(b[0], b[1]),
        "b1": a[0] - b[0],
        "b2": a[1] - b[1],
    }
    for name, change in changes.items():
        w[name] = w[name] + scale * change


def one_sided_ep(
    w: Weights, inputs: Array, targets: Array, free: int, nudged: int, beta: float, lr: float
) -> tuple[Weights, Array]:
    """Weights after training on each sample in turn, and the free outputs."""
    w, outputs = dict(w), []
    for x, y in zip(inputs, targets, strict=True):
        start = [np.zeros(len(w["b1"])), np.zeros(len(w["b2"]))]
        rest = _settle(start, free, x, w, 0.0, y)
        outputs.append(rest[1])
        pushed = _settle(rest, nudged, x, w, beta, y)
        _add(w, lr / beta, x, pushed, rest)
    return w, np.array(outputs)


def symmetric_ep(
    w: Weights, inputs: Array, targets: Array, free: int, nudged: int, beta: float, lr: float
) -> tuple[Weights, Array]:
    w, outputs = dict(w), []
    for x, y in zip(inputs, targets, strict=True):
        start = [np.zeros(len(w["b1"])), np.zeros(len(w["b2"]))]
        rest = _settle(start, free, x, w, 0.0, y)
        outputs.append(rest[1])
        plus = _settle(rest, nudged, x, w, beta, y)
        minus = _settle(rest, nudged, x, w, -beta, y)
        _add(w, lr / (2 * beta), x, plus, minus)
    return w, np.array(outputs)


def sleep(
    weights: list[Array], spikes: Array, decay: float, theta: list[float], inc: float, dec: float
) -> tuple[list[Array], list[Array]]:
    """Sleep replay in a feed-forward chain with one step of delay: weights afterwards, and the spikes of each layer."""
    weights = [w.copy() for w in weights]
    v = [np.zeros(w.shape[1]) for w in weights]
    before = [np.zeros(w.shape[1]) for w in weights]
    fired: list[list[Array]] = [[] for _ in weights]
    for row in spikes:
        arriving = [row, *before[:-1]]
        before = []
        for layer, w in enumerate(weights):
            v[layer] = decay * v[layer] + arriving[layer] @ w
            now = v[layer] >= theta[layer]
            v[layer][now] = 0.0
            before.append(now.astype(float))
            fired[layer].append(now)
        for layer, w in enumerate(weights):
            for post in np.flatnonzero(before[layer]):
                for pre in range(w.shape[0]):
                    if w[pre, post] <= 0:  # the hard gate: what is positive stays
                        w[pre, post] += 2 * inc if arriving[layer][pre] else -2 * dec
    return weights, [np.array(f) for f in fired]


def lif(forward: Array, lateral: Array, spikes: Array, decay: float, theta: float) -> tuple[Array, Array]:
    """Leaky integrate-and-fire with subtractive reset and lateral synapses: spikes and potentials of each step."""
    units = forward.shape[1]
    v, last = np.zeros(units), np.zeros(units)
    fired, potentials = [], []
    for row in spikes:
        v = decay * v + row @ forward + last @ lateral
        last = (v >= theta).astype(float)
        v = v - theta * last
        fired.append(last > 0)
        potentials.append(v)
    return np.array(fired), np.array(potentials)
