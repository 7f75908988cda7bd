"""All-to-all projections in compiled programs: rows are left out and passes shared only where nobody can tell."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend import registry
from neurosim.errors import NumericalError
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.scenario.methods.ep_schedules import one_sided

pytest.importorskip("brian2")
compiler = pytest.importorskip("neurosim_brian2.building.compiler")
if compiler.compiler() is None:
    pytest.skip("no C++ compiler", allow_module_level=True)

SIZES = (13, 11, 7, 3)
"""None is a multiple of the rows that are gone through at once."""


def layered(reciprocal: bool = True) -> ns.Network:
    layers = ["input", "first", "second", "output"]
    populations = [ns.Population("input", SIZES[0], ns.Clamp)]
    populations += [
        ns.Population(n, size, ns.RateUnit(eps=0.5), [ns.BiasPropagation(lr=0.125, beta=0.5)])
        for n, size in zip(layers[1:], SIZES[1:], strict=True)
    ]
    rule = ns.EquilibriumPropagation(lr=0.125, beta=0.5)
    pairs = pairwise(layers)
    projections = [
        ns.Projection(f"{a}_{b}", a, b, learning=[rule], reciprocal=reciprocal and a != "input") for a, b in pairs
    ]
    return ns.Network(populations, projections)


def learned_by(
    backend: str, program: Program, learned: dict[str, Array], trials: ns.Trials
) -> tuple[dict[str, Array], ns.Records]:
    loaded, mode = registry.load(backend)
    with loaded.compile(program, mode=mode) as session:
        session.write(learned)
        records = session.run(trials)
        return session.read(), records


def some_weights(program: Program, scale: float = 0.5) -> dict[str, Array]:
    random = np.random.default_rng(1)
    drawn = {n: random.uniform(-scale, scale, shape) for n, shape in program.shapes().items()}
    return ns.quantise(drawn, program)[0]


def sparse_patterns(trials: int) -> ns.Trials:
    """More than half of the inputs are silent, all of them in the last trial."""
    random = np.random.default_rng(2)
    inputs = random.random((trials, SIZES[0])) * (random.random((trials, SIZES[0])) < 0.4)
    inputs[-1] = 0.0
    inputs[0, 0] = -0.0
    return ns.Trials({"input.s": inputs, "output.target": np.eye(SIZES[-1])[random.integers(0, SIZES[-1], trials)]})


@pytest.mark.parametrize("reciprocal", [True, False], ids=["both ways", "one way"])
def test_three_layers_learn_the_same_bits_on_the_grid(reciprocal: bool) -> None:
    program = ns.lower(layered(reciprocal), one_sided("input", "output", 8, 4, 0.5), precision=ns.Grid())
    learned, trials = some_weights(program), sparse_patterns(9)
    (expected, _), (found, _) = (learned_by(b, program, learned, trials) for b in ("reference", "brian2:standalone"))
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
        assert not np.array_equal(values, learned[name])


def test_three_layers_learn_the_same_weights_in_float64() -> None:
    program = ns.lower(layered(), one_sided("input", "output", 8, 4, 0.5))
    learned, trials = some_weights(program), sparse_patterns(9)
    (expected, _), (found, _) = (learned_by(b, program, learned, trials) for b in ("reference", "brian2:standalone"))
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-12, err_msg=name)


def wild(update: str) -> tuple[Program, ns.Trials]:
    """A rule that makes weights infinite, between an input that is silent in every second step and a unit."""
    rule = ns.LearningRule("wild", "step", {"w": update}, {"lr": 1e300})
    unit = ns.NeuronModel("Sum", state={"v": 0.0}, update={"v": "clip(drive, 0, 1)"}, output="v")
    network = ns.Network(
        [ns.Population("input", 5, ns.Clamp), ns.Population("unit", 3, unit)],
        [ns.Projection("wire", "input", "unit", learning=[rule])],
    )
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 2)], [], {"input.s": "steps"}))
    inputs = np.zeros((2, 2, 5))
    inputs[:, 0] = 1e10
    return program, ns.Trials({"input.s": inputs})


@pytest.mark.parametrize(
    "update",
    ["w + lr*pre.s*post.v", "where(abs(w) > 1, 0.5, w + lr*pre.s)"],
    ids=["that stays", "that a rule takes back"],
)
def test_an_infinite_weight_of_a_silent_input_is_found(update: str) -> None:
    program, trials = wild(update)
    learned = {"wire.w": np.full((5, 3), 0.5)}
    for backend in ("reference", "brian2:standalone"):
        with pytest.raises(NumericalError):
            learned_by(backend, program, learned, trials)


def test_a_factor_of_post_that_is_infinite_reaches_silent_rows() -> None:
    """0*inf is NaN in the equations, so the rows of silent inputs are not left out there."""
    rule = ns.LearningRule("inverse", "end:run", {"w": "w + pre.s*(1/post.v)"})
    unit = ns.NeuronModel("Sum", state={"v": 0.0}, update={"v": "clip(drive, 0, 1)"}, output="v")
    network = ns.Network(
        [ns.Population("input", 5, ns.Clamp), ns.Population("unit", 3, unit)],
        [ns.Projection("wire", "input", "unit", learning=[rule])],
    )
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 2)], [], {"input.s": "constant"}))
    trials = ns.Trials({"input.s": np.zeros((1, 5))})
    for backend in ("reference", "brian2:standalone"):
        with pytest.raises(NumericalError, match=r"wire\.w"):
            learned_by(backend, program, {"wire.w": np.full((5, 3), 0.5)}, trials)


@pytest.mark.parametrize("share", [0.1, 0.9], ids=["few columns", "most columns"])
def test_spikes_deliver_rows_and_teach_columns(share: float) -> None:
    """Both ways of going through the columns of those that spiked; `share` of the targets spike."""
    rule = ns.LearningRule("drift", "post.spike", {"w": "w + lr*arrived - w/64"}, {"lr": 2.0**-6})
    unit = ns.Heaviside(decay=0.75, theta=0.5)
    network = ns.Network(
        [ns.Population("input", 21, ns.SpikeInput), ns.Population("unit", 40, unit), ns.Population("output", 24, unit)],
        [
            ns.Projection("input_unit", "input", "unit", learning=[rule]),
            ns.Projection("unit_output", "unit", "output", learning=[rule], reciprocal=True),
        ],
    )
    probes = [ns.Probe("unit.spike", "step"), ns.Probe("output.spike", "step")]
    program = ns.lower(
        network, ns.Schedule([ns.Phase("sleep", 60)], probes, {"input.x": "events"}), precision=ns.Grid()
    )
    random = np.random.default_rng(4)
    learned = some_weights(program, 2.0**-6)
    for name in ("input_unit.w", "unit_output.w"):
        learned[name][:, random.random(learned[name].shape[1]) < share] = 0.25
    trials = ns.Trials({"input.x": ns.Events.from_dense(random.random((3, 60, 21)) < 0.3)})
    (expected, wanted), (found, records) = (
        learned_by(b, program, learned, trials) for b in ("reference", "brian2:standalone")
    )
    for probe in ("unit.spike@step", "output.spike@step"):
        np.testing.assert_array_equal(records[probe].pairs(), wanted[probe].pairs())  # type: ignore[union-attr]
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
        assert not np.array_equal(values, learned[name])


WRITE = """
import sys
from itertools import pairwise
from pathlib import Path
from neurosim.program.program import Program
from neurosim_brian2.building.project import write_project
write_project(Program.from_json(sys.stdin.read()), Path(sys.argv[1]), "name")
"""


def test_both_directions_are_one_pass_and_no_index_is_read(tmp_path: Path) -> None:
    program = ns.lower(layered(), one_sided("input", "output", 8, 4, 0.5))
    subprocess.run([sys.executable, "-c", WRITE, str(tmp_path)], input=program.to_json(), text=True, check=True)
    sources = {p.stem: p.read_text() for p in (tmp_path / "code_objects").glob("*.cpp")}
    assert sum("summed_variable" in name for name in sources) == len(program.matrices)
    assert not [name for name, text in sources.items() if "_synaptic_pre[_" in text or "_synaptic_post[_" in text]
    assert set(json.loads((tmp_path / "manifest.json").read_text())["learned"]) == set(program.shapes())
