"""What of the suite is slow: Cython takes half a minute a program; g++ ten seconds, too long for all of the library."""

from __future__ import annotations

import pytest

from neurosim.testing.cases.small import CASES

CYTHON_ALWAYS = "test_grid[brian2:cython-two_ports]"
COMPILED_ALWAYS = {
    *("refractory", "current", "sign", "adam", "stdp", "arrival_stdp", "three_factor"),
    *("many_units", "many_steps", "many_trials", "many_inferences"),
}
"""Cases of the library and of size that are compiled in every test run, on the grid; the others where there is time.

Three of those of size are one program.
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_slow(item):
            item.add_marker(pytest.mark.slow)


def _is_slow(item: pytest.Item) -> bool:
    if not item.nodeid.partition("::")[0].endswith("test_agreement.py"):
        return False
    if "brian2:cython" in item.name:
        return item.name != CYTHON_ALWAYS
    return "brian2:standalone" in item.name and _is_of_library(item) and not _always(item)


def _case(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("neurosim_case") if callspec else None


def _is_of_library(item: pytest.Item) -> bool:
    case = _case(item)
    return case is not None and case not in CASES


def _always(item: pytest.Item) -> bool:
    return item.name.startswith("test_grid") and _case(item) in COMPILED_ALWAYS
