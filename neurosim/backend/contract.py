"""The contract between the scenario engine and a backend: Backend, Session, Records, Capabilities.

`neurosim.backend.host_session` has the base of sessions that keep learned arrays on the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, TypeVar

from neurosim.backend.equipment import ALL_READ, NO_LIMITS, Limits, ReadBack, refuse_too_large
from neurosim.backend.sessions.timing import Timing as Timing  # a part of the contract
from neurosim.edges import deprecated
from neurosim.errors import UnsupportedFeature
from neurosim.program.features import Feature
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Recording, Trials

Progress = Callable[[int, int], None]
"""Called now and then during a run with two numbers: the trials done, and the trials in all."""


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do.

    Attributes
    ----------
    modes : tuple of str
        Ways to run, the default first.
    features : mapping of str to frozenset of Feature
        What each mode supports, by mode. A backend may give the texts of features.
    kind : str
        ``reference``, ``simulated``, ``mock`` or ``hardware``.
    notes : mapping of str to str
        By mode, what a reader of results must know about it, for instance that it is one custom operator.
    limits : Limits
        What fits a device.
    readout : ReadBack
        What can be read of it.
    loop : tuple of str
        Where rules fire on the host: how often it is called, ``"trial"``, ``"phase"``, or ``"steps"``.
    learns : bool
        Whether it executes rules itself.
    exclusive : bool
        Whether one session alone can be open.

    Raises
    ------
    BackendError
        For the text of a feature that no program asks for.
    """

    modes: tuple[str, ...]
    features: Mapping[str, frozenset[str]]
    kind: str = "simulated"
    notes: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = NO_LIMITS
    readout: ReadBack = ALL_READ
    loop: tuple[str, ...] = ()
    learns: bool = True
    exclusive: bool = False

    def __post_init__(self) -> None:
        """Take texts of features for the features."""
        features = {mode: frozenset(map(Feature.named, supported)) for mode, supported in self.features.items()}
        object.__setattr__(self, "features", features)


@dataclass(frozen=True)
class Records:
    """What a run left behind; ``records[probe]`` is the recording of a probe.

    Attributes
    ----------
    probes : mapping of str to ndarray or Events
        By probe name: float64 arrays of shape (trials, units) for an end of a phase, (trials, steps, units) for every
        step, `Events` for spikes.
    timing : Timing
        Seconds and steps.
    counts : mapping of str to int
        ``spikes`` recorded, ``synaptic_operations`` of dense delivery, and unless the backend cannot tell
        ``effective_synaptic_operations``, those of values that are not zero.
    kind : str
        What ran it, as of `Capabilities`; a device tells its own.
    backend, mode : str
        What ran it.
    versions : mapping of str to str
        Versions of what the results depend on, by name.
    incidents : tuple of str
        What happened that a reader of results must know: calls that were repeated, or that came too late.
    """

    probes: Mapping[str, Recording]
    timing: Timing
    counts: Mapping[str, int]
    kind: str
    backend: str
    mode: str
    versions: Mapping[str, str]
    incidents: tuple[str, ...] = ()

    def __getitem__(self, probe: str) -> Recording:
        """The recording of a probe."""
        return self.probes[probe]


SomeSession = TypeVar("SomeSession", bound="Session")


