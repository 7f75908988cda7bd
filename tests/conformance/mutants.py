"""A backend each of whose modes has one fault that a plausible backend could have; the suite must find each.

Copied as it stands into a package of its own by `test_mutants`.
"""

import re
from dataclasses import replace
from functools import partial

import numpy as np

from neurosim.backend.contract import Capabilities
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.program.features import Feature
from neurosim.program.schedule import Events
from neurosim.program.source.listing import compiled, listing
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import synapses_of
from neurosim.program.trial.stimuli import Rows


class Right(HostSession):
    """The listing, a trial at a time, without a fault; what a subclass overrides is its fault."""

    keeps_state = True

    def source(self, run):
        return listing(run)

    def names(self):
        """What the source may call beside the names of statements."""
        return {}

    def order(self, run):
        """The trials whose stimuli are shown, in their order."""
        return range(run.count)

    def shown(self, run):
        """The run whose stimuli, constants and program are used."""
        return run

    def simulate(self, run, learned, progress):
        run = self.shown(run)
        recorder, function = Recorder(run), compiled(self.source(run))
        function.__globals__.update(self.names())
        synapses = synapses_of(run.program)
        finite = True
        for k, trial in enumerate(self.order(run)):
            stimuli = run.part(trial, trial + 1).stimuli
            finite = finite and function(1, k, stimuli, synapses, run.fixed, learned, recorder.arrays) < 0
            self.after_trial(k, run, recorder.arrays)
        if progress:
            progress(run.count, run.count)
        counted = {"finite": finite, "operations": recorder.operations, "state": recorder.state}
        return Outcome(learned, recorder.probes(), 0.0, **counted)

    def after_trial(self, trial, run, arrays):
        pass


# sizes


class UnitsBeyond100(Right):
    """Spikes of units from 100 on are lost."""

    def source(self, run):
        return after_spikes(super().source(run), r"{0}[100:] = 0.0")


class ByteOfSpikes(Right):
    """No more than 255 spikes of a population fit into a step."""

    def source(self, run):
        return after_spikes(super().source(run), r"{0}[flatnonzero({0})[255:]] = 0.0")


class ByteOfAddress(Right):
    """The address of a spike has 8 bits: unit 256 is taken for unit 0."""

    def source(self, run):
        return after_spikes(super().source(run), r"{0} = wrapped({0})")

    def names(self):
        def wrapped(spikes):
            wrapped_spikes = np.zeros_like(spikes)
            wrapped_spikes[np.flatnonzero(spikes) % 256] = 1.0
            return wrapped_spikes

        return {"wrapped": wrapped}


class FewResets(Right):
    """Of the neurons that spike in a step, the first 64 are reset."""

    def source(self, run):
        return re.sub(r"\[(\w+__fired)\]", r"[\1[:64]]", super().source(run))


class FewSynapses(Right):
    """The first 1,024 synapses of a list are delivered."""

    def source(self, run):
        return with_altered_synapses(super().source(run))

    def names(self):
        return {"altered": FirstSynapses}


def with_altered_synapses(source):
    return re.sub(r"= (synapses\['\w+'\])", r"= altered(\1)", source)


class FirstSynapses:
    """Synapses of which those beyond the first 1,024 deliver nothing."""

    def __init__(self, synapses):
        self._synapses = synapses

    def __getattr__(self, name):
        found = getattr(self._synapses, name)
        return found if "into" not in name else partial(self.sums, found)

    def sums(self, method, near, weight):
        return method(near, np.where(np.arange(len(weight)) < 1024, weight, 0.0))


class OnePerPair(Right):
    """Of several synapses between a pair only the last delivers."""

    def source(self, run):
        return with_altered_synapses(super().source(run))

    def names(self):
        return {"altered": LastOfEachPair}


class LastOfEachPair(FirstSynapses):
    """Synapses of which those before another one of their pair deliver nothing."""

    def sums(self, method, near, weight):
        pre, post = self._synapses.wiring
        followed = np.append((pre[1:] == pre[:-1]) & (post[1:] == post[:-1]), False)
        return method(near, np.where(followed, 0.0, weight))


class EqualDelays(Right):
    """Every synapse has the shortest delay."""

    def shown(self, run):
        wirings = run.program.wirings()
        prompt = {n: w if w.delay is None else w.delayed(np.ones_like(w.delay)) for n, w in wirings.items()}
        return replace(run, program=run.program.rewired(prompt))


