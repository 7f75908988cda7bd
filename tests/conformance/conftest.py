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

COMPILED_IN_FLOAT64 = {"ep_one_sided", "ep_symmetric", "sleep", "two_ports", "delayed_spikes"}
"""Other cases that are compiled in every test run in float64, too; all of them are on the grid, where a bit would tell.

NumPy's mode runs all of them in float64.
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_slow(item):
            item.add_marker(pytest.mark.slow)


def _is_slow(item: pytest.Item) -> bool:
    if "brian2:cython" in item.name:
        return item.name != CYTHON_ALWAYS
    if not item.nodeid.partition("::")[0].endswith("test_agreement.py"):
        return False
    return "brian2:standalone" in item.name and _case(item) is not None and not _always(item)


def _case(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("neurosim_case") if callspec else None


def _always(item: pytest.Item) -> bool:
    if _case(item) in CASES:
        return not item.name.startswith("test_float64") or _case(item) in COMPILED_IN_FLOAT64
    return item.name.startswith("test_grid") and _case(item) in COMPILED_ALWAYS
