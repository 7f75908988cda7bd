"""Simulations that are kept in a directory: whatever ends them, they go on to the bytes of one that nobody ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from small_run import contents

import neurosim as ns
from neurosim.backend.reference import ReferenceSession
from neurosim.errors import BackendError, InputError, ModelError
from neurosim.simulation import SpikeTrain, kept
from neurosim.simulation.kept import SimulationDirectory, block_files, identity
from neurosim.simulation.recordings.recording import Recording, SampledTrace

BLOCKS = 5
DURATION = "50 ms"
"""500 steps, 100 a block."""

USUAL_BLOCKS = identity.block_steps

FILE = """
import neurosim as ns
network = ns.NetworkBuilder(seed=5)
noise = network.source("noise", ns.poisson(20, rate="300 Hz"))
cells = network.population("cells", 10, ns.LIF(dt=0.1))
network.connect(noise, cells, weight=0.4)
duration = "50 ms"
"""

TOML = """
[simulation]
name = "small"
duration = "50 ms"
dt = "0.1 ms"

[network.population.e]
size = 10
model = "LIF"

[network.source.noise]
kind = "poisson"
size = 20
rate = "300 Hz"

[network.projection.feed]
pre = "noise"
post = "e"
weight = 0.4
"""


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "block_steps", lambda program, align: -(-100 // align) * align)


def network(seed: int = 1, rate: str = "300 Hz") -> ns.NetworkBuilder:
    """Noise, neurons, and synapses that learn."""
    net = ns.NetworkBuilder(seed=seed, dt="0.1 ms")
    noise = net.source("noise", ns.poisson(30, rate=rate))
    cells = net.population("cells", 10, ns.TracedLIF(tau_mem=10.0))
    net.connect(noise, cells, weight=ns.uniform(0.1, 0.3), synapse=ns.Traced, learning=[ns.ArrivalSTDP])
    net.connect(cells, cells, ns.random(p=0.3), weight=0.1, delay=ns.uniform("0.2 ms", "2 ms"))
    return net


def wanted(net: ns.NetworkBuilder) -> list[object]:
    return [net["cells"].spikes, net["noise"].spikes, net["cells"].v[:3].every("0.2 ms")]


def simulated(folder: Path, net: ns.NetworkBuilder | None = None, **options: object) -> Recording:
    net = net or network()
    return ns.simulate(net, DURATION, wanted(net), folder=folder, **options)


def stopped_after(blocks: int, folder: Path, monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
    """Interrupt (Ctrl-C) when so many blocks are kept."""
    keep = SimulationDirectory.keep

    def interrupted(self: SimulationDirectory, *arguments: object) -> None:
        keep(self, *arguments)
        if len(self.blocks) == blocks:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SimulationDirectory, "keep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            simulated(folder, **options)


def equal(a: Recording, b: Recording) -> None:
    assert list(a) == list(b)
    for name in a:
        one, other = a[name], b[name]
        if isinstance(one, SpikeTrain):
            assert isinstance(other, SpikeTrain)
            assert one.events.pairs().tolist() == other.events.pairs().tolist()
        assert np.array_equal(one.times, other.times)
        if isinstance(one, SampledTrace):
            assert isinstance(other, SampledTrace)
            assert np.array_equal(one.values, other.values)
    assert {n: w.tolist() for n, w in a.learned.items()} == {n: w.tolist() for n, w in b.learned.items()}
    assert a.duration == b.duration


@pytest.fixture(scope="module")
def at_once() -> Recording:
    net = network()
    found = ns.simulate(net, DURATION, wanted(net))
    assert len(found["cells.spikes"]) > 50
    return found


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, bytes]:
    simulated(tmp_path / "whole")
    return contents(tmp_path / "whole")


def test_what_is_kept_is_what_a_simulation_at_once_records(tmp_path: Path, at_once: Recording) -> None:
    equal(simulated(tmp_path / "a"), at_once)
    assert len(list((tmp_path / "a" / "blocks").iterdir())) == BLOCKS


@pytest.mark.parametrize("blocks", range(1, BLOCKS + 1))
def test_an_interrupted_one_goes_on_to_the_same_bytes(tmp_path: Path, whole, monkeypatch, blocks: int) -> None:
    stopped_after(blocks, tmp_path / "a", monkeypatch)
    steps = steps_run(monkeypatch)
    simulated(tmp_path / "a")
    assert sum(steps) == 500 - 100 * blocks
    assert contents(tmp_path / "a") == whole


def steps_run(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of each run of a session from now on."""
    found: list[int] = []
    run = ReferenceSession.run

    def counted(self: ReferenceSession, trials: object, **how: object) -> object:
        constants = how["constants"]
        assert isinstance(constants, dict)
        found.append(int(constants["steps.run"]))
        return run(self, trials, **how)

    monkeypatch.setattr(ReferenceSession, "run", counted)
    return found