class DelaysGoOn(Right):
    """What is under way at a trial's end arrives in the next one."""

    def simulate(self, run, learned, progress):
        self.pasts = {}
        return super().simulate(run, learned, progress)

    def source(self, run):
        text = re.sub(r"(\w+__past) = (\w+\(.*\))", r"\1 = pasts.setdefault('\1', \2)", super().source(run))
        return re.sub(r"(\w+__past)\.restart\(.*\)", r"\1", text)

    def names(self):
        return {"pasts": self.pasts}


class StepsBeyond1000(Right):
    """Steps of a trial from 1,000 on are not run."""

    def source(self, run):
        return listing(run, before_step=["if step >= 1000: continue"])

    def after_trial(self, trial, run, arrays):
        for recorded in arrays.values():
            if isinstance(recorded, list):
                recorded += [np.zeros(0, int)] * ((trial + 1) * run.steps - len(recorded))


class TrialsBeyond300(Right):
    """Trials from 300 on are not run."""

    def order(self, run):
        return range(min(run.count, 300))

    def simulate(self, run, learned, progress):
        outcome = super().simulate(run, learned, progress)
        for name, recorded in outcome.probes.items():
            if isinstance(recorded, Events) and recorded.trials < run.count:
                stops = np.full((run.count - recorded.trials) * run.steps, recorded.offsets[-1])
                outcome.probes[name] = replace(recorded, offsets=np.concatenate([recorded.offsets, stops]))
            elif isinstance(recorded, np.ndarray):
                recorded[300:] = 0.0
        return outcome


class LastOfBatch(Right):
    """The last of each 128 trials that run at once shows what the one before it shows."""

    def order(self, run):
        batches = not (run.learn and run.program.rules)
        return [k - 1 if batches and k % 128 == 127 else k for k in range(run.count)]


class ShortBuffer(Right):
    """What is delayed is kept in a ring of 16 steps."""

    def shown(self, run):
        return with_delays(run, lambda e, steps: (steps - 1) % 16 + 1)


class EightPhases(Right):
    """Constants of phases beyond the eighth are those of no phase."""

    def shown(self, run):
        late = [p.name for p in run.program.phases[8:]]
        usual = {k: run.constants[replace(k, phase="")] if k.phase in late else v for k, v in run.constants.items()}
        return replace(run, constants=usual) if late else run


# parts of a step


class LateBackwards(Right):
    """In the reciprocal direction, a delay of more than one step is one step too short."""

    def shown(self, run):
        return with_delays(run, lambda e, steps: steps - 1 if e.transposed else steps)


class StaleTranspose(Right):
    """The reciprocal direction has the weights of a trial's start."""

    def source(self, run):
        source = super().source(run)
        for m in {e.matrix: run.program.matrix(e.matrix) for e in run.program.edges if e.transposed}.values():
            weight = f"{m.name}__{m.weight if m.is_plain else 'effective'}"
            source = source.replace(f"dot({weight}, ", f"dot(old__{weight}, ")
            source = source.replace("    for trial in", f"    old__{weight} = {weight}.copy()\n    for trial in", 1)
        return source


class SingleSums(Right):
    """What arrives is added up in single precision."""

    def source(self, run):
        return re.sub(r"\b(dot|spike_sums)\((?!\w+, \1)", r"single_dot(", super().source(run))

    def names(self):
        def single_dot(a, b):
            return np.dot(a.astype(np.float32), b.astype(np.float32)).astype(float)

        return {"single_dot": single_dot}


class SingleStore(Right):
    """Learned arrays are kept in single precision."""

    def simulate(self, run, learned, progress):
        outcome = super().simulate(run, learned, progress)
        return replace(outcome, learned={n: a.astype(np.float32).astype(float) for n, a in outcome.learned.items()})


class AssignsFirst(Right):
    """At a phase's end, what is assigned is assigned before what is due is recorded."""

    def source(self, run):
        record = r"(?: {8}records\[[^\n]*\[first \+ trial\] = [^\n]*\n)"
        assign = r"(?: {8}(?:\w+, )*\w+ = [^\n]*\n)"
        return re.sub(rf"({record}+)({assign}+)", r"\2\1", super().source(run))


# events, probes


class LastUnitIsSilent(Right):
    """Spikes of the last unit of an input are lost."""

    def shown(self, run):
        return with_events(run, lambda dense: dense[:, :, -1])


