"""What scripts of before import is found, is the same, and says what took its place."""

import re
import subprocess
import sys
from importlib import import_module
from pkgutil import resolve_name
from types import SimpleNamespace

import pytest

from neurosim.edges.deprecated import MOVED, REPLACED

PACKAGES = {
    "neurosim.backend.remote.RemoteBackend": "neurosim.backend.remote.backend",
    "neurosim.testing.cases.ep_one_sided": "neurosim.testing.cases.small",
}
"""Names of modules that are packages now, and where they are."""


@pytest.mark.parametrize("old", MOVED)
def test_a_moved_module_is_what_it_is_now(old: str) -> None:
    if old.startswith("neurosim_torch"):
        pytest.importorskip("torch", exc_type=ImportError)
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=rf"^{old} is {MOVED[old]} now; the old name is gone in neurosim 0\.3$"):
        moved = import_module(old)
    new = import_module(MOVED[old])
    public = [name for name in dir(new) if not name.startswith("_")]
    assert public
    assert all(getattr(moved, name) is getattr(new, name) for name in public)


@pytest.mark.parametrize(("old", "home"), PACKAGES.items())
def test_a_name_of_a_module_that_is_a_package_now(old: str, home: str) -> None:
    package, name = old.rsplit(".", 1)
    with pytest.warns(DeprecationWarning, match=f"^{old} is {home}.{name} now"):
        assert getattr(import_module(package), name) is getattr(import_module(home), name)


@pytest.mark.parametrize("name", ["HostSession", "Outcome", "delivered_weights", "locate"])
def test_a_name_that_left_the_contract_is_the_same_where_it_is_now(name: str) -> None:
    old = f"neurosim.backend.contract.{name}"
    home = REPLACED[old][0]
    assert home.endswith(f".{name}")
    with pytest.warns(DeprecationWarning, match=f"^{old} is {home} now; the old name is gone in neurosim 0\\.3$"):
        moved = resolve_name(old)
    assert moved is resolve_name(home)
    assert moved.__module__ == home.rpartition(".")[0]


@pytest.mark.parametrize("old", [name for name in REPLACED if name.startswith("neurosim.scenario.engine")])
def test_a_function_of_before_does_what_is_written_in_its_place(old: str) -> None:
    module, name = old.rsplit(".", 1)
    instead, function = REPLACED[old][0], REPLACED[old][1]()
    with pytest.warns(DeprecationWarning, match=f"^{old} is {re.escape(instead)} now"):
        assert getattr(import_module(module), name) is function
    data = SimpleNamespace(build=lambda *given: ("data", *given))
    scenario = SimpleNamespace(data=data, stream=SimpleNamespace(build=lambda *given: ("stream", *given)))
    assert function(scenario, "given") == (instead.split(".")[1], "given")


def test_the_warning_points_at_the_line_of_the_import(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import neurosim\n\nfrom neurosim.scenario.training import one_sided\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert f"{script}:3: DeprecationWarning: neurosim.scenario.training is" in done.stderr