@pytest.mark.parametrize("write", range(1, 4 * BLOCKS + 1, 3))
def test_one_that_is_killed_at_a_write_goes_on_to_the_same_bytes(tmp_path: Path, whole, write: int) -> None:
    child = os.fork()
    if child == 0:
        try:
            kill_at_write(write)
            simulated(tmp_path / "a")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) == (write <= 2 * BLOCKS + 2), "begun, two files of each block, and done"
    simulated(tmp_path / "a")
    assert contents(tmp_path / "a") == whole


def kill_at_write(number: int) -> None:
    """Kill this process as it moves its file of that number into place."""
    left, replace = [number], os.replace

    def killed(*arguments: object, **named: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*arguments, **named)

    os.replace = killed  # type: ignore[assignment]


@pytest.mark.parametrize("damaged", ["blocks/0003.h5", "blocks/0001.h5", "ends/0003.h5"])
def test_damage_is_gone_on_from_before(tmp_path: Path, whole, monkeypatch, damaged: str) -> None:
    stopped_after(4, tmp_path / "a", monkeypatch)
    file = tmp_path / "a" / damaged
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)
    steps = steps_run(monkeypatch)
    simulated(tmp_path / "a")
    assert sum(steps) == (500 if damaged == "blocks/0001.h5" else 200), "the last two ends are kept"
    assert contents(tmp_path / "a") == whole


def test_a_block_that_is_forged_is_refused(tmp_path: Path) -> None:
    simulated(tmp_path / "a")
    simulated(tmp_path / "b", network(seed=2))
    (tmp_path / "a/blocks/0002.h5").write_bytes((tmp_path / "b/blocks/0002.h5").read_bytes())
    with pytest.raises(InputError, match=r"0002\.h5: it does not follow the block before it"):
        ns.read_recording(tmp_path / "a")


@pytest.mark.parametrize("name", ["copy.h5", f"{BLOCKS:04d}.h5"])
def test_a_block_too_many_is_not_read(tmp_path: Path, at_once: Recording, monkeypatch, name: str) -> None:
    simulated(tmp_path / "a")
    (tmp_path / "a/blocks" / name).write_bytes((tmp_path / "a/blocks/0000.h5").read_bytes())
    monkeypatch.setattr(ReferenceSession, "run", lambda *_, **__: pytest.fail("it ran"))
    equal(simulated(tmp_path / "a"), at_once)
    equal(ns.read_recording(tmp_path / "a"), at_once)


def test_a_block_that_is_missing_is_told(tmp_path: Path) -> None:
    simulated(tmp_path / "a")
    (tmp_path / "a/blocks/0002.h5").unlink()
    with pytest.raises(InputError, match=r"0002\.h5: it cannot be read: No such file"):
        ns.read_recording(tmp_path / "a")


def test_folders_that_are_missing_are_made_and_links_refused(tmp_path: Path, whole, monkeypatch) -> None:
    stopped_after(2, tmp_path / "a", monkeypatch)
    for name in ("blocks", "ends"):
        shutil.rmtree(tmp_path / "a" / name)
    simulated(tmp_path / "a")
    assert contents(tmp_path / "a") == whole
    (tmp_path / "a/blocks").rename(tmp_path / "elsewhere")
    (tmp_path / "a/blocks").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "a/done.json").unlink()  # so that it is gone on with
    with pytest.raises(InputError, match="blocks is a link, expected a folder"):
        simulated(tmp_path / "a")


@pytest.mark.parametrize("number", ["[1]", "{}", '"0"', "1e400"])
def test_events_of_others_are_no_times(tmp_path: Path, at_once: Recording, number: str) -> None:
    simulated(tmp_path / "a")
    (tmp_path / "a/events.jsonl").write_text(f'{{"event": "block", "number": {number}, "seconds": []}}\n')
    equal(ns.read_recording(tmp_path / "a"), at_once)


