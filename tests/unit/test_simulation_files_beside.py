"""Files of plain networks: synapses with statements for spikes, and arrays and recordings that lie beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import SpecError
from neurosim.simulation import Recording, SpikeTrain, schema
from neurosim.simulation.running.experiment import Experiment

HEAD = """
[simulation]
name = "beside"
duration = "20 ms"
dt = "0.1 ms"
seed = 3

[models.lif]
equations = ["dv/dt = (i_ext*r - v)/tau"]
spike = "v > v_th"
reset = { v = 0.0 }
params = { tau = "10 ms", v_th = "2 mV", r = "10 MOhm", i_ext = { driven = 0.0 } }
ports = { exc = "v" }

[network.population.e]
size = 3
model = "lif"

[network.source.noise]
kind = "poisson"
size = 4
rate = "300 Hz"
"""

STDP = """
[synapses.stdp]
equations = ["dapre/dt = -apre/tau", "dapost/dt = -apost/tau"]
on_pre = "v_post += w; apre += d_pre; w = clip(w + apost, 0*d_pre, w_max)"
on_post = "apost -= 1.05*d_pre; w = clip(w + apre, 0*d_pre, w_max)"
params = { tau = "20 ms", d_pre = "0.1 mV", w_max = "2 mV" }

[network.projection.noise_e]
pre = "noise"
post = "e"
weight = "1 mV"
synapse = { model = "stdp", tau = "10 ms" }
"""

FIXED = """
[network.projection.noise_e]
pre = "noise"
post = "e"
"""


def simulated(text: str, folder: Path = Path()) -> Recording:
    file = schema.parse(HEAD + text, folder=folder)
    builder = file.builder()
    return Experiment(builder, file.duration, file.recordables(builder)).on("reference")


def cells() -> ns.NetworkBuilder:
    """The network of `HEAD` in Python."""
    lif = ns.ode(
        "dv/dt = (i_ext*r - v)/tau",
        spike="v > v_th",
        reset={"v": 0.0},
        params={"tau": "10 ms", "v_th": "2 mV", "r": "10 MOhm", "i_ext": ns.driven()},
        ports={"exc": "v"},
        name="lif",
    )
    net = ns.NetworkBuilder(seed=3, dt="0.1 ms")
    net.population("e", 3, lif)
    net.source("noise", ns.poisson(4, rate="300 Hz"))
    return net


def test_a_synapse_that_learns_on_spikes_is_that_of_python() -> None:
    stdp = ns.synapse(
        "dapre/dt = -apre/tau",
        "dapost/dt = -apost/tau",
        on_pre="v_post += w; apre += d_pre; w = clip(w + apost, 0*d_pre, w_max)",
        on_post="apost -= 1.05*d_pre; w = clip(w + apre, 0*d_pre, w_max)",
        params={"tau": "10 ms", "d_pre": "0.1 mV", "w_max": "2 mV"},
    )
    net = cells()
    net.connect("noise", "e", weight="1 mV", synapse=stdp, name="noise_e")
    expected, found = ns.simulate(net, "20 ms"), simulated(STDP)
    assert found.learned["noise_e.w"].tolist() == expected.learned["noise_e.w"].tolist()
    assert len(set(found.learned["noise_e.w"].ravel())) > 3, "it learns"
    np.testing.assert_array_equal(found["e.spikes"].events.pairs(), expected["e.spikes"].events.pairs())  # type: ignore[union-attr]


def test_a_synapse_of_the_library_with_statements() -> None:
    found = simulated(FIXED + 'synapse = { model = "TsodyksMarkram", tau_d = "100 ms" }\nweight = "1 mV"')
    assert "noise_e.w" in found.learned


@pytest.mark.parametrize("form", ["npy", "npz", "csv", "matrix"])
def test_weights_lie_in_a_file(tmp_path: Path, form: str) -> None:
    weights = np.random.default_rng(1).normal(1, 0.3, (4, 3))
    np.save(tmp_path / "w.npy", weights)
    np.savez(tmp_path / "w.npz", w=weights, other=weights[0])
    np.savetxt(tmp_path / "w.csv", weights, delimiter=",", fmt="%.17g")
    given = {
        "npy": 'weight = { kind = "file", path = "w.npy" }',
        "npz": 'weight = { kind = "file", path = "w.npz", array = "w" }',
        "csv": 'weight = { kind = "file", path = "w.csv" }',
        "matrix": 'wiring = { kind = "from_matrix", path = "w.npy" }',
    }
    found = simulated(FIXED + given[form], tmp_path)
    assert found.learned["noise_e.w"].ravel().tolist() == weights.ravel().tolist()


@pytest.mark.parametrize("form", ["recording", "table"])
def test_spikes_of_a_file_are_played_again(tmp_path: Path, form: str) -> None:
    net = cells()
    train = ns.simulate(net, "20 ms", [net["noise"].spikes])
    train.save(tmp_path / "noise.h5")
    events = train["noise.spikes"].events  # type: ignore[union-attr]
    np.save(tmp_path / "noise.npy", events.dense()[0].astype(np.uint8))
    source = {"recording": 'path = "noise.h5"\narray = "noise.spikes"', "table": 'path = "noise.npy"'}[form]
    text = f'record = ["noise.spikes"]\n[network.source.noise]\nkind = "playback"\n{source}\n'
    head = HEAD.partition("[network.source.noise]")[0].replace("seed = 3\n", "seed = 99\n")
    file = schema.parse(head.replace("\n[models", text.partition("\n")[0] + "\n[models", 1) + text.partition("\n")[2],
                        folder=tmp_path)  # fmt: skip
    builder = file.builder()
    played = Experiment(builder, file.duration, file.recordables(builder)).on("reference")["noise.spikes"]
    assert isinstance(played, SpikeTrain)
    np.testing.assert_array_equal(played.events.pairs(), events.pairs())
    assert len(played)


@pytest.mark.parametrize("form", ["recording", "table"])
def test_values_of_a_file_drive_a_parameter(tmp_path: Path, form: str) -> None:
    values = np.random.default_rng(1).normal(0.1, 0.05, (200, 3))
    np.save(tmp_path / "i.npy", values)
    driven = cells()
    recorded = ns.simulate(driven, "20 ms", [driven["e"].v])
    trace = recorded["e.v"]
    trace.values[:] = values  # type: ignore[union-attr]
    recorded.save(tmp_path / "i.h5")
    source = {"recording": 'path = "i.h5", array = "e.v"', "table": 'path = "i.npy"'}[form]
    text = HEAD.replace(
        'size = 3\nmodel = "lif"', f'size = 3\nmodel = "lif"\ninputs = {{ i_ext = {{ kind = "playback", {source} }} }}'
    ).replace("seed = 3", 'seed = 3\nrecord = ["e.v"]')
    file = schema.parse(text, folder=tmp_path)
    builder = file.builder()
    found = Experiment(builder, file.duration, file.recordables(builder))
    np.testing.assert_array_equal(found.trials.stimuli["e.i_ext"][0], values)  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('weight = { kind = "file", path = "../w.npy" }', "expected a file in the folder of this one, or below it"),
        ('weight = { kind = "file", path = "/etc/passwd" }', "expected a file in the folder of this one, or below it"),
        ('weight = { kind = "file", path = "none.npy" }', "[network.projection.noise_e]"),
        ('weight = { kind = "file", path = "w.npy" }', "[network.projection.noise_e]"),
        ('wiring = { kind = "from_matrix", path = "w.npy" }', "a matrix of shape (2, 2); expected (4, 3)"),
        ('weight = "1 mV"\nsynapse = { model = "stpd" }', "'stpd' is not in the library, nor defined in this file"),
        ('weight = "1 mV"\n[synapses.a]\non_post = "w += 1"', "'synapses.a.on_pre' is missing"),
        ('weight = "1 mV"\n[synapses.a]\non_pre = "w += 1"\non_past = ""', "did you mean 'on_post'"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    np.save(tmp_path / "w.npy", np.ones((2, 2)))
    with pytest.raises(SpecError) as refused:
        simulated(FIXED + text, tmp_path)
    assert told in str(refused.value)
