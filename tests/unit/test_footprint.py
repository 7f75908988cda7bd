"""What a run will need is told, and refused where it is too much, before anything is allocated."""

from pathlib import Path

import numpy as np
import pytest
from shipped import SCENARIO_FILES

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import InputError, ModelError, NeurosimError, SpecError
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.program.lowering.lower import lower
from neurosim.program.memory import footprint
from neurosim.program.memory.available import available_memory
from neurosim.program.program import Program
from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim.scenario import schema
from neurosim.scenario.preparation import plan, prepare

SCENARIOS = Path(__file__).parents[2] / "scenarios"
DIGITS_SLEEP = Path(__file__).parents[1] / "digits_sleep.toml"


def program(pre: int = 2, post: int = 3, steps: int = 4) -> Program:
    network = Network([Population("a", pre, Clamp), Population("b", post, RateUnit)], [Projection("ab", "a", "b")])
    return lower(network, Schedule([Phase("run", steps)], [Probe("b.s", "step")], {"a.s": "constant"}))


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has a gigabyte left."""
    monkeypatch.setattr(footprint, "available_memory", lambda: 10**9)


def test_a_session_of_arrays_that_fit_no_memory_is_refused(little: None) -> None:
    with pytest.raises(
        InputError,
        match=r"program of mode wake needs at least 3\.\d+ GB of memory, 3\.2 GB of it for "
        r"the 20,000 x 20,000 synapses of projection ab; 1 GB can be had here",
    ):
        ReferenceBackend().compile(program(20_000, 20_000))


@pytest.mark.parametrize("post", [2**31, 2**63, 10**400])
def test_a_population_that_no_index_can_count_is_refused(post: int) -> None:
    with pytest.raises(InputError, match=r"population b: size = [\d,^]+; at most 2,147,483,647 neurons are possible"):
        ReferenceBackend().compile(program(1, post))


def test_a_recording_that_fits_no_memory_is_refused_and_named(little: None) -> None:
    with (
        ReferenceBackend().compile(program()) as session,
        pytest.raises(InputError, match=r"a run of 1 trials of 100,000,000 steps .* 2\.4 GB of it for .*'b\.s@step'"),
    ):
        session.run(Trials({"a.s": np.ones((1, 2))}), constants={"steps.run": 1e8})


@pytest.mark.parametrize("steps", [1e16, 1e300])
def test_more_steps_than_can_be_counted_are_refused(steps: float) -> None:
    with (
        ReferenceBackend().compile(program()) as session,
        pytest.raises(InputError, match=r"steps in all, at most 2\*\*53"),
    ):
        session.run(Trials({"a.s": np.ones((1, 2))}), constants={"steps.run": steps})


def test_work_without_an_end_is_refused() -> None:
    with (
        ReferenceBackend().compile(program(1000, 1000)) as session,
        pytest.raises(InputError, match=r"10\^15 steps of 1,002,000 neurons and synapses.* would take years"),
    ):
        session.run(Trials({"a.s": np.ones((1, 1000))}), constants={"steps.run": 2.0**50})


@pytest.mark.parametrize("steps", [2**53 + 1, 2**63, 10**400, -1])
def test_a_phase_of_steps_that_no_float_holds_is_refused(steps: int) -> None:
    with pytest.raises(ModelError, match="phase run: steps = "):
        Phase("run", steps)


def edited(*changes: tuple[str, str], more: str = "") -> schema.Scenario:
    text = DIGITS_SLEEP.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return schema.parse(text + more)


def checked(scenario: schema.Scenario) -> None:
    plan(scenario)
    prepare(scenario, scenario.data.build())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("size = 256", "size = 1000000000"), r"\[network.projection.input_hidden\], 64 by 1,000,000,000 neurons"),
        (("size = 256", "size = 4611686018427387904"), r"network needs at least .*64 by 10\^18 neurons"),
        (("size = 256", "size = 9223372036854775808"), r"'network.population.hidden.size': .* at most 64 bits"),
        (("steps = 747", "steps = 1000000000"), r"\d GB of it for 2,333,333,333 steps of sleep for 64 inputs"),
        (("steps = 747", "steps = 1000000000000000"), r"sleep.steps has 10\^15 steps .* would take years"),
        (("steps = 747", "steps = 9223372036854775807"), "sleep: steps = "),
        (("free_steps = 20", "free_steps = 4611686018427387904"), "phase free: steps = 4611686018427387904"),
        (("epochs = 1", "epochs = 1000000000000"), r"training.epochs = 1,000,000,000,000"),
        (("epochs = 1", "epochs = 1000000"), r"\d GB of it for .* training samples of training.epochs = 1,000,000"),
    ],
)
def test_a_scenario_that_is_too_much_is_refused(little: None, change: tuple[str, str], said: str) -> None:
    with pytest.raises(NeurosimError, match=said):
        checked(edited(change))


def test_a_sleep_that_grows_beyond_all_numbers_is_refused() -> None:
    table = edited().sleep
    assert table is not None
    with pytest.raises(SpecError, match=r"sleep\.growth = 1e\+308: the sleep after task 2 would be endless"):
        table.model_copy(update={"growth": 1e308}).steps_after(1)


def test_tasks_without_an_end_are_refused_before_their_list_is_made() -> None:
    text = (SCENARIOS / "digits_engrams_domains.toml").read_text()
    assert "tasks = 5\n" in text
    with pytest.raises(SpecError, match=r"'stream\.tasks' = 1000000000: .* less than or equal to 10000"):
        schema.parse(text.replace("tasks = 5\n", "tasks = 1000000000\n"))


@pytest.mark.parametrize("name", sorted(p.stem for p in SCENARIOS.glob("digits_*.toml")))
def test_the_scenarios_of_the_project_need_little(little: None, name: str) -> None:
    checked(schema.read(SCENARIOS / f"{name}.toml"))


@pytest.mark.parametrize("name", [p.stem for p in SCENARIO_FILES])
def test_the_networks_of_the_project_need_little(little: None, name: str) -> None:
    plan(schema.read(SCENARIOS / f"{name}.toml"))


def folder(at: Path, **files: str) -> Path:
    for name, text in files.items():
        (at / name.replace("__", "/")).parent.mkdir(parents=True, exist_ok=True)
        (at / name.replace("__", "/")).write_text(text)
    return at


def test_what_can_be_had_is_what_the_tightest_group_leaves(tmp_path: Path) -> None:
    proc = folder(tmp_path / "proc", meminfo="MemTotal: 9000 kB\nMemAvailable: 8000 kB\nSwapFree: 1000 kB\n")
    groups = tmp_path / "cgroup"
    assert available_memory(proc, groups) == 9000 * 1024
    folder(proc, self__cgroup="0::/jobs/one\n")
    folder(groups / "jobs", **{"memory.max": "5000000\n", "memory.current": "2000000\n"})
    folder(groups / "jobs" / "one", **{"memory.max": "max\n", "memory.current": "1\n"})
    assert available_memory(proc, groups) == 3_000_000
    folder(groups / "jobs", **{"memory.stat": "anon 1\ninactive_file 500000\n"})
    assert available_memory(proc, groups) == 3_500_000


def test_the_older_groups_count_too(tmp_path: Path) -> None:
    proc = folder(tmp_path / "proc", meminfo="MemAvailable: 8000 kB\n", self__cgroup="7:cpu:/x\n3:cpu,memory:/x\n")
    limits = {"memory.limit_in_bytes": "4000000", "memory.usage_in_bytes": "1000000"}
    folder(tmp_path / "cgroup" / "memory" / "x", **limits)
    assert available_memory(proc, tmp_path / "cgroup") == 3_000_000


def test_there_is_memory_here() -> None:
    assert (available_memory() or 2**30) > 2**20
