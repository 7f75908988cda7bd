"""The page of the library says what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import neurosim as ns
from neurosim.model import learning, neurons, synapses

ROOT = Path(__file__).parents[2]
KINDS = ((neurons, ns.NeuronModel), (synapses, ns.SynapseModel), (learning, ns.LearningRule))
LIBRARY = [n for package, kind in KINDS for n, v in vars(package).items() if isinstance(v, kind)]


@pytest.fixture(scope="module")
def make_library():
    found = importlib.util.spec_from_file_location("make_library", ROOT / "docs" / "make_library.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(make_library):
    written = make_library.PAGE.read_text(encoding="utf-8")
    assert written == make_library.page(), "run: python docs/make_library.py"


@pytest.mark.parametrize("name", LIBRARY)
def test_a_name_of_the_library_is_on_the_page_and_in_python(make_library, name):
    assert f"**`{name}`**" in make_library.page()
    assert name in ns.__all__
