"""Lava's `LearningDense` in a process of its own: JSON of runs on stdin, JSON of the weights they end with on stdout.

Importing Lava fixes how a whole program starts its processes, so tests run this file instead.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from neurosim_lava import compat

compat.install()

from engine_neuron.process import Told  # noqa: E402
from lava.magma.core.learning.constants import GradedSpikeCfg  # noqa: E402
from lava.magma.core.learning.learning_rule import Loihi2FLearningRule, Loihi3FLearningRule  # noqa: E402
from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.core.run_configs import Loihi2SimCfg  # noqa: E402
from lava.proc.dense.process import LearningDense  # noqa: E402
from lava.proc.io.source import RingBuffer  # noqa: E402
from lava.utils.weightutils import SignMode  # noqa: E402


def weights_after(run: dict[str, Any]) -> list[list[float]]:
    """The weights after all steps, shape (post, pre).

    Parameters ---------- run ``dw``, ``tag``, ``three_factor``, ``sign``; ``settings``: impulses and time constants;
    ``weights`` before, shape (post, pre); ``pre`` and ``post``: what arrives and who spikes, shapes (steps, pre) and
    (steps, post); ``traces``: y1, y2, y3 of three factors, shape (3, steps, post).
    """
    rule, kind = rule_of(run), float if run["tag"] == "floating_pt" else np.int32
    graded = bool(np.max(run["pre"]) > 1)
    dense = LearningDense(
        weights=np.array(run["weights"], dtype=kind),
        learning_rule=rule,
        num_message_bits=8 if graded else 0,
        graded_spike_cfg=GradedSpikeCfg.OVERWRITE if graded else GradedSpikeCfg.USE_REGULAR_IMPULSE,
        sign_mode=SignMode[run["sign"].upper()],
    )
    source = RingBuffer(data=np.array(run["pre"], dtype=kind).T)
    neuron = Told(np.array(run["post"], dtype=bool), np.array(run["traces"], dtype=kind), rule)
    source.s_out.connect(dense.s_in)
    dense.a_out.connect(neuron.a_in)
    neuron.s_out_bap.connect(dense.s_in_bap)
    if run["three_factor"]:
        neuron.s_out_y1.connect(dense.s_in_y1)
        neuron.s_out_y2.connect(dense.s_in_y2)
        neuron.s_out_y3.connect(dense.s_in_y3)
    dense.run(condition=RunSteps(num_steps=len(run["pre"])), run_cfg=Loihi2SimCfg(select_tag=run["tag"]))
    found: list[list[float]] = np.array(dense.weights.get(), dtype=float).tolist()
    dense.stop()
    return found


def rule_of(run: dict[str, Any]) -> Any:
    """Three factors have no settings of post-synaptic traces, for the neuron puts them out."""
    three = run["three_factor"]
    settings = {n: x for n, x in run["settings"].items() if n.startswith("x") or not three}
    return (Loihi3FLearningRule if three else Loihi2FLearningRule)(dw=run["dw"], t_epoch=1, rng_seed=1, **settings)


if __name__ == "__main__":
    answer = json.dumps([weights_after(run) for run in json.load(sys.stdin)])
    print(f"weights {answer}")
