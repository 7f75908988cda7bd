"""What a program can ask for: documented, equal to its text, and refused where a backend makes one up."""

from __future__ import annotations

import ast
import inspect
import json
import pickle
from itertools import pairwise

import pytest

from neurosim.backend import contract
from neurosim.backend.contract import Capabilities
from neurosim.errors import BackendError
from neurosim.program import features
from neurosim.program.features import Feature

TEXTS = {
    "stimulus:constant", "stimulus:steps", "stimulus:events", "probe:step", "probe:end", "probe:some", "probe:learned",
    "learning:step", "learning:spike", "learning:end", "several ports", "output expression",
    "reciprocal projection", "weight expression", "delay", "delays of synapses", "sparse projection", "shared weights",
    "fixed parameters", "initial values", "batches",
}  # fmt: skip


def test_texts_are_those_that_files_and_workers_know() -> None:
    assert set(Feature) == TEXTS
    assert sorted(Feature) == sorted(TEXTS)
    assert json.dumps(sorted(Feature)) == json.dumps(sorted(TEXTS))
    assert {f"{f}" for f in Feature} == {str(f) for f in Feature} == TEXTS
    assert all(type(str(f)) is str for f in Feature)


def test_a_feature_is_itself_in_another_process() -> None:
    assert all(pickle.loads(pickle.dumps(f)) is f for f in Feature)


def test_every_feature_is_documented() -> None:
    (members,) = (n.body for n in ast.parse(inspect.getsource(features)).body if isinstance(n, ast.ClassDef))
    documented = [
        a.targets[0].id
        for a, text in pairwise(members)
        if isinstance(a, ast.Assign) and isinstance(text, ast.Expr) and isinstance(a.targets[0], ast.Name)
    ]
    assert documented == [f.name for f in Feature]


def test_a_backend_may_give_texts() -> None:
    (supported,) = Capabilities(("plain",), {"plain": frozenset({"delay", "probe:end"})}).features.values()
    assert supported == {Feature.DELAY, Feature.END_PROBE}
    assert all(type(f) is Feature for f in supported)


def test_a_text_that_is_no_feature_is_refused_with_the_nearest() -> None:
    with pytest.raises(BackendError, match=r"feature 'delays': no program asks for it; did you mean 'delay'\?"):
        Capabilities(("plain",), {"plain": frozenset({"delays"})})


def test_the_name_of_before_is_still_found() -> None:
    with pytest.warns(DeprecationWarning, match=r"contract\.FEATURES is frozenset\(neurosim\.program\.features"):
        assert contract.FEATURES == TEXTS