def test_one_that_has_ended_runs_nothing(tmp_path: Path, at_once: Recording, monkeypatch) -> None:
    simulated(tmp_path / "a")
    monkeypatch.setattr(ReferenceSession, "run", lambda *_, **__: pytest.fail("it ran"))
    equal(simulated(tmp_path / "a"), at_once)
    equal(ns.read_recording(tmp_path / "a"), at_once)


@pytest.mark.parametrize(
    ("other", "options", "words"),
    [
        (network(seed=2), {}, "seed was 1, now 2"),
        (network(rate="301 Hz"), {}, "its sources differ"),
        (network(), {"backend": "loopback"}, "backend was reference, now loopback"),
        (network(), {"learn": False}, "learn was True, now False"),
        (network(), {"precision": ns.Grid()}, "populations, equations, constants or probes differ"),
    ],
    ids=["seed", "sources", "backend", "learn", "precision"],
)
def test_a_folder_of_another_simulation_is_refused(tmp_path: Path, other, options, words: str) -> None:
    simulated(tmp_path / "a")
    before = contents(tmp_path / "a")
    with pytest.raises(InputError, match=words):
        simulated(tmp_path / "a", other, **options)
    assert contents(tmp_path / "a") == before


def test_a_folder_that_another_process_makes_meanwhile_is_not_read_as_its_own(tmp_path: Path, monkeypatch) -> None:
    simulated(tmp_path / "other", network(seed=2))
    create = SimulationDirectory.create

    def late(folder: Path, *given: object) -> SimulationDirectory:
        (tmp_path / "other").rename(folder)
        return create(folder, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(SimulationDirectory, "create", late)
    with pytest.raises(InputError, match="seed was 2, now 1"):
        simulated(tmp_path / "a")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_folder_of_another_simulation_is_told_of_nothing(tmp_path: Path) -> None:
    simulated(tmp_path / "a")
    events = (tmp_path / "a/events.jsonl").read_bytes()
    with pytest.raises(InputError, match="seed was 1, now 2"):
        simulated(tmp_path / "a", network(seed=2))
    assert (tmp_path / "a/events.jsonl").read_bytes() == events


def test_what_is_kept_is_read_by_its_path_as_text(tmp_path: Path, at_once: Recording) -> None:
    simulated(tmp_path / "a")
    equal(ns.read_recording(str(tmp_path / "a")), at_once)
    assert len(list(ns.read_blocks(str(tmp_path / "a")))) == BLOCKS


@pytest.mark.parametrize("last", [2, 9_999, 10_000, 10_001])
def test_the_ends_of_the_last_blocks_are_kept(tmp_path: Path, last: int) -> None:
    (tmp_path / "ends").mkdir()
    (tmp_path / "blocks").mkdir()
    net = network()
    recording, end = ns.simulate(net, 1, []), block_files.End({}, {})
    for number in range(last - 2, last + 1):
        block_files.write(tmp_path, number, recording, end, 10, "")
        block_files.forget(tmp_path, number)
    assert {int(p.stem) for p in (tmp_path / "ends").iterdir()} == {last - 1, last}


def test_ends_that_were_beyond_a_damage_take_no_place(tmp_path: Path, monkeypatch) -> None:
    """Going on from before the damage, a kill loses one block as ever."""
    stopped_after(4, tmp_path / "a", monkeypatch)
    (tmp_path / "a/blocks/0000.h5").unlink()
    stopped_after(1, tmp_path / "a", monkeypatch)
    with SimulationDirectory.open(tmp_path / "a") as directory:
        assert directory.steps == 100


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"is no directory of a simulation: it has no simulation\.json"):
        simulated(tmp_path / "a")
    assert contents(tmp_path / "a") == {"notes.txt": b"mine"}


def test_a_folder_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"simulate: folder .*/file/a: .*/file is a file, no folder; choose another"):
        simulated(tmp_path / "file" / "a")


def test_a_folder_in_the_place_of_a_block_is_named_once_it_is_in_the_way(tmp_path: Path, monkeypatch) -> None:
    stopped_after(2, tmp_path / "a", monkeypatch)
    (tmp_path / "a/blocks/0002.h5").mkdir()
    with pytest.raises(InputError, match=r"cannot be written \(0002\.h5 is a folder; move it away\)"):
        simulated(tmp_path / "a")


