"""A dry run says before what goes over the line of a board: calls as they are, and bytes and requests within bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest
import whole_numbers
from test_lines_to_boards import behind_a_port

import neurosim as ns
from neurosim.device.board.backend import BoardBackend
from neurosim.device.board.board import Board
from neurosim.device.board.link.caller import Caller
from neurosim.device.board.link.hello import IDENTITY_BYTES, DeviceIdentity
from neurosim.device.board.link.refusals import RequestType
from neurosim.device.board.probing.amount import Amount, request, total
from neurosim.device.board.probing.dry_run import BUFFER_BYTES, LeastAndMost, PlannedRun, ProgramOnLine, dry_run
from neurosim.device.host_learning.loop import Loop
from neurosim.errors import ModelError, UnsupportedFeature
from neurosim.scenario import engine, schema
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.preparation.planned_runs import planned_runs
from neurosim.simulation.running.experiment import Experiment

ROOT = Path(__file__).parents[3]
LEARNS = {"test = 360": "test = 60", "validation = 287": "train = 60"}
SLEEPS = {
    "size = 256": "size = 8", "test = 360": "test = 60", "validation = 287": "train = 60",
    "free_steps = 20": "free_steps = 5", "nudged_steps = 8": "nudged_steps = 2", "steps = 747": "steps = 30",
    "increment = 2": "increment = 5",
    '"grid", output_bits = 20, weight_bits = 24': '"loihi2", weight_exponent = -8, largest_loss = 1.0',
}  # fmt: skip


@cache
def prepared(file: str, smaller: tuple[tuple[str, str], ...], more: str = "") -> Prepared:
    text = (ROOT / file).read_text()
    for old, new in smaller:
        assert old in text
        text = text.replace(old, new)
    scenario = schema.parse(text + more)
    return prepare(scenario, scenario.data.build())


def learning() -> Prepared:
    return prepared("scenarios/loop_firmware.toml", tuple(LEARNS.items()))


def sleeping() -> Prepared:
    return prepared("tests/digits_sleep.toml", tuple(SLEEPS.items()))


@dataclass
class Seen:
    """The boards that were opened, with what went over their lines."""

    room: int
    boards: list[Board] = field(default_factory=list)

    def opened(self, calls: Caller, identity: DeviceIdentity) -> Board:
        self.boards.append(Board(calls, replace(identity, limits=replace(identity.limits, payload=self.room))))
        return self.boards[-1]

    @property
    def requests(self) -> Counter[int]:
        return Counter(request for board in self.boards for request, _ in board.calls.traffic.seconds)

    @property
    def amount(self) -> Amount:
        found, traffic = self.requests, [board.calls.traffic for board in self.boards]
        up, down = sum(t.up for t in traffic), sum(t.down for t in traffic)
        return Amount(found[RequestType.RUN], found.total(), up, down)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Seen:
    """What boards see whose buffer has this room."""
    seen = Seen(getattr(request, "param", BUFFER_BYTES))
    monkeypatch.setattr("neurosim.device.board.boards.Board", seen.opened)
    return seen


def assert_within(found: Amount, runs: Sequence[tuple[PlannedRun, LeastAndMost]]) -> None:
    least, most = (sum((getattr(amount, of) for _, amount in runs), Amount()) for of in ("least", "most"))
    assert least.calls == found.calls == most.calls
    assert least.requests <= found.requests <= most.requests
    assert max(least.up, most.up / 10) <= found.up <= most.up
    assert least.down <= found.down <= most.down


@pytest.mark.parametrize("seen", [BUFFER_BYTES, 1000], indirect=True)
@pytest.mark.parametrize("loop", ["trial", "phase", 5])
def test_a_scenario_sends_what_was_said_before(loop: Loop, seen: Seen) -> None:
    backend = BoardBackend("board", "process", loop=loop, deadline=60)
    told = dry_run(backend, learning().programs, planned_runs(learning()), seen.room)
    engine.run_prepared(learning(), backend.compile)
    assert_within(seen.amount, told.runs)


def test_sleep_and_sessions_that_share_a_board_are_counted(
    seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neurosim.device.board.link.lease.FOLDER", str(tmp_path))
    loop: dict[str, Loop] = {"wake": "trial", "sleep": 1}
    with behind_a_port() as link:
        backend = BoardBackend("board", link, loop=loop, deadline=60)
        told = dry_run(backend, sleeping().programs, planned_runs(sleeping()))
        engine.run_prepared(sleeping(), backend.compile)
    assert seen.requests[RequestType.LOAD] == 5  # wake, sleep, wake, sleep, wake
    assert_within(seen.amount, told.runs)


def test_a_board_that_sessions_share_is_sent_a_program_whenever_another_was_there() -> None:
    loop: dict[str, Loop] = {"wake": "trial", "sleep": 1}
    own, shared = (BoardBackend("board", link, loop=loop) for link in ("process", "tcp:127.0.0.1:1"))
    wake, sleep = (ProgramOnLine(sleeping().programs[mode], own) for mode in ("wake", "sleep"))
    least_of_own, least_of_shared = (
        total(amount.least for _, amount in dry_run(each, sleeping().programs, planned_runs(sleeping())).runs)
        for each in (own, shared)
    )
    hello = request(8, IDENTITY_BYTES)
    assert least_of_shared + hello - least_of_own == wake.first * 2 + sleep.first


@pytest.mark.parametrize(("seen", "calls"), [(BUFFER_BYTES, 3), (200, 6)], indirect=["seen"])
def test_a_simulation_sends_what_was_said_before(seen: Seen, calls: int) -> None:
    net = ns.NetworkBuilder(seed=3, dt="1 ms")
    net.source("noise", ns.poisson(20, rate="80 Hz"))
    net.population("cells", 10, ns.CubaLIF(du=0.5, dv=0.1, theta=1.0))
    net.connect("noise", "cells", weight=0.25)
    backend = BoardBackend("board", "process", deadline=60)
    precision = ns.FixedPoint.loihi2(weight_exponent=-8)
    experiment = Experiment(net, "260 ms", precision=precision, workers={"board": backend})
    program = experiment.program
    run = PlannedRun("simulate", program.mode, 1, program.lengths, experiment.learns)
    told = dry_run(backend, {program.mode: program}, [run], seen.room)
    experiment.on("board")
    assert seen.amount.calls == calls  # a board of which nobody knows how fast it is gets 100 steps at once
    assert_within(seen.amount, told.runs)


def test_trials_that_do_not_learn_share_calls(seen: Seen) -> None:
    example, backend = whole_numbers.learning(), BoardBackend("board", "process", deadline=60)
    program = example.program
    told = dry_run(backend, {program.mode: program}, [PlannedRun("test", program.mode, 20, program.lengths, False)])
    example.on(backend, learn=False)
    assert seen.amount.calls == 2  # of 5 trials, so that there are no more than 100 steps in the first one, and of 15
    assert_within(seen.amount, told.runs)


def test_the_runs_of_a_scenario_are_trained_and_tested_trials() -> None:
    found = [(r.name, r.mode, r.trials, r.lengths, r.learns) for r in planned_runs(sleeping())]
    awake = [("train", "wake", 30, (5, 2), True), ("test", "wake", 60, (5, 0), False)]
    assert found[0::3] == [awake[0]] * 2
    assert found[2::3] == [awake[1]] * 2
    assert found[1::3] == [("sleep", "sleep", 1, (30,), True), ("sleep", "sleep", 1, (40,), True)]


def test_a_line_takes_ten_bits_a_byte_and_a_millisecond_a_request() -> None:
    (run, amount), *_ = dry_run(
        BoardBackend("board", "serial:/none?baud=10000"), learning().programs, planned_runs(learning())
    ).runs
    most = amount.most
    assert run.name == "train"
    assert most.seconds(10_000, 0.001) == pytest.approx((most.up + most.down) / 1000 + most.requests / 1000)
    assert most.seconds(None, 0.001) == pytest.approx(most.requests / 1000)


def test_what_is_read_for_rules_is_told_apart() -> None:
    board = BoardBackend("board", "process")
    program = learning().programs["wake"]
    assert ProgramOnLine(program, board).read_for_the_host() == 4 * 2 * (100 + 10)  # s and s_free of two populations
    assert ProgramOnLine(replace(program, rules=()), board).read_for_the_host() == 0


def test_numbers_that_are_not_whole_are_refused() -> None:
    exact, _ = learning().programs["wake"].exact or pytest.fail("no equations before rounding")
    with pytest.raises(ModelError, match="whole numbers alone"):
        ProgramOnLine(replace(exact, exact=None), BoardBackend("board", "process"))


def test_a_buffer_of_less_than_a_step_is_refused() -> None:
    program = ProgramOnLine(learning().programs["wake"], BoardBackend("board", "process"), 60)
    with pytest.raises(UnsupportedFeature, match="a step of"):
        program.trial()
