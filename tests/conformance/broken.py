"""Two backends that are wrong on purpose, as the source of packages."""

LATE = '''
"""What a projection delivers arrives one step late."""

import re

import numpy as np

from neurosim.backend.contract import Capabilities
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.program.features import Feature
from neurosim.program.source.listing import compiled, listing
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import synapses_of


class LateBackend:
    name = "late"

    def capabilities(self):
        return Capabilities(("default",), {"default": frozenset(Feature) - {Feature.BATCHES}})

    def versions(self):
        return {"late": "0.1", "numpy": np.__version__}

    def compile(self, program, *, mode="default"):
        return LateSession(program, self, "default")


class LateSession(HostSession):
    def simulate(self, run, learned, progress):
        recorder = Recorder(run)
        source = listing(run)
        for g in run.program.groups:
            for port in g.ports:
                name = f"{g.name}__{port}"
                late = rf"\\1{name}, late__{name} = late__{name}, \\2"
                source = re.sub(rf"^( +){name} = (.*)$", late, source, flags=re.M)
                source = source.replace("(count):\\n", f"(count):\\n        late__{name} = zeros({g.size})\\n")
        given = run.stimuli, synapses_of(run.program), run.fixed
        finite = compiled(source)(run.count, 0, *given, learned, recorder.arrays) < 0
        if progress:
            progress(run.count, run.count)
        return Outcome(learned, recorder.probes(), 0.0, finite=finite)
'''

SWAPPED = '''
"""Potentiation and depression are swapped: what a rule adds is taken away."""

from dataclasses import replace

from neurosim.backend.reference import ReferenceBackend, ReferenceSession


class SwappedBackend(ReferenceBackend):
    name = "swapped"

    def compile(self, program, *, mode="default"):
        swapped = replace(program, rules=tuple(opposite(r) for r in program.rules))
        return ReferenceSession(swapped, self, "numpy")


def opposite(rule):
    update = tuple((v, f"2*{v} - ({text})") for v, text in rule.update)
    return replace(rule, update=update, outer=tuple(None for _ in rule.outer))
'''
