"""The same network on two backends, from Python: train on digits, then compare weights bit for bit.

python scenarios/python_api.py [BACKEND[:MODE]]
"""

from __future__ import annotations

import sys

import numpy as np

import neurosim as ns
from neurosim.model.randomness import stream
from neurosim.scenario import datasets
from neurosim.scenario.methods.ep_schedules import inference, one_sided


def main(other: str = "nengo") -> None:
    rules = [ns.EquilibriumPropagation(lr=0.03, beta=0.5)]
    biases = [ns.BiasPropagation(lr=0.03, beta=0.5)]
    network = ns.Network(
        [
            ns.Population("input", 64, ns.Clamp),
            ns.Population("hidden", 100, ns.RateUnit(eps=0.5), biases),
            ns.Population("output", 10, ns.RateUnit(eps=0.5), biases),
        ],
        [
            ns.Projection("input_hidden", "input", "hidden", learning=rules),
            ns.Projection("hidden_output", "hidden", "output", learning=rules, reciprocal=True),
        ],
    )
    schedule = one_sided("input", "output", free_steps=20, nudged_steps=4, beta=0.5)
    program = ns.lower(network, schedule, precision=ns.Grid())

    data = datasets.load("digits", test=360, validation=0, split_seed=0)
    shapes = {name: variable.shape for name, variable in network.learned().items()}
    weights = {n: stream(0, n).uniform(-0.1, 0.1, s) * (len(s) == 2) for n, s in shapes.items()}
    weights, _ = ns.quantise(weights, program)

    def trials(samples: np.ndarray) -> ns.Trials:
        return ns.Trials({"input.s": data.inputs[samples], "output.target": np.eye(10)[data.labels[samples]]})

    learned = {}
    for name in ("reference", other):
        backend, mode = ns.load(name)
        with backend.compile(program, mode=mode) as session:
            session.write(weights)
            session.run(trials(data.train))
            tested = session.run(trials(data.test), constants=inference(schedule), learn=False)
            learned[name] = session.read()
        right = tested["output.s@end:free"].argmax(axis=1) == data.labels[data.test]
        print(f"{name}: accuracy {right.mean():.3f}")
    equal = all(np.array_equal(learned["reference"][n], learned[other][n]) for n in weights)
    print("weights are equal bit for bit" if equal else "weights differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
