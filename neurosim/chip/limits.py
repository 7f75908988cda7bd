"""What a core and a chip have room for. Each number has its source; what has none in public is marked as an assumption.

Sources:

- [1] nengo-loihi, ``nengo_loihi/block.py``: MAX_COMPARTMENTS, MAX_IN_AXONS, MAX_OUT_AXONS, MAX_SYNAPSE_BITS, and
  ``SynapseConfig``, from which the memory of synapses is computed; ``nengo_loihi/validate.py`` refuses what exceeds
  them.
- [2] Davies et al. 2018, Loihi: a neuromorphic manycore processor with on-chip learning, IEEE Micro 38(1).
- [3] lava-nc 0.10.0: ``lava/proc/dense/models.py``, ``lava/utils/weightutils.py``,
  ``lava/magma/core/learning/constants.py``.
- [4] Intel Labs 2021, Taking neuromorphic computing to the next level with Loihi 2, technology brief, as summarised by
  open-neuromorphic.org: 128 cores, 1 million neurons, 120 million synapses a chip; numbers of a core are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.errors import InputError, nearest

CORES = 128
"""Neuron cores of a chip; both generations [2, 4]."""

LOIHI1_COMPARTMENTS = 1024
"""Compartments of a core of Loihi 1 [1, 2]."""

LOIHI2_COMPARTMENTS = 8192
"""Compartments of a core of Loihi 2: 1 million of a chip, by 128 cores [4]. Assumption: that all models get so many."""

IN_AXONS = 4096
"""Axons that can end in a core of Loihi 1 [1]: one for each neuron that projects into it."""

OUT_AXONS = 4096
"""Axons that can begin in a core of Loihi 1 [1]: of each neuron one for each core that it projects to."""

SYNAPSE_BITS = 2**20
"""Bits of memory for synapses in a core of Loihi 1, 128 KB [1]."""

LOIHI2_IN_AXONS = IN_AXONS
"""Assumption: as Loihi 1. No public source gives this number for Loihi 2."""

LOIHI2_OUT_AXONS = OUT_AXONS
"""Assumption: as Loihi 1. No public source gives this number for Loihi 2."""

LOIHI2_SYNAPSE_BITS = SYNAPSE_BITS
"""Assumption: as Loihi 1. 120 million synapses a chip [4] are 937,500 a core, which agrees if they have one bit."""

WEIGHT_BITS = 8
"""The widest weight [1, 3]; Lava keeps 8 bits and, where signs are mixed, takes the sign from them."""

LONGEST_DELAY = 63
"""Steps that a synapse can add to the one that every spike takes, 6 bits [3]."""


@dataclass(frozen=True)
class Chip:
    """A generation of chips, with what a core has room for.

    Attributes
    ----------
    title
        The name in prose.
    in_axons, out_axons, compartments, synapse_bits
        What a core has room for.
    graded
        Spikes can carry a number, and learning rules can read numbers of the post-synaptic neuron (three factors) [4].
    assumed
        Which of the four numbers of a core are assumptions.
    cores
        Of a chip.
    longest_delay
        Steps that a synapse can add to the one that every spike takes.
    """

    name: str
    title: str
    compartments: int
    in_axons: int
    out_axons: int
    synapse_bits: int
    graded: bool
    assumed: tuple[str, ...] = ()
    cores: int = CORES
    longest_delay: int = LONGEST_DELAY


LOIHI1 = Chip("loihi1", "Loihi 1", LOIHI1_COMPARTMENTS, IN_AXONS, OUT_AXONS, SYNAPSE_BITS, graded=False)
LOIHI2 = Chip(
    "loihi2",
    "Loihi 2",
    LOIHI2_COMPARTMENTS,
    LOIHI2_IN_AXONS,
    LOIHI2_OUT_AXONS,
    LOIHI2_SYNAPSE_BITS,
    graded=True,
    assumed=("compartments", "in_axons", "out_axons", "synapse_bits"),
)
CHIPS = {chip.name: chip for chip in (LOIHI1, LOIHI2)}


def chip_of(name: str) -> Chip:
    """Return the chip of a name, as the command line has it.

    Raises
    ------
    InputError
        For a name that no chip has.
    """
    if name not in CHIPS:
        raise InputError(f"chip {name!r}: there is none of that name; {nearest(name, CHIPS)}")
    return CHIPS[name]