@pytest.mark.parametrize("learn", [True, False])
def test_what_no_rule_changes_is_written_once(tmp_path: Path, monkeypatch, learn: bool) -> None:
    """The weights in the end of a block, and in the last."""
    ends: list[set[str]] = []
    keep = SimulationDirectory.keep

    def told(self: SimulationDirectory, recording: Recording, end: block_files.End, steps: int) -> None:
        ends.append(set(end.learned))
        keep(self, recording, end, steps)

    monkeypatch.setattr(SimulationDirectory, "keep", told)
    found = simulated(tmp_path / "a", learn=learn)
    assert [bool(e) for e in ends] == [learn] * (BLOCKS - 1) + [True]
    assert ends[-1] == set(found.learned)


def test_one_in_which_nothing_learns_goes_on_to_the_same_bytes(tmp_path: Path, monkeypatch) -> None:
    simulated(tmp_path / "whole", learn=False)
    stopped_after(2, tmp_path / "a", monkeypatch, learn=False)
    simulated(tmp_path / "a", learn=False)
    assert contents(tmp_path / "a") == contents(tmp_path / "whole")


def test_blocks_of_one_that_has_ended_are_read_once(tmp_path: Path, at_once: Recording, monkeypatch) -> None:
    simulated(tmp_path / "a")
    read, numbers = block_files.read, list[int]()
    monkeypatch.setattr(block_files, "read", lambda folder, number: (numbers.append(number), read(folder, number))[1])
    equal(simulated(tmp_path / "a"), at_once)
    assert numbers == [BLOCKS - 1, *range(BLOCKS)], "and the last, to see that it has ended"


def test_one_that_has_ended_and_is_damaged_is_mended_by_the_same_call(tmp_path: Path, whole) -> None:
    (tmp_path / "whole/blocks/0001.h5").write_bytes(b"no block")
    simulated(tmp_path / "whole")
    assert contents(tmp_path / "whole") == whole