class LastStepIsSilent(Right):
    """Spikes of an input in the last step of a trial are lost."""

    def shown(self, run):
        return with_events(run, lambda dense: dense[:, -1])


class LateProbe(Right):
    """From the second trial on, what is recorded in every step is that of the step before."""

    def simulate(self, run, learned, progress):
        outcome = super().simulate(run, learned, progress)
        for recorded in outcome.probes.values():
            if isinstance(recorded, np.ndarray) and recorded.ndim == 3:
                recorded[1:, 1:] = recorded[1:, :-1].copy()
        return outcome


# from run to run


class ForgetsWhatItLearned(Right):
    """Each run starts from what was written last."""

    written = None

    def write(self, learned):
        super().write(learned)
        self.written = self.read()

    def simulate(self, run, learned, progress):
        start = learned if self.written is None else {n: a.copy() for n, a in self.written.items()}
        return super().simulate(run, start, progress)


class KeepsConstants(Right):
    """The constants of the first run are those of all."""

    constants = None

    def shown(self, run):
        lengths = {k: v for k, v in run.constants.items() if k.is_length}
        self.constants = self.constants or run.constants
        return replace(run, constants={**self.constants, **lengths})


class StaysSwitchedOff(Right):
    """After a run in which nothing was learned, the rules of populations do not fire any more."""

    off = False

    def shown(self, run):
        self.off = self.off or not run.learn
        rules = tuple(r for r in run.program.rules if r.of_matrix or not self.off)
        return replace(run, program=replace(run.program, rules=rules))


class GoesOnInTheStimulus(Right):
    """Each run's first trial is shown one row of its stimuli later than that of the run before."""

    runs = 0

    def order(self, run):
        first, self.runs = self.runs, self.runs + 1
        return [(first + k) % run.count for k in range(run.count)]


# a trial in pieces


class ForgetsSpikesUnderWay(Right):
    """A run that goes on has lost the spikes that were under way."""

    def shown(self, run):
        lost = {n: 0.0 * a if n.endswith(".spike") else a for n, a in (run.state or {}).items()}
        return replace(run, state=lost) if lost else run


class ForgetsWhatIsDelayed(Right):
    """A run that goes on has lost the outputs that a delay keeps."""

    def shown(self, run):
        lost = {n: 0.0 * a if ".past_" in n else a for n, a in (run.state or {}).items()}
        return replace(run, state=lost) if lost else run


class EndsEachPiece(Right):
    """What happens at the end of a phase happens at the end of each piece of it."""

    def shown(self, run):
        return replace(run, ends=True)


class StartsEachPiece(Right):
    """Every run starts."""

    def shown(self, run):
        return replace(run, state=None)


class GoesOnWhereItFailed(Right):
    """A run that fails has changed the state."""

    def simulate(self, run, learned, progress):
        outcome = super().simulate(run, learned, progress)
        self.state = outcome.state
        return outcome


def after_spikes(source, line):
    """The source with a line after each that makes the spikes of a population."""
    pattern = r"^( *)(\w+__out) = (\(.*\)\.astype\(float\))$"
    return re.sub(pattern, lambda m: f"{m[1]}{m[2]} = {m[3]}\n{m[1]}{line.format(m[2])}", source, flags=re.M)


def with_delays(run, steps_of):
    """The run with other delays than its projections have."""

    def edge(e):
        if not e.variable.startswith("past_"):
            return e
        steps = steps_of(e, int(e.variable.removeprefix("past_")))
        return replace(e, variable=f"past_{steps}" if steps > 1 else run.program.group(e.source).output)

    return replace(run, program=replace(run.program, edges=tuple(edge(e) for e in run.program.edges)))


def with_events(run, lost):
    """The run without the spikes that a view of the dense array shows."""

    def silenced(rows):
        dense = rows.gathered().dense()
        lost(dense)[...] = False
        return Rows(Events.from_dense(dense))

    rows = {n: silenced(r) if r.is_events and run.count else r for n, r in run.rows.items()}
    return replace(run, rows=rows)


SESSIONS = {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", c.__name__).lower(): c for c in (Right, *Right.__subclasses__())}


class MutantsBackend:
    name = "mutants"

    def capabilities(self):
        return Capabilities(tuple(SESSIONS), dict.fromkeys(SESSIONS, frozenset(Feature) - {Feature.BATCHES}))

    def versions(self):
        return {"mutants": "0.1", "numpy": np.__version__}

    def compile(self, program, *, mode="default"):
        return SESSIONS[mode](program, self, mode)
