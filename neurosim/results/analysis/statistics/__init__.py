"""Statistics over seeds: mean and spread, intervals, paired tests, effect sizes, equivalence.

All take the values of one metric, a number a seed, and depend on nothing else: not on their order, nor on the machine.
"""

from neurosim.results.analysis.statistics.bootstrap import bootstrap_interval
from neurosim.results.analysis.statistics.effects import cohens_dz, hedges_gav, rank_biserial
from neurosim.results.analysis.statistics.equivalence import EquivalenceTest, equivalence_test
from neurosim.results.analysis.statistics.intervals import Interval, t_interval
from neurosim.results.analysis.statistics.multiple import holm
from neurosim.results.analysis.statistics.outcome import PairedTest
from neurosim.results.analysis.statistics.pairing import SeedPairs, paired_by_seed
from neurosim.results.analysis.statistics.sign_flips import sign_flip_test
from neurosim.results.analysis.statistics.signed_rank import signed_rank_test
from neurosim.results.analysis.statistics.spread import mean, standard_deviation
from neurosim.results.analysis.statistics.t_test import paired_t_test

__all__ = [
    "EquivalenceTest",
    "Interval",
    "PairedTest",
    "SeedPairs",
    "bootstrap_interval",
    "cohens_dz",
    "equivalence_test",
    "hedges_gav",
    "holm",
    "mean",
    "paired_by_seed",
    "paired_t_test",
    "rank_biserial",
    "sign_flip_test",
    "signed_rank_test",
    "standard_deviation",
    "t_interval",
]
