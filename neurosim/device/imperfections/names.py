"""Names that silicon gives to what it adds to populations and projections; no model has them."""

from __future__ import annotations

PREFIX = "silicon_"

GAIN, OFFSET, NEURON_ALIVE = "silicon_gain", "silicon_offset", "silicon_neuron_alive"
NOISE, DRIFT = "silicon_noise", "silicon_drift"
COPIES, LATE = "silicon_copies", "silicon_late"
SENT, WAITING = "silicon_sent", "silicon_waiting"

ALIVE, FACTOR, ERROR, IS_STUCK, STUCK_AT = (
    "silicon_alive",
    "silicon_factor",
    "silicon_error",
    "silicon_is_stuck",
    "silicon_stuck_at",
)
WRITTEN = "silicon_written"
"""What the last programming has added to each synapse: an array that no rule writes."""

BACK = "_silicon_back"
"""Behind the name of a projection: its synapses in the other direction, which a chip has beside those forward."""


def deviation(constant: str) -> str:
    """The factor of a constant, of each neuron."""
    return f"{PREFIX}of_{constant}"


def is_of_silicon(variable: str) -> bool:
    """Whether a variable ``owner.name`` is none of the network's own."""
    owner, _, name = variable.partition(".")
    return name.startswith(PREFIX) or owner.endswith(BACK)
