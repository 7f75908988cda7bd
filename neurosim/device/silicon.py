"""What distinguishes a chip from its equations: the figures of its imperfections, each 0 for an ideal one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace

from neurosim.edges.values import number, numbers, shown, truth, whole_number
from neurosim.errors import ModelError

MOST_BITS = 24

SHARES = ("dead_neurons", "dead_synapses", "stuck_synapses", "dropped", "doubled", "late")
"""Figures that are a share or a probability, from 0 to 1."""

SPREADS = ("gain", "offset", "step_noise", "drift", "weight_gain", "weight_offset", "write_noise")
"""Figures that are a standard deviation."""


@dataclass(frozen=True)
class Readout:
    """y = floor(clip(x + bias + noise, low, high)*2**bits/(high - low) + 0.5)*(high - low)/2**bits, what is read of x.

    Parameters
    ----------
    bits
        Of the converter; None for one without steps.
    low, high
        Its range.
    noise
        Standard deviation of each reading, drawn anew for each.
    bias
        Standard deviation of what a channel adds to all readings of a neuron, in the phase at whose end it is read.
    common_bias
        The same where all phases have one.
    spikes_only
        Whether spikes alone can be read; rules that read other states are then refused.

    Raises
    ------
    ModelError
        For a figure that is none.
    """

    bits: int | None = None
    low: float = 0.0
    high: float = 1.0
    noise: float = 0.0
    bias: float = 0.0
    common_bias: float = 0.0
    spikes_only: bool = False

    def __post_init__(self) -> None:
        for name in ("low", "high", "noise", "bias", "common_bias"):
            object.__setattr__(self, name, number(getattr(self, name), f"readout: {name} =", error=ModelError))
        for name in ("noise", "bias", "common_bias"):
            _check_least(getattr(self, name), f"readout: {name} =")
        if not self.low < self.high:
            raise ModelError(f"readout: low = {self.low:g}, high = {self.high:g}; expected a range")
        object.__setattr__(self, "bits", _bits(self.bits, "readout: bits ="))
        object.__setattr__(self, "spikes_only", truth(self.spikes_only, "readout: spikes_only =", error=ModelError))

    @property
    def is_exact(self) -> bool:
        """Whether what is read of a state is that state."""
        return self.bits is None and not (self.noise or self.bias or self.common_bias)


@dataclass(frozen=True)
class Silicon:
    """The figures of a chip; what each does is stated where it is applied (`docs/explanation/devices.md`).

    Parameters
    ----------
    gain
        Standard deviation of each neuron's gain, whose mean is 1.
    offset
        Of what each neuron's drive has in addition.
    mismatch
        By the name of a constant of a model, the relative standard deviation of each neuron's own.
    step_noise
        Of what is added to each neuron's drive in each step.
    drift
        Of the relative change of each neuron's gain in 1,000 trials.
    dead_neurons
        The share of neurons that put out nothing.
    dropped, doubled, late
        The probabilities that a spike is lost, is delivered twice, or comes a step later.
    weight_bits, weight_range
        Delivered weights are multiples of weight_range*2**(1 - weight_bits) from -weight_range on; None for no steps.
    weight_gain, weight_offset
        Standard deviation of each synapse's gain, and of what it has in addition, as a share of the range.
    write_noise
        Of what a programming adds to each synapse, as a share of the range, drawn anew at each.
    reprogram
        Trials between two programmings; None for one at the beginning of each part of a run.
    dead_synapses, stuck_synapses
        The shares of synapses that deliver nothing, and that deliver a value from the range whatever is written.
    readout
        What is read of states.

    Raises
    ------
    ModelError
        For a figure that is none.
    """

    gain: float = 0.0
    offset: float = 0.0
    mismatch: Mapping[str, float] = field(default_factory=dict)
    step_noise: float = 0.0
    drift: float = 0.0
    dead_neurons: float = 0.0
    dropped: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    weight_bits: int | None = None
    weight_range: float = 1.0
    weight_gain: float = 0.0
    weight_offset: float = 0.0
    write_noise: float = 0.0
    reprogram: int | None = None
    dead_synapses: float = 0.0
    stuck_synapses: float = 0.0
    readout: Readout = field(default_factory=Readout)

    def __post_init__(self) -> None:
        for name in (*SPREADS, *SHARES, "weight_range"):
            value = number(getattr(self, name), f"silicon: {name} =", error=ModelError)
            _check_least(value, f"silicon: {name} =")
            object.__setattr__(self, name, value)
        for name in SHARES:
            if getattr(self, name) > 1:
                raise ModelError(f"silicon: {name} = {getattr(self, name):g}; expected a share from 0 to 1")
        if self.dropped + self.doubled + self.late > 1:
            raise ModelError("silicon: dropped, doubled and late are more than 1 together; a spike has one fate")
        if not self.weight_range:
            raise ModelError("silicon: weight_range = 0; expected the largest weight of the chip")
        object.__setattr__(self, "weight_bits", _bits(self.weight_bits, "silicon: weight_bits ="))
        if self.reprogram is not None:
            trials = whole_number(self.reprogram, "silicon: reprogram =", least=1, error=ModelError)
            object.__setattr__(self, "reprogram", trials)
        spreads = numbers(self.mismatch, "silicon: mismatch", error=ModelError)
        for name, value in spreads.items():
            _check_least(value, f"silicon: mismatch of {name} =")
        object.__setattr__(self, "mismatch", spreads)
        if not isinstance(self.readout, Readout):
            raise ModelError(f"silicon: readout = {shown(self.readout)}; expected a Readout")

    @property
    def changes_neurons(self) -> bool:
        """Whether neurons are not those of the equations."""
        return bool(self.gain or self.offset or self.mismatch or self.step_noise or self.drift or self.dead_neurons)

    @property
    def changes_spikes(self) -> bool:
        """Whether spikes are lost, doubled or late."""
        return bool(self.dropped or self.doubled or self.late)

    @property
    def changes_weights(self) -> bool:
        """Whether what synapses deliver is not what was written."""
        figures = (self.weight_gain, self.weight_offset, self.write_noise, self.dead_synapses, self.stuck_synapses)
        return self.weight_bits is not None or any(figures)

    def alone(self) -> Iterator[tuple[str, Silicon]]:
        """Yield each figure that is not that of an ideal chip, and a chip that has this one alone."""
        ideal = Silicon(weight_range=self.weight_range, reprogram=self.reprogram)
        for name in FIGURES:
            value = getattr(self, name)
            if value != getattr(ideal, name):
                yield name, replace(ideal, **{name: value})


FIGURES = tuple(f.name for f in fields(Silicon))
"""Names of the figures."""


def _bits(value: object, what: str) -> int | None:
    return None if value is None else whole_number(value, what, least=1, most=MOST_BITS, error=ModelError)


def _check_least(value: float, what: str) -> None:
    if value < 0:
        raise ModelError(f"{what} {value:g}; expected 0 or more")
