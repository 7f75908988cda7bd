"""Mode `mapped`: each population and each direction of a projection a Lava process, connected by ports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from neurosim.backend.contract import Backend
from neurosim.program.program import Group, Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim_lava.mapped.process_network import MappedProcess, ProcessNetwork, firing, process_network
from neurosim_lava.mapped.texts import counts_all, texts
from neurosim_lava.part import Plan
from neurosim_lava.session import LavaSession


class MappedSession(LavaSession):
    """Network and texts of a run are made once for each set of constants.

    Processes of ours find weights and texts in shared memory. What Lava's own ones have is given when they are made,
    so that other weights or constants are another network.
    """

    steps_of_first_part = 200

    def __init__(self, program: Program, backend: Backend, mode: str, deadline: float):
        super().__init__(program, backend, mode, deadline)
        self._made: dict[tuple[object, ...], tuple[ProcessNetwork, Mapping[str, str]]] = {}

    def plan(self, run: Run, learned: Mapping[str, Array]) -> Plan:
        """The processes of a run; network and texts are made once for each set of constants."""
        key = run.text_key
        if key not in self._made:
            network = process_network(run)
            self._made[key] = network, texts(run, network)
        network, printed = self._made[key]
        spans = _trial_by_trial(run.steps) if _has_lif(network) else _at_once(run.steps)
        return Plan(_graph(network, learned), printed, spans, _mirrored(run, network), counts_all(run, network))


def _has_lif(network: ProcessNetwork) -> bool:
    return any(p.choice.model == "LIF" for p in network.parts)


def _at_once(steps: int) -> Any:
    return lambda trials: [[trials * (steps + 1)]]


def _trial_by_trial(steps: int) -> Any:
    """After the step that primes, Lava's LIF has to be reset."""
    return lambda trials: [[1, steps] if steps else [1]] * trials


def _mirrored(run: Run, network: ProcessNetwork) -> list[str]:
    """Learned arrays that both directions of a projection change."""
    backward = [p.mirrors for p in network.parts if p.mirrors and firing(run, p.mirrors)]
    return [f"{m}.{v}" for m in backward for v, _ in run.program.matrix(m).state]


def _graph(network: ProcessNetwork, learned: Mapping[str, Array]) -> dict[str, Any]:
    """Plain values from which the worker makes the processes; with a digest of the weights that these are made with."""
    held = [s for p in network.parts for s in p.choice.settings.values() if s in learned]
    digest = hashlib.sha256(b"".join(learned[n].tobytes() for n in held)).hexdigest()
    wires = [[w.source, w.out, w.target, w.into] for w in network.wires]
    return {"kind": "mapped", "parts": [_plain(p, network) for p in network.parts], "wires": wires, "held": digest}


def _plain(p: MappedProcess, network: ProcessNetwork) -> dict[str, Any]:
    ins: dict[str, Sequence[int]] = {w.into: w.shape for w in network.into(p.name)}
    outs: dict[str, Sequence[int]] = {w.out: w.shape for w in network.out_of(p.name)}
    kind = "mirror" if p.mirrors else "learned"
    lif = next((w.source for w in network.into(p.name) if network.part(w.source).choice.model == "LIF"), None)
    size = p.of.size if isinstance(p.of, Group) else next(w.shape[0] for w in network.out_of(p.name))
    plain = {"name": p.name, "model": p.choice.model, "kind": kind, "ins": ins, "outs": outs}
    return plain | {"size": size, "source": lif, **p.choice.settings}