class Session(Protocol):
    """A compiled program with its learned arrays; a context manager, which closes it."""

    def write(self, learned: Mapping[str, Array]) -> None:
        """Set learned arrays; those not named keep their values.

        Parameters
        ----------
        learned : mapping of str to ndarray
            By name (``projection.variable``, ``population.variable``), of the shapes of `Program.shapes`: (pre, post),
            (synapses,) or (units,). They are copied.

        Raises
        ------
        InputError
            For an unknown name, a wrong shape, a value that is not finite or that its format does not have.
        """
        ...

    def run(
        self,
        trials: Trials,
        *,
        constants: Mapping[str, float] | None = None,
        learn: bool = True,
        progress: Progress | None = None,
        keep_state: bool = False,
        ends: bool = True,
    ) -> Records:
        """Run trials; learned arrays persist to the next run, all else starts anew with each trial or goes on.

        A trial can be cut anywhere: runs of n and m steps, the second with `keep_state`, give what one of n + m steps
        gives. Lengths of phases are constants: each run has those of its own part, 0 for a phase that is not in it.

        Parameters
        ----------
        trials : Trials
            Their number, and a stimulus for each that the program has.
        constants : mapping of str to float, optional
            Values other than the program's own.
        learn : bool
            Whether rules fire.
        progress : callable, optional
            Is told how many trials are done, and of how many. What it raises ends the run, and is raised as it is.
        keep_state : bool
            Whether the trial has no start, but goes on from the state that the last run left (`read_state`). Only for
            a run of one trial. Steps in stimuli and recordings count from this run's first.
        ends : bool
            Whether the last phase ends with the run, with all that happens at its end. False where another run goes on
            within that phase. Only for a run of one trial.

        Returns
        -------
        Records
            What the probes recorded, of shape (trials, units) or (trials, steps, units); seconds and counts.

        Raises
        ------
        InputError
            If trials or constants do not fit the program; for `keep_state` or an open end with another number of trials
            than 1; for `keep_state` after a run of several trials, which leaves no state; after `close`.
        NumericalError
            If a state or weight becomes infinite or NaN; learned arrays and state then stay as before the run.
        ExactnessLost
            Under grid arithmetic, if a sum could be inexact; learned arrays and state then stay as before the run.
        BackendError
            If the simulator fails; learned arrays and state then stay as before the run.
        UnsupportedFeature
            For `keep_state` or an open end, if the mode keeps no state.
        """
        ...

    def read(self) -> dict[str, Array]:
        """The learned arrays.

        Returns
        -------
        dict of str to ndarray
            Copies of all of them, by name; float64, of the shapes of `Program.shapes`.
        """
        ...

    def write_state(self, state: Mapping[str, Array]) -> None:
        """Set the state that a run with `keep_state` goes on from, of this session or another of the same program.

        Parameters
        ----------
        state : mapping of str to ndarray
            All that `read_state` gives, by name. They are copied.

        Raises
        ------
        InputError
            For a name that is unknown or missing, a wrong shape, or a value that the variable cannot have.
        UnsupportedFeature
            If the mode keeps no state.
        """
        ...

    def read_state(self) -> dict[str, Array]:
        """The state: what a trial's step leaves for the next one, beside what is learned.

        It is that of the end of the last run, if that was one trial; before any run, and after `write_state`, what a
        trial starts with, or what was written. A run that fails leaves the state as it was.

        Returns
        -------
        dict of str to ndarray
            Copies of all of it; float64 of shape (units,). ``population.variable`` for each state of the program,
            ``population.spike`` for spikes that the next step delivers, as 0 and 1.

        Raises
        ------
        InputError
            After a run of several trials, which leaves no state.
        UnsupportedFeature
            If the mode keeps no state.
        """
        ...

    def close(self) -> None:
        """Release what the session holds; it cannot run any more."""
        ...

    def __enter__(self: SomeSession) -> SomeSession:
        """The session itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        self.close()


class Backend(Protocol):
    """A simulator that programs are compiled for; found through the entry points `neurosim.backends`.

    Attributes
    ----------
    name : str
        What users call it.
    """

    name: str

    def capabilities(self) -> Capabilities:
        """What it can do here; needs no simulator.

        Returns
        -------
        Capabilities
            Its modes, and what each supports.
        """
        ...

    def versions(self) -> dict[str, str]:
        """Versions of what the results depend on.

        Returns
        -------
        dict of str to str
            By name: neurosim, the simulator, and whatever else a last bit may depend on.

        Raises
        ------
        BackendUnavailable
            Where something is missing.
        """
        ...

    def compile(self, program: Program, *, mode: str = "default") -> Session:
        """Make a program ready to run.

        Parameters
        ----------
        program : Program
            The network and its schedule.
        mode : str
            One of the modes of `capabilities`, or ``default`` for the first.

        Returns
        -------
        Session
            With the program's initial learned arrays.

        Raises
        ------
        UnsupportedFeature
            If the mode cannot run the program.
        BackendUnavailable
            Where something is missing.
        BackendError
            If the simulator cannot build it.
        """
        ...


def refuse_unsupported(program: Program, capabilities: Capabilities, backend: str, mode: str) -> None:
    """Refuse a program that asks for more than the mode claims.

    Parameters
    ----------
    program : Program
        What is to be run.
    capabilities : Capabilities
        Those of the backend.
    backend, mode : str
        The backend's name and the mode.

    Raises
    ------
    UnsupportedFeature
        Naming what can run it.
    """
    supported = capabilities.features
    for feature in sorted(program.features() - supported[mode]):
        others = [f"{backend}:{m}" for m in capabilities.modes if feature in supported[m]]
        raise UnsupportedFeature(str(feature), f"{backend}:{mode}", others or ["reference"])
    refuse_too_large(program, capabilities.limits, f"{backend}:{mode}")


__getattr__ = deprecated.replaced_in(__name__)
