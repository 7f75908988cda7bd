"""Bits that synapses take in a core's memory, in the format of Loihi 1 [nengo-loihi, ``SynapseConfig.bits_per_axon``].

The synapses of one axon lie in blocks of up to 64, each with a header and rounded up to whole words. Synapses of an
axon to all neurons of a core need no index of their target.
"""

from __future__ import annotations

BLOCK = 64
HEADER_BITS = 10
WORD_BITS = 64
WEIGHT_WIDTHS = (1, 2, 3, 4, 5, 6, 8)
INDEX_WIDTHS = (0, 6, 7, 8, 9, 10, 11, 12)
"""Widths that the format has; a number takes the next one up. Indices of Loihi 2, with more than 2**12 neurons in a
core, are assumed to take the bits that they need."""


def weight_width(bits: int) -> int:
    """Return the narrowest width for weights of so many bits.

    Raises
    ------
    StopIteration
        For more bits than a weight can have, 8.
    """
    return next(w for w in WEIGHT_WIDTHS if w >= bits)


def index_width(targets: int) -> int:
    """Return the number of bits that tell one of so many neurons of a core."""
    needed = max(targets - 1, 0).bit_length()
    return next((w for w in INDEX_WIDTHS if w >= needed), needed)


def delay_width(delay: int) -> int:
    """Return the number of bits of a synapse for a delay in steps; 1 is the step that every spike takes."""
    return (delay - 1).bit_length()


def axon_bits(synapses: int, bits: int) -> int:
    """Return the bits of one axon's synapses: each block of n takes ceil((n*bits + header)/word) words.

    Parameters
    ----------
    synapses
        How many it has in the core.
    bits
        Of each: weight, delay, index.
    """
    full, rest = divmod(synapses, BLOCK)
    return full * _words(BLOCK * bits) + (_words(rest * bits) if rest else 0)


def _words(content: int) -> int:
    return -(-(content + HEADER_BITS) // WORD_BITS) * WORD_BITS