def test_a_failure_keeps_what_was_done(tmp_path: Path, whole, monkeypatch) -> None:
    run, left = ReferenceSession.run, [3]

    def fails(self: ReferenceSession, trials: object, **how: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            raise BackendError("out of order")
        return run(self, trials, **how)

    with monkeypatch.context() as patch:
        patch.setattr(ReferenceSession, "run", fails)
        with pytest.raises(BackendError, match="out of order"):
            simulated(tmp_path / "a")
    with SimulationDirectory.open(tmp_path / "a") as directory:
        assert directory.steps == 200
    simulated(tmp_path / "a")
    assert contents(tmp_path / "a") == whole


def test_a_backend_that_keeps_no_state_has_one_block(tmp_path: Path, at_once: Recording, monkeypatch) -> None:
    monkeypatch.setattr(ReferenceSession, "keeps_state", False)
    equal(simulated(tmp_path / "a", progress=lambda done, total: None), at_once)
    assert len(list((tmp_path / "a" / "blocks").iterdir())) == 1


def test_blocks_come_one_by_one(tmp_path: Path, at_once: Recording) -> None:
    net = network()
    parts = list(ns.simulate_in_blocks(net, DURATION, wanted(net), folder=tmp_path / "a"))
    assert [part.start for part in parts] == [0, 10, 20, 30, 40]
    assert [part.duration for part in parts] == [10] * BLOCKS
    for name in at_once:
        assert np.array_equal(np.concatenate([part[name].times for part in parts]), at_once[name].times)
    assert [bool(part.learned) for part in parts] == [False] * (BLOCKS - 1) + [True]


def test_a_block_is_as_long_as_is_said(tmp_path: Path) -> None:
    net = network()
    record = [net["cells"].v.every("0.2 ms")]
    parts = ns.simulate_in_blocks(net, DURATION, record, folder=tmp_path / "a", block="20 ms")
    assert [part.duration for part in parts] == [20, 20, 10]
    with pytest.raises(InputError, match="block was 200, now 100"):
        ns.simulate_in_blocks(net, DURATION, record, folder=tmp_path / "a", block="10 ms")
    with pytest.raises(ModelError, match=r"samples are taken every 0\.2 ms; expected a multiple"):
        ns.simulate_in_blocks(net, DURATION, record, folder=tmp_path / "b", block="0.5 ms")


def test_samples_keep_their_steps_where_blocks_are_no_multiple_of_them(tmp_path: Path) -> None:
    net = network()
    record = [net["cells"].v.every("0.7 ms")]
    equal(ns.simulate(net, DURATION, record, folder=tmp_path / "a"), ns.simulate(net, DURATION, record))


def test_progress_is_that_of_the_simulation(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    simulated(tmp_path / "a", progress=lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {500}
    assert sorted(done for done, _ in told) == [done for done, _ in told]
    assert told[-1] == (500, 500)


def test_blocks_become_objects_of_neo_where_they_begin(tmp_path: Path) -> None:
    net = network()
    record = [net["cells"].spikes, net["cells"].v[:2].every("10 ms")]
    *_, part = ns.simulate_in_blocks(net, DURATION, record, folder=tmp_path / "a")
    [segment] = part.to_neo().segments
    assert {(float(train.t_start), float(train.t_stop)) for train in segment.spiketrains} == {(40, 50)}
    assert float(segment.analogsignals[0].t_start) == pytest.approx(40.1)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(TOML)
    (tmp_path / "small.py").write_text(FILE)
    return tmp_path / "small.toml", tmp_path / "small.py"


def made(out: str = "runs") -> list[Path]:
    return sorted(p for p in Path(out).iterdir() if not p.name.startswith("."))


def test_several_side_by_side_are_those_one_by_one(neurosim, files, monkeypatch) -> None:
    monkeypatch.setattr(identity, "block_steps", USUAL_BLOCKS)  # other processes have them
    options = ["simulate", files[0], "--backend", "reference,loopback", "--seeds", "1,2"]
    assert neurosim(*options, "--out", "a").code == 0
    assert neurosim(*options, "--out", "b", "--jobs", "2").code == 0
    a, b = ({p.name.rpartition("-")[0]: contents(p) for p in made(out)} for out in ("a", "b"))
    assert len(a) == 4
    assert a == b


def test_the_command_line_goes_on(neurosim, files, monkeypatch, interruptible) -> None:
    assert neurosim("simulate", files[0], "--out", "whole").code == 0
    keep = SimulationDirectory.keep

    def interrupted(self: SimulationDirectory, *arguments: object) -> None:
        keep(self, *arguments)
        if len(self.blocks) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SimulationDirectory, "keep", interrupted)
        stopped = neurosim("simulate", files[0], "--out", "runs")
    [folder] = made()
    assert stopped.code == 130
    assert f"go on with: neurosim resume {folder}" in stopped.err
    files[0].unlink()
    gone_on = neurosim("resume", folder, "--json")
    assert gone_on.code == 0
    assert json.loads(gone_on.out)["directory"] == str(folder)
    assert contents(folder) == contents(made("whole")[0])


def test_a_file_in_python_is_executed_anew_only_where_that_is_allowed(neurosim, files) -> None:
    assert neurosim("simulate", files[1], "--allow-code", "--out", "runs").code == 0
    [folder] = made()
    refused = neurosim("resume", folder)
    assert refused.code == 2
    assert "--allow-code" in refused.err
    assert neurosim("resume", folder, "--allow-code").code == 0
    files[1].write_text(FILE.replace("0.4", "0.5"))
    changed = neurosim("resume", folder, "--allow-code")
    assert changed.code == 2
    assert "not as it was when the simulation began" in changed.err


def test_what_a_call_in_python_began_is_gone_on_with_by_that_call(neurosim, files) -> None:
    simulated(Path("mine"))
    refused = neurosim("resume", "mine")
    assert refused.code == 2
    assert "ns.simulate(..., folder='mine')" in refused.err


def test_a_worker_in_place_of_the_backend_is_refused(neurosim, files) -> None:
    assert neurosim("simulate", files[0], "--out", "runs").code == 0
    refused = neurosim("resume", made()[0], "--backend", "brian2")
    assert refused.code == 2
    assert "goes on there, not on --backend brian2" in refused.err


def test_one_that_fails_at_once_leaves_nothing(neurosim, files, monkeypatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise BackendError("out of order")

    monkeypatch.setattr(ReferenceSession, "run", fails)
    failed = neurosim("simulate", files[0], "--out", "runs")
    assert failed.code == 2
    assert "out of order" in failed.err
    assert made() == []


def test_the_file_of_another_format_is_refused(tmp_path: Path) -> None:
    simulated(tmp_path / "a")
    document = json.loads((tmp_path / "a/simulation.json").read_text())
    document.pop("sha256")
    kept.directory.checksummed.write_json(tmp_path / "a/simulation.json", {**document, "neurosim_simulation": 2})
    with pytest.raises(InputError, match="format"):
        ns.read_recording(tmp_path / "a")
