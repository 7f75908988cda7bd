from collections.abc import Iterator

import pytest

from neurosim.errors import BackendUnavailable
from neurosim.testing.cases.small import CASES, Case
from neurosim_lava import LavaBackend
from neurosim_lava.session import LavaSession


@pytest.fixture(scope="session")
def backend() -> LavaBackend:
    found = LavaBackend(deadline=120)
    try:
        found.versions()
    except BackendUnavailable as error:
        pytest.skip(str(error))
    return found


@pytest.fixture
def case() -> Case:
    return CASES["ep_one_sided"](1.0)


@pytest.fixture
def mode() -> str:
    """The mode of `session`; a module for several parametrises it."""
    return "fused"


@pytest.fixture
def session(backend: LavaBackend, case: Case, mode: str) -> Iterator[LavaSession]:
    """A session that has run already, so that its network is alive."""
    with backend.compile(case.program(), mode=mode) as opened:
        opened.write(case.learned)
        opened.run(case.trials)
        yield opened
