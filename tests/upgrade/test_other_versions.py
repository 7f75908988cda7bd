"""Under other versions a run does not go on, and the text says how it can; reading what has ended is not refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neurosim.errors import BackendUnavailable, InputError
from neurosim.results.store import Identity, check_same, read_run

BY_GRADIENTS = """
[scenario]
name = "by_gradients"
[data]
name = "digits"
test = 20
train = 20
[stream]
kind = "class-incremental"
increment = 5
[network.population]
input = { size = 64, wake = { model = "Clamp" } }
output = { size = 10, wake = { model = "RateUnit" } }
[network.projection]
weights = { pre = "input", post = "output" }
[training]
method = "gradient"
input = "input"
output = "output"
steps = 3
lr = 0.01
epochs = 2
"""


class Trainer:
    """Stands for the one of PyTorch: it adds a little to every array."""

    def __init__(self, *about: object):
        self._tasks = 0

    def train(self, learned: Mapping[str, Any], *trials: object, **more: object) -> SimpleNamespace:
        self._tasks += 1
        return SimpleNamespace(learned={n: a + 0.125 for n, a in learned.items()}, history=[0], best=0)

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: object) -> None:
        """Nothing is kept from task to task."""


LOADERS = ("neurosim.scenario.engine.load_trainer", "neurosim.scenario.methods.gradient.load_trainer")


def without_pytorch(*_: object) -> None:
    raise BackendUnavailable("training by gradients needs PyTorch")


@pytest.fixture
def run_by_gradients(neurosim, tmp_path: Path) -> Path:
    (tmp_path / "gradients.toml").write_text(BY_GRADIENTS)
    with pytest.MonkeyPatch.context() as patch:
        for name in LOADERS:
            patch.setattr(name, lambda: Trainer)
        patch.setattr("neurosim.scenario.runs.saved_run.TORCH", SimpleNamespace(version=lambda _: "2.0"))
        assert neurosim("run", "gradients.toml").code == 0
    [run] = (tmp_path / "runs").iterdir()
    return run


@pytest.fixture
def no_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOADERS:
        monkeypatch.setattr(name, without_pytorch)
    monkeypatch.setattr("neurosim.scenario.runs.saved_run.TORCH", SimpleNamespace(version=without_pytorch))


@pytest.mark.usefixtures("no_pytorch")
def test_a_finished_run_by_gradients_is_read_without_pytorch(neurosim, run_by_gradients: Path) -> None:
    done = neurosim("resume", run_by_gradients)
    assert done.code == 0, done.err
    assert "nothing is left to run" in done.err


@pytest.mark.usefixtures("no_pytorch")
def test_an_unfinished_one_needs_it(neurosim, run_by_gradients: Path) -> None:
    (run_by_gradients / "result.json").unlink()
    sorted(run_by_gradients.glob("phases/*"))[-1].unlink()
    done = neurosim("resume", run_by_gradients)
    assert (done.code, done.err) == (2, "error: training by gradients needs PyTorch\n")


def test_an_interrupted_run_says_what_to_install(neurosim, run_directory, monkeypatch) -> None:
    run = run_directory("interrupted")
    was = read_run(run)[0].versions
    later = {"neurosim": "9.0", "numpy": was["numpy"], "python": "3.99"}
    monkeypatch.setattr("neurosim.backend.reference.ReferenceBackend.versions", lambda _: later)
    done = neurosim("resume", run)
    wanted = f"neurosim {was['neurosim']}, python {was['python']}"
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"error: {run}: begun with {wanted}, but here is neurosim 9.0, python 3.99; "
        f"install {wanted}, or run the scenario anew\n"
    )


def test_a_version_that_did_not_count_then_cannot_be_installed() -> None:
    was = Identity("s", 0, "reference", "numpy", "test", (1,), {"numpy": "1"}, "digest")
    now = Identity("s", 0, "reference", "numpy", "test", (1,), {"numpy": "1", "scipy": "2"}, "digest")
    with pytest.raises(InputError, match=r"begun with scipy absent, but here is scipy 2; run the scenario anew$"):
        check_same(was, now, "DIR")
