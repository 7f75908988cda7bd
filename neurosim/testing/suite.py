"""All tests of the suite under one name, for a module that names its own ``TARGETS``: ``from ... import *``."""

from neurosim.testing.test_cases import *  # noqa: F403
from neurosim.testing.test_contract import *  # noqa: F403
from neurosim.testing.test_kept_state import *  # noqa: F403
from neurosim.testing.test_random_networks import *  # noqa: F403
from neurosim.testing.test_shared_weights import *  # noqa: F403
