"""What pytest needs for the suite: options, targets and cases as parameters, the matrix at the end.

Installed as a pytest plugin so that the options are known in any folder; it does nothing in other test suites. A module
that imports the suite's tests may name its own targets: ``TARGETS = [Target("mine:fast"), Target("mine:slow", 0.25)]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from neurosim.testing.matrix import SupportMatrix
    from neurosim.testing.targets import Target

PROPERTY = "neurosim"

IN_ANY_FORMAT = {"test_grid", "test_random_networks"}
"""Tests that are also run in other number formats."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options ``--neurosim-...``."""
    group = parser.getgroup("neurosim", "conformance of neurosim backends")
    group.addoption(
        "--neurosim-backend", action="append", metavar="NAME[:MODE]", help="backend to test; may be given repeatedly"
    )
    group.addoption(
        "--neurosim-device",
        action="append",
        default=[],
        metavar="LINK",
        help="device to test, such as tcp:127.0.0.1:4587, in the numbers of Loihi 2; may be given repeatedly",
    )
    group.addoption(
        "--neurosim-length", type=float, default=1.0, metavar="SHARE", help="share of each case, for slow backends"
    )
    group.addoption(
        "--neurosim-examples", type=int, default=25, metavar="N", help="random networks; few where each is compiled"
    )
    group.addoption(
        "--neurosim-precision",
        default="grid",
        choices=["grid", "float32", "loihi1", "loihi2"],
        help="number format of the cases that are else on the grid; nothing but these is then run",
    )
    group.addoption("--neurosim-matrix", type=Path, metavar="FILE", help="write what was reached to a JSON file")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test of the suite its targets and cases.

    Raises
    ------
    pytest.UsageError
        If no backend is named, or one cannot be loaded.
    """
    if "neurosim_target" not in metafunc.fixturenames:
        return
    every = metafunc.function.__name__ in IN_ANY_FORMAT
    targets = [t for t in _targets(metafunc) if every or t.precision == "grid"]
    metafunc.parametrize("neurosim_target", targets, ids=[t.title for t in targets])
    if "neurosim_case" in metafunc.fixturenames:
        from neurosim.testing.targets import all_cases

        metafunc.parametrize("neurosim_case", list(all_cases()))


def _targets(metafunc: pytest.Metafunc) -> Sequence[Target]:
    from neurosim.backend import registry
    from neurosim.errors import NeurosimError
    from neurosim.testing.on_board import OnBoard
    from neurosim.testing.targets import Target

    config = metafunc.config
    given, links = config.getoption("neurosim_backend"), config.getoption("neurosim_device")
    if given is None and not links and not hasattr(metafunc.module, "TARGETS"):
        raise pytest.UsageError(
            "the conformance suite needs --neurosim-backend NAME[:MODE] or --neurosim-device LINK; "
            f"installed: {', '.join(registry.names())}"
        )
    length, examples = config.getoption("neurosim_length"), config.getoption("neurosim_examples")
    precision = config.getoption("neurosim_precision")
    chosen: list[Target] = [Target(name, length, examples, precision) for name in given or []]
    chosen += [OnBoard(link, length, examples, loop=loop) for link in links for loop in ("trial", 1)]
    chosen = chosen or metafunc.module.TARGETS
    try:
        return [t.resolved() for t in chosen]
    except NeurosimError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give a test of the suite its cell of the matrix."""
    if "neurosim_target" in getattr(item, "fixturenames", ()):
        item.user_properties.append((PROPERTY, _cell(item)))


def _cell(item: pytest.Item) -> dict[str, Any]:
    """A place in the matrix; the test says in it what was reached."""
    callspec = item.callspec  # type: ignore[attr-defined]
    function = item.originalname.removeprefix("test_").replace("_", " ")  # type: ignore[attr-defined]
    case = callspec.params.get("neurosim_case")
    row = {"case": case, "number_format": function} if case else {"row": function}
    return {"target": callspec.params["neurosim_target"].title, **row}


@pytest.fixture
def neurosim_cell(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The cell of the matrix in which a test of the suite says which tier was reached."""
    return next(value for name, value in request.node.user_properties if name == PROPERTY)  # type: ignore[no-any-return]


def pytest_configure(config: pytest.Config) -> None:
    """Register what gathers the matrix."""
    config.pluginmanager.register(_Collector(config), "neurosim-matrix")


class _Collector:
    """Gathers what was reached from the reports, and prints it at the end."""

    def __init__(self, config: pytest.Config):
        self.config = config
        self.matrix: SupportMatrix | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        cells: list[Any] = [value for name, value in report.user_properties if name == PROPERTY]
        if not cells or not (report.when == "call" or report.outcome != "passed"):
            return
        if self.matrix is None:
            from neurosim.testing.matrix import SupportMatrix

            self.matrix = SupportMatrix()
        self.matrix.add(cells[0], report.outcome)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.matrix is None:
            return
        terminalreporter.section("neurosim conformance")
        terminalreporter.write_line(self.matrix.text())
        path = self.config.getoption("neurosim_matrix")
        if path is not None:
            path.write_text(self.matrix.to_json(), encoding="utf-8")
