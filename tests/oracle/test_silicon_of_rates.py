"""Equilibrium propagation on a chip against a plain loop: both directions of a projection have silicon of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import neurosim as ns
from neurosim.device.imperfections import names
from neurosim.device.imperfections.fabrication import Fabricated
from neurosim.device.silicon import Silicon
from neurosim.errors import UnsupportedFeature
from neurosim.model.randomness import stream
from neurosim.program.precision import on_grid

Array = NDArray[np.float64]

SIZES = (6, 5, 3)
FREE, NUDGED, BETA, LR, EPS = 12, 5, 0.5, 0.1, 0.5
SEED, PHASE, TRIALS = 3, "train/0", 7
FIGURES = {
    "gain": 0.2, "offset": 0.05, "weight_bits": 6, "write_noise": 0.03, "reprogram": 3, "dead_synapses": 0.1,
    "weight_gain": 0.1,
}  # fmt: skip
BITS = 24

INPUTS = stream(1, "x").random((TRIALS, SIZES[0]))
TARGETS = np.eye(SIZES[2])[stream(1, "y").integers(0, SIZES[2], TRIALS)]
WEIGHTS = {
    "ih.w": on_grid(stream(1, "ih").uniform(-0.5, 0.5, SIZES[:2]), BITS),
    "ho.w": on_grid(stream(1, "ho").uniform(-0.5, 0.5, SIZES[1:]), BITS),
}


def network() -> ns.Network:
    unit, rule = ns.RateUnit(eps=EPS), ns.EquilibriumPropagation(lr=LR, beta=BETA)
    return ns.Network(
        [
            ns.Population("i", SIZES[0], ns.Clamp),
            ns.Population("h", SIZES[1], unit),
            ns.Population("o", SIZES[2], unit),
        ],
        [
            ns.Projection("ih", "i", "h", learning=[rule]),
            ns.Projection("ho", "h", "o", learning=[rule], reciprocal=True),
        ],
    )


def schedule() -> ns.Schedule:
    return ns.Schedule(
        [ns.Phase("free", FREE, assign={"s_free": "s"}), ns.Phase("nudged", NUDGED, {"o.beta": BETA})],
        [ns.Probe("o.s", "end:free")],
        {"i.s": "constant", "o.target": "constant"},
    )


def on_chip(backend: str, figures: dict[str, object]) -> tuple[dict[str, Array], Array, dict[str, Array]]:
    device = ns.device.mock(backend, seed=SEED, **figures)
    with device.compile(ns.lower(network(), schedule(), precision=ns.Grid(weight_bits=BITS))) as session:
        session.write(WEIGHTS)
        records = session.run(ns.Trials({"i.s": INPUTS, "o.target": TARGETS}, phase=PHASE))
        return session.read(), records["o.s@end:free"], session.session.read()


def by_hand(figures: dict[str, object]) -> tuple[dict[str, Array], Array]:
    silicon = Silicon(**figures)
    chip = Fabricated(silicon, SEED)
    w = {n: a.copy() for n, a in WEIGHTS.items()}
    gains = [chip.gain(g, n).values for g, n in zip("ho", SIZES[1:], strict=True)]
    offsets = [chip.offset(g, n).values for g, n in zip("ho", SIZES[1:], strict=True)]
    outputs = []

    def delivered(name: str, values: Array, trial: int) -> Array:
        q = 2.0 ** (1 - silicon.weight_bits)
        shape, index = values.shape, trial // silicon.reprogram
        found = chip.synapse_gain(name, shape).values * np.clip(np.floor(values / q + 0.5) * q, -1, 1 - q)
        found = found + on_grid(chip.programming(name, shape, PHASE, index), BITS)
        return on_grid(chip.alive_synapses(name, shape).values * found, BITS)

    for trial, (x, y) in enumerate(zip(INPUTS, TARGETS, strict=True)):
        forward, up = delivered("ih", w["ih.w"], trial), delivered("ho", w["ho.w"], trial)
        down = delivered(f"ho{names.BACK}", w["ho.w"].T, trial)
        h, o = np.zeros(SIZES[1]), np.zeros(SIZES[2])
        x = on_grid(x, 20)

        def step(h: Array, o: Array, beta: float, x=x, y=y, forward=forward, up=up, down=down) -> tuple[Array, Array]:
            to_h = gains[0] * (x @ forward + o @ down) + offsets[0]
            to_o = gains[1] * (h @ up) + offsets[1] + beta * (y - o)
            h, o = h + EPS * (to_h - h), o + EPS * (to_o - o)
            return on_grid(np.clip(h, 0, 1), 20), on_grid(np.clip(o, 0, 1), 20)

        for _ in range(FREE):
            h, o = step(h, o, 0.0)
        free = h, o
        outputs.append(o)
        for _ in range(NUDGED):
            h, o = step(h, o, BETA)
        w["ih.w"] = on_grid(w["ih.w"] + LR / BETA * (np.outer(x, h) - np.outer(x, free[0])), BITS)
        w["ho.w"] = on_grid(w["ho.w"] + LR / BETA * (np.outer(h, o) - np.outer(*free)), BITS)
    return w, np.array(outputs)


@pytest.mark.parametrize("backend", ["reference", "nengo"])
def test_learning_on_a_chip_is_what_a_loop_finds(backend: str) -> None:
    learned, outputs, _ = on_chip(backend, FIGURES)
    expected, free = by_hand(FIGURES)
    np.testing.assert_allclose(outputs, free, rtol=0, atol=2**-19)
    for name, values in expected.items():
        np.testing.assert_allclose(learned[name], values, rtol=0, atol=2**-20)
    assert not np.allclose(learned["ho.w"], WEIGHTS["ho.w"], atol=1e-3)


def test_both_directions_learn_the_same_and_are_read_as_one() -> None:
    learned, _, inside = on_chip("reference", FIGURES)
    assert sorted(learned) == sorted(n for n in inside if not names.is_of_silicon(n))
    assert np.array_equal(inside[f"ho{names.BACK}.w"], learned["ho.w"].T)


def test_a_rule_that_reads_what_arrived_cannot_be_tied() -> None:
    oja = ns.LearningRule("oja", "step", {"w": "w + 0.1*post.s*(arrived - post.s*w)"})
    unit = ns.RateUnit(eps=EPS)
    net = ns.Network(
        [ns.Population("i", 2, ns.Clamp), ns.Population("h", 2, unit), ns.Population("o", 2, unit)],
        [ns.Projection("ih", "i", "h"), ns.Projection("ho", "h", "o", learning=[oja], reciprocal=True)],
    )
    program = ns.lower(net, ns.Schedule([ns.Phase("run", 3)], [], {"i.s": "constant"}))
    with pytest.raises(UnsupportedFeature, match=r"rule ho\.oja, which fires or reads at one end"):
        ns.device.mock(weight_bits=4).compile(program)
