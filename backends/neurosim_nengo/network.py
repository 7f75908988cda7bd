"""Mode `native`: a program as a Nengo network of Nodes, Ensembles and Connections."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import nengo
from nengo.builder import Model

from neurosim.program.program import ProgramProbe
from neurosim.program.run import Run
from neurosim.program.source.operations import OPERATIONS
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import Synapses
from neurosim_nengo.operators import LearnedRecording, ProbeRecording
from neurosim_nengo.populations import Input, Neurons, Port
from neurosim_nengo.signals import ProgramSignals
from neurosim_nengo.simulation import Simulation
from neurosim_nengo.weights import Direction, build_learning


def native(run: Run, synapses: Mapping[str, Synapses]) -> Simulation:
    """The program with the constants of a run, built."""
    signals = ProgramSignals(run, synapses)
    model = Model(dt=1.0)
    model.build(network(signals))
    for probe in run.program.probes:
        if run.program.is_learned(probe):
            signals.recordings[probe.name] = LearnedRecording(
                math.prod(run.program.recorded_shape(probe)), probe.selection
            )
        else:
            model.add_op(_recording(probe, signals))
    build_learning(model, signals)
    model.add_op(signals.counting)
    learned, delivered, states = signals.learned(), signals.delivered_weights(), signals.states()
    return Simulation.of(model, learned, delivered, states, partial(_feed, signals), signals.past_starts)


def network(signals: ProgramSignals) -> nengo.Network:
    """A Node for each input, an Ensemble for each other group, a Connection for each direction of a matrix.

    No synapse: the one step of delay is in the neurons.
    """
    sources: dict[str, Any] = {}
    ports: dict[tuple[str, str], Any] = {}
    with nengo.Network(label=f"mode {signals.program.mode}", seed=0, add_to_container=False) as net:
        for g in signals.program.groups:
            if g.is_input:
                sources[g.name] = Input(g, signals)
                continue
            sources[g.name] = ports[g.name, g.ports[0]] = Neurons(g, signals).neurons
            ports |= {(g.name, p): Port(p, g, signals) for p in g.ports[1:]}
        for e in signals.program.edges:
            Direction(sources[e.source], ports[e.target, e.port], e, signals)
    return net


def _recording(probe: ProgramProbe, signals: ProgramSignals) -> ProbeRecording:
    variable = "out" if probe.variable == "spike" else probe.variable
    due = [signals.is_due(probe, k) for k in range(len(signals.phases))]
    signal = signals.after[f"{probe.group}__{variable}"]
    signals.recordings[probe.name] = recording = ProbeRecording(probe.name, signal, due, probe.selection)
    return recording


def _feed(signals: ProgramSignals, run: Run, first: int, recorder: Recorder) -> None:
    for name, stimulus in signals.stimuli.items():
        stimulus.start(run.stimuli[name])
    for name, recording in signals.recordings.items():
        recording.start(_of_trials(recorder.rooms[name], first, run.count))
    for handover in signals.handovers:
        handover.stays = recorder.run.count == 1
    signals.counting.start(recorder.arrays[OPERATIONS])


def _of_trials(room: Any, first: int, count: int) -> Any:
    """Where trials are recorded: rows of an array, or the list of spikes, to which they are added."""
    return room if isinstance(room, list) else room[first : first + count]
