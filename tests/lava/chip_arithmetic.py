"""Lava's fixed-point LIF and Dense, stepped by hand: no runtime, their own equations on our inputs.

For each line ``GIVEN.npz FOUND.npz`` read: ``GIVEN`` names the model and has its settings and inputs, ``FOUND``
gets what it computed. Run in a process of its own, for importing Lava settles how a whole program starts processes.
"""

import sys
from collections.abc import Callable, Mapping

import numpy as np

from neurosim_lava import compat

compat.install()

from lava.proc.dense.models import PyDenseModelBitAcc  # noqa: E402
from lava.proc.lif.models import PyLifModelBitAcc  # noqa: E402
from lava.utils.weightutils import SignMode, clip_weights, truncate_weights  # noqa: E402

Arrays = Mapping[str, np.ndarray]


class Port:
    """Stands for a port of Lava: gives rows one after another, and keeps what is sent."""

    def __init__(self, rows: np.ndarray):
        self.rows, self.sent = iter(rows), []

    def recv(self) -> np.ndarray:
        return next(self.rows)

    def send(self, values: np.ndarray) -> None:
        self.sent.append(np.array(values))


def lif(given: Arrays) -> dict[str, np.ndarray]:
    """u, v and spikes, shape (steps, units), of activations of that shape."""
    activations = given["activations"].astype(np.int32)
    model = PyLifModelBitAcc({})
    for name in ("du", "dv", "vth"):
        setattr(model, name, given[name])
    units = activations.shape[1]
    model.bias_mant, model.bias_exp = given["bias_mant"].astype(np.int16), given["bias_exp"].astype(np.int16)
    model.u, model.v = np.zeros(units, np.int32), np.zeros(units, np.int32)
    model.a_in, model.s_out = Port(activations), Port(())
    found = {"u": [], "v": []}
    for _ in activations:
        model.run_spk()
        found["u"].append(model.u.copy())
        found["v"].append(model.v.copy())
    return {**{n: np.array(rows) for n, rows in found.items()}, "spikes": np.array(model.s_out.sent)}


def dense(given: Arrays) -> dict[str, np.ndarray]:
    """Activations, shape (steps, targets), and the weights as they were used; weights have shape (targets, sources)."""
    parameters = {
        "weight_exp": int(given["exponent"]),
        "num_weight_bits": int(given["bits"]),
        "sign_mode": SignMode[str(given["sign"]).upper()],
    }
    model = PyDenseModelBitAcc(parameters)
    model.weights = given["weights"].astype(np.int32)
    model.num_message_bits = given["message_bits"]
    model.a_buff = np.zeros(len(model.weights), np.int32)
    model.s_in, model.a_out = Port(given["messages"].astype(np.int32)), Port(())
    found = []
    for _ in given["messages"]:
        model.run_spk()
        found.append(np.array(model.a_buff))  # what is sent in the next step
    return {"activations": np.array(found), "weights": np.array(model.weights)}


def weights(given: Arrays) -> dict[str, np.ndarray]:
    """What Dense makes of mantissas before it uses them."""
    sign = SignMode[str(given["sign"]).upper()]
    return {"weights": truncate_weights(clip_weights(given["weights"], sign, num_bits=8), sign, int(given["bits"]))}


MODELS: dict[str, Callable[[Arrays], dict[str, np.ndarray]]] = {"lif": lif, "dense": dense, "weights": weights}

if __name__ == "__main__":
    for line in sys.stdin:
        given_file, found_file = line.split()
        with np.load(given_file) as given:
            np.savez(found_file, **MODELS[str(given["model"])](given))
        print("done", flush=True)
