"""What the torch backend adds to the conformance suite: batches, number formats, and refusals that say what to do."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import BackendUnavailable, InputError, UnknownBackend
from neurosim.program.lowering.lower import in_batches, lower
from neurosim.program.precision import Float64, Grid
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.testing.agreement import assert_learned_agree
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import case_named
from neurosim_torch import TorchBackend, session

END_RULES = ["ep_one_sided", "ep_symmetric", "metaplastic", "sparse_propagation"]
"""Cases that learn at the end of a trial alone: by products of matrices, and synapse by synapse."""

ADDED_UP = ["ep_one_sided", "ep_symmetric"]
"""Those of them whose rules can be added up over trials."""

INFERRED = ["ep_inference", "recurrent_spiking", "two_ports", "sparse_spikes", "delayed_spikes"]


def learned_by_torch(case: Case, program: Program, batch: int) -> dict[str, Array]:
    with TorchBackend().compile(program, batch=batch) as opened:
        opened.write(case.learned_for(program))
        opened.run(case.trials, constants=case.constants)
        return opened.read()


def learned_by_sums(case: Case, program: Program, batch: int) -> dict[str, Array]:
    """w + sum over a batch of the changes that the reference makes in each of its trials from w, batch after batch."""
    with ReferenceBackend().compile(program) as opened:
        opened.write(case.learned_for(program))
        learned = opened.read()
        for first in range(0, case.trials.count, batch):
            changes: dict[str, list[Array]] = {n: [] for n in learned}
            for trial in range(first, min(first + batch, case.trials.count)):
                opened.write(learned)
                opened.run(case.trials.part(trial, trial + 1), constants=case.constants)
                for n, a in opened.read().items():
                    changes[n].append(a - learned[n])
            learned = {n: learned[n] + np.sum(changes[n], axis=0) for n in learned}
    return learned


def learned_by_reference(case: Case, program: Program) -> dict[str, Array]:
    with ReferenceBackend().compile(program) as opened:
        opened.write(case.learned_for(program))
        opened.run(case.trials, constants=case.constants)
        return opened.read()


@pytest.mark.parametrize("name", END_RULES)
def test_a_batch_of_one_is_the_reference(name: str) -> None:
    case = case_named(name, 0.25)
    program = case.program(Grid())
    assert assert_learned_agree(learned_by_torch(case, program, 1), learned_by_reference(case, program))


@pytest.mark.filterwarnings("ignore:TorchBackend.compile")
@pytest.mark.parametrize("name", ADDED_UP)
@pytest.mark.parametrize("batch", [2, 4, 100])
def test_a_batch_learns_the_sum_of_what_its_trials_would_change(name: str, batch: int) -> None:
    case = case_named(name, 0.25)
    program = case.program(Float64())
    assert case.trials.count % 4, "the last batch is smaller"
    assert_learned_agree(learned_by_torch(case, program, batch), learned_by_sums(case, program, batch), 1e-12)


@pytest.mark.filterwarnings("ignore:TorchBackend.compile")
@pytest.mark.parametrize("name", ADDED_UP)
def test_what_a_batch_learned_is_on_the_grid(name: str) -> None:
    case = case_named(name, 0.25)
    program = case.program(Grid())
    learned = learned_by_torch(case, program, 7)
    with ReferenceBackend().compile(program) as opened:
        opened.write(learned)  # refuses what is not on the grid
    assert not np.array_equal(learned[program.on_grid()[0]], case.learned_for(program)[program.on_grid()[0]])


@pytest.mark.parametrize("name", INFERRED)
@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_batches_without_learning_change_no_bit_on_the_grid(
    name: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_named(name, 0.25)
    program = case.program(Grid())
    monkeypatch.setattr(session, "LARGEST_BATCH", batch)
    recorded = []
    for backend in (TorchBackend(), ReferenceBackend()):
        with backend.compile(program) as opened:
            opened.write(case.learned_for(program))
            recorded.append(opened.run(case.trials, constants=case.constants, learn=False))
    for probe, expected in recorded[1].probes.items():
        found = recorded[0][probe]
        if isinstance(expected, np.ndarray):
            np.testing.assert_array_equal(found, expected, err_msg=probe)
        else:
            np.testing.assert_array_equal(found.pairs(), expected.pairs(), err_msg=probe)


def test_a_batch_of_the_backend_is_that_of_the_schedule_and_warns() -> None:
    case = case_named("ep_one_sided", 0.25)
    with pytest.warns(DeprecationWarning, match=r"batch=\) is Schedule\(batch=\), the sum .* gone in neurosim"):
        found = learned_by_torch(case, case.program(Grid()), 4)
    program = lower(case.network, replace(case.schedule, batch=4), precision=Grid())
    assert assert_learned_agree(found, learned_by_reference(case, program))


def test_progress_tells_of_every_batch() -> None:
    case = case_named("ep_one_sided", 0.25)
    calls = []
    with TorchBackend().compile(in_batches(case.program(), 4)) as opened:
        opened.run(case.trials, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(4, 15), (8, 15), (12, 15), (15, 15)]


# number formats


def test_float32_is_refused_on_the_grid() -> None:
    with pytest.raises(InputError, match="float32: sums on the grid need the 53 bits of float64"):
        TorchBackend().compile(case_named("ep_one_sided", 0.25).program(Grid()), dtype="float32")


def test_float32_is_near_the_reference_and_not_equal() -> None:
    case = case_named("ep_inference", 0.25)
    program, probe = case.program(), "output.s@end:free"
    with TorchBackend().compile(program, dtype="float32") as opened, ReferenceBackend().compile(program) as reference:
        for s in (opened, reference):
            s.write(case.learned)
        found, expected = (
            s.run(case.trials, constants=case.constants, learn=False)[probe] for s in (opened, reference)
        )
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert not np.array_equal(found, expected)


def test_float32_without_learning_leaves_the_bits_of_what_is_learned() -> None:
    case = case_named("ep_inference", 0.25)
    learned = {n: a + 1e-12 for n, a in case.learned.items()}
    with TorchBackend().compile(case.program(), dtype="float32") as opened:
        opened.write(learned)
        opened.run(case.trials, constants=case.constants, learn=False)
        assert assert_learned_agree(opened.read(), learned)


def test_another_dtype_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="dtype 'float23'; did you mean 'float32'"):
        TorchBackend().compile(case_named("ep_one_sided", 0.25).program(), dtype="float23")


def test_a_batch_of_no_trials_is_refused() -> None:
    with pytest.raises(InputError, match="batch 0; expected a whole number of at least 1"):
        TorchBackend().compile(case_named("ep_one_sided", 0.25).program(), batch=0)


# what is not there


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_refused_without_a_device() -> None:
    with pytest.raises(BackendUnavailable, match="torch finds no CUDA device here; use torch:cpu"):
        TorchBackend().compile(case_named("ep_one_sided", 0.25).program(), mode="cuda")


def test_an_unknown_mode_is_answered_with_the_modes() -> None:
    with pytest.raises(UnknownBackend, match=r"torch has no mode 'gpu'; did you mean 'cpu'\? \(known: cpu, cuda\)"):
        TorchBackend().compile(case_named("ep_one_sided", 0.25).program(), mode="gpu")


HIDE = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""

ASK = """
from neurosim.backend.registry import load
from neurosim.errors import BackendUnavailable
from neurosim.testing.cases.small import CASES

backend, mode = load("torch:cpu")
for ask in (backend.versions, lambda: backend.compile(CASES["ep_one_sided"](0.25).program(), mode=mode)):
    try:
        ask()
    except BackendUnavailable as error:
        print(error)
"""


def said_by(script: str, folder: Path) -> list[str]:
    """What a process prints, in whose imports the folder comes first."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    return found.stdout.splitlines()


def test_without_pytorch_the_backend_is_unavailable_and_says_how_to_install_it(tmp_path: Path) -> None:
    said = "backend torch needs PyTorch: pip install 'neurosim[torch]'"
    assert said_by(HIDE + ASK, tmp_path) == [said, said]


def test_something_else_called_torch_is_not_pytorch(tmp_path: Path) -> None:
    (tmp_path / "torch.py").touch()
    found = said_by(ASK, tmp_path)
    assert len(found) == 2
    assert all("pip install 'neurosim[torch]'" in line for line in found)
