"""Simulations and what they record, on the reference."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import BackendUnavailable, InputError, ModelError, NeurosimError
from neurosim.results.agreement.teacher_forced import Segment
from neurosim.simulation import Recording, SampledTrace, SpikeTrain
from neurosim.simulation.compare import Difference, verdict
from neurosim.simulation.running import teacher_forced
from neurosim.simulation.running.experiment import Experiment

PARROT = ns.ode(
    "dv/dt = -v/tau",
    spike="v > 0.5",
    reset={"v": "0"},
    params={"tau": "1 ms"},
    ports={"exc": "v"},
    dt="0.1 ms",
    name="Parrot",
)
"""Spikes whenever something arrives."""


def relay(delay: str = "0 ms") -> ns.NetworkBuilder:
    net = ns.NetworkBuilder(seed=3)
    source = net.source("source", ns.spike_times(2, [0, 1, 0], ["0.2 ms", "0.5 ms", "0.7 ms"]))
    cells = net.population("cells", 2, PARROT)
    net.connect(source, cells, ns.one_to_one(), weight=1.0, delay=delay)
    return net


def spiking(seed: int = 1) -> ns.NetworkBuilder:
    net = ns.NetworkBuilder(seed=seed)
    noise = net.source("noise", ns.poisson(30, rate="200 Hz"))
    cells = net.population("cells", 20, PARROT(tau="5 ms"), initial={"v": ns.uniform(0, 0.5)})
    net.connect(noise, cells, ns.random(p=0.3), weight=ns.normal(0.15, 0.02))
    net.connect(cells, cells, ns.random(p=0.2), weight=ns.uniform(-0.1, 0.1), delay=ns.uniform("0.5 ms", "2 ms"))
    return net


@pytest.mark.parametrize(("delay", "later"), [("0 ms", 1), ("0.1 ms", 2), ("0.3 ms", 4)])
def test_a_spike_is_felt_a_step_after_its_delay(delay: str, later: int) -> None:
    train = ns.simulate(relay(delay), "2 ms")["cells.spikes"]
    assert isinstance(train, SpikeTrain)
    assert train.events.pairs().tolist() == [[2 + later, 0], [5 + later, 1], [7 + later, 0]]


def test_times_are_in_ms() -> None:
    net = relay()
    found = ns.simulate(net, "2 ms", [net["source"].spikes, net["cells"].v, net["cells"].v.every("0.5 ms")[:1]][:2])
    spikes, v = found["source.spikes"], found["cells.v"]
    assert isinstance(spikes, SpikeTrain)
    assert isinstance(v, SampledTrace)
    np.testing.assert_allclose(spikes.times, [0.2, 0.5, 0.7])
    np.testing.assert_allclose(spikes[0], [0.2, 0.7])
    np.testing.assert_allclose(v.times, np.arange(1, 21) / 10)
    assert spikes.rate == pytest.approx(3 / 2 / 0.002)
    assert spikes.counts.tolist() == [2, 1]


def test_some_units_and_some_steps_are_those_of_all() -> None:
    net = spiking()
    cells, noise = net["cells"], net["noise"]
    whole = ns.simulate(net, "20 ms", [cells.v, cells.spikes, noise.spikes])
    some = ns.simulate(net, "20 ms", [cells.v[[3, 7]].every("1 ms"), cells.spikes[:5], noise.spikes[:4]])
    np.testing.assert_array_equal(some["cells.v"].values, whole["cells.v"].values[::10, [3, 7]])  # type: ignore[union-attr]
    np.testing.assert_array_equal(some["cells.v"].times, whole["cells.v"].times[::10])
    for name, most in (("cells.spikes", 5), ("noise.spikes", 4)):
        pairs = whole[name].events.pairs()  # type: ignore[union-attr]
        np.testing.assert_array_equal(some[name].events.pairs(), pairs[pairs[:, 1] < most])  # type: ignore[union-attr]


def test_without_a_list_all_spikes_of_populations_are_recorded() -> None:
    assert list(ns.simulate(spiking(), "1 ms")) == ["cells.spikes"]


def test_weights_are_recorded_and_given_back() -> None:
    net = relay()
    own = net.connect("cells", "cells", ns.pairs([0], [1]), weight=0.25)
    found = ns.simulate(net, "1 ms", [own.w])
    assert found["cells_cells.w"].values.tolist() == [[0.25]] * 10  # type: ignore[union-attr]
    assert found.learned["cells_cells.w"].tolist() == [0.25]


def test_a_shorter_simulation_is_the_beginning_of_a_longer() -> None:
    short, long = (ns.simulate(spiking(), t)["cells.spikes"].events.pairs() for t in ("30 ms", "60 ms"))  # type: ignore[union-attr]
    np.testing.assert_array_equal(short, long[long[:, 0] < 300])
    assert len(short)


def test_a_current_drives_a_parameter() -> None:
    leaky = ns.ode(
        "dv/dt = (i_ext*r - v)/tau", spike="v > 1e9", params={"tau": "10 ms", "r": "100 MOhm", "i_ext": ns.driven()}
    )
    net = ns.NetworkBuilder(dt="0.1 ms")
    cells = net.population("cells", 2, leaky, inputs={"i_ext": ns.step_current("100 pA", "5 ms", "10 ms")})
    v = ns.simulate(net, "20 ms", [cells.v])["cells.v"].values[:, 0]  # type: ignore[union-attr]
    assert not v[:50].any()
    np.testing.assert_allclose(v[99], 10 * (1 - np.exp(-0.5)), rtol=1e-12)
    np.testing.assert_allclose(v[199], v[99] * np.exp(-1.0), rtol=1e-12)


def test_a_mapping_says_what_it_has() -> None:
    net = spiking()
    found = ns.simulate(net, "5 ms", [net["cells"].spikes, net["cells"].v[:2]])
    assert (len(found), list(found), "cells.v" in found, "v" in found) == (2, ["cells.spikes", "cells.v"], True, False)
    with pytest.raises(NeurosimError, match=r"no 'cells.spike'; .*cells.spikes"):
        found["cells.spike"]
    assert repr(found).startswith("Recording of 5 ms on reference:numpy in ")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: ns.simulate(n, "1.05 ms"), "simulate: duration 1.05 ms: no whole number of steps of 0.1 ms"),
        (lambda n: ns.simulate(n, "1 mV"), "a unit of mV; expected one of ms"),
        (lambda n: ns.simulate(n, -1), "simulate: duration"),
        (lambda n: ns.simulate(n, 1, ["cells.v"]), "simulate: record"),
        (lambda n: ns.simulate(n, 1, [n["cells"].v, n["cells"].v[:2]]), "cells.v is there twice"),
        (lambda n: ns.simulate(n, 1, backend="brain2"), "brian2"),
        (lambda n: ns.simulate(n, 1).trace("cells.spikes"), "expected a variable, or raster()"),
        (lambda n: ns.simulate(n, 1)[["cells.spikes"]], "recording: no '['cells.spikes']'"),
        (lambda n: ns.simulate(n, 1, [n["cells"].v]).raster(["cells.v"]), "expected spikes, or trace('cells.v')"),
        (lambda n: ns.simulate(n, 1, [n["cells"].v[:1]])["cells.v"][1], "unit 1 was not recorded"),
        (lambda n: ns.simulate(n, 1).weights("noise.w"), "noise_cells.w"),
        (lambda n: ns.compare(n, 1, backends=[])["lava"], "comparison: no 'lava'"),
    ],
)
def test_a_wrong_call_says_what_is_right(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NeurosimError) as refused:
        call(spiking())
    assert message in str(refused.value)


def test_pictures_are_drawn_where_they_are_to_be() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    net = spiking()
    found = ns.simulate(net, "20 ms", [net["cells"].spikes, net["cells"].v[:3]])
    figure, axes = pyplot.subplots(1, 2)
    assert found.raster(ax=axes[0]) is axes[0]
    assert found.trace("cells.v", ax=axes[1]) is axes[1]
    assert len(axes[0].collections[0].get_offsets()) == len(found["cells.spikes"])
    assert len(axes[1].lines) == 3
    pyplot.close(figure)


def test_one_sample_is_drawn_as_a_dot_at_its_time() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    net = spiking()
    found = ns.simulate(net, "5 ms", [net["cells"].v[:1].every("5 ms")])
    axes = found.trace("cells.v")
    [line] = axes.lines
    (first, last), [time] = axes.get_xlim(), line.get_xdata()
    assert first < time < last
    assert line.get_marker() == "o"
    pyplot.close(axes.figure)


@pytest.mark.parametrize("name", ["dense", "sparse"])
def test_weights_are_drawn_as_a_matrix_or_by_how_many_have_them(name: str) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    net = relay()
    net.connect("cells", "cells", None if name == "dense" else ns.pairs([0, 1], [1, 0]), weight=0.1, name=name)
    axes = ns.simulate(net, 1).weights(f"{name}.w")
    assert (len(axes.images), bool(axes.patches)) == ((1, False) if name == "dense" else (0, True))
    pyplot.close(axes.figure)


def test_a_notebook_shows_tables() -> None:
    net = spiking()
    found = ns.compare(net, 1, backends=["reference"])
    assert "<td>reference:numpy</td>" in found._repr_html_()
    assert "<td>cells.spikes</td>" in found["reference"]._repr_html_()
    assert "<td>noise_cells</td>" in net._repr_html_()


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(BackendUnavailable, match=r"pip install 'neurosim\[plot\]'"):
        ns.simulate(spiking(), 1).raster()


def test_tables_have_what_was_recorded() -> None:
    pytest.importorskip("pandas")
    net = spiking()
    found = ns.simulate(net, "20 ms", [net["cells"].spikes, net["cells"].v[[4, 2]]])
    tables = found.to_pandas()
    assert tables["cells.v"].columns.tolist() == [4, 2]
    assert tables["cells.spikes"]["neuron"].tolist() == found["cells.spikes"].indices.tolist()  # type: ignore[union-attr]


def test_labelled_arrays_have_what_was_recorded() -> None:
    pytest.importorskip("xarray")
    net = spiking()
    found = ns.simulate(net, "20 ms", [net["cells"].spikes, net["cells"].v[[4, 2]]])
    data = found.to_xarray()
    assert data["cells.v"].sel({"cells.v.unit": 2})[-1] == found["cells.v"][2][-1]
    assert len(data["cells.spikes"]) == len(found["cells.spikes"])


def altered(found: Recording, time: int) -> Recording:
    """The same without the spikes from a step on."""
    train = found["cells.spikes"]
    assert isinstance(train, SpikeTrain)
    pairs = train.events.pairs()
    kept = pairs[pairs[:, 0] < time]
    offsets = np.concatenate([[0], np.cumsum(np.bincount(kept[:, 0], minlength=train.events.steps))])
    events = ns.Events(offsets, kept[:, 1].astype(np.int32), train.events.steps, train.size)
    return Recording(
        {"cells.spikes": SpikeTrain(events, train.dt)}, "other:mode", "simulated", 0.1, 50, found.learned, 1, 1
    )


def test_the_first_difference_is_named() -> None:
    found = ns.simulate(spiking(), "50 ms")
    pairs = found["cells.spikes"].events.pairs()  # type: ignore[union-attr]
    step, neuron = next(p for p in pairs if p[0] >= 200)
    judged = verdict(found, altered(found, 200))
    assert judged.tier == "none"
    assert judged.spikes_different == (pairs[:, 0] >= 200).sum()
    assert str(judged.first) == f"cells.spikes[{neuron}] at {step * 0.1:g} ms"


def test_a_weight_that_differs_is_no_t0() -> None:
    found = ns.simulate(spiking(), "5 ms")
    other = Recording(
        found.recorded, "other:mode", "simulated", 0.1, 5, {n: a + 1e-9 for n, a in found.learned.items()}, 1, 1
    )
    judged = verdict(found, other)
    assert (judged.tier, judged.first) == ("none", None)
    assert judged.largest_dw > 0


def test_a_comparison_can_be_json() -> None:
    found = ns.compare(spiking(), "5 ms", backends=["reference"])
    (one,) = found.to_dict()["backends"]
    assert (one["name"], one["tier"], one["spikes_different"], one["first_difference"]) == (
        "reference:numpy",
        "T0",
        0,
        None,
    )
    assert found.is_exact


def test_a_builder_that_goes_on_changes_no_setup() -> None:
    net = spiking()
    setup = net.build()
    net.population("more", 1, PARROT)
    assert [p.name for p in setup.network.populations] == ["noise", "cells"]
    with pytest.raises(ModelError):
        net.population("more", 1, PARROT)


def test_segments_start_from_the_reference() -> None:
    found = teacher_forced.segments(Experiment(spiking(), "30 ms"), "nengo:fused", 70)
    assert len(found) == 5
    assert all(s.max_abs_dw == 0 and s.spikes_different == 0 for s in found)


@pytest.mark.parametrize(("dw", "spikes", "tier"), [(1e-14, 0, "T1"), (1e-9, 0, "none"), (0.0, 1, "none")])
def test_segments_decide_between_t1_and_none(
    dw: float, spikes: int, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Segment(max_abs_dw=dw, spikes_different=spikes, amplification=0.0)
    monkeypatch.setattr(teacher_forced, "segments", lambda *_: [found])
    monkeypatch.setattr(
        sys.modules["neurosim.simulation.compare"], "first_difference", lambda *_: Difference("cells.spikes", 0, 1.0)
    )
    judged = ns.compare(spiking(), 1, backends=["nengo:fused"], segments=1)
    assert judged.verdicts[1].tier == tier


def test_a_segment_that_is_no_time_is_refused() -> None:
    with pytest.raises(ModelError, match="compare: segments = 0"):
        ns.compare(spiking(), 1, backends=[], segments=0)


def test_the_rate_is_spikes_over_neurons_and_time() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    found = ns.simulate(spiking(), "22 ms")
    train = found["cells.spikes"]
    assert isinstance(train, SpikeTrain)
    figure, given = pyplot.subplots()
    axes = found.rates(every="5 ms", ax=given)
    assert axes is given
    values, edges, _ = axes.patches[0].get_data()
    np.testing.assert_allclose(edges, [0, 5, 10, 15, 20, 22])
    counts, _ = np.histogram(train.events.pairs()[:, 0], [0, 50, 100, 150, 200, 220])
    np.testing.assert_allclose(values, counts / (20 * np.array([5, 5, 5, 5, 2]) / 1000))
    for every in ("0 ms", "0.05 ms"):
        with pytest.raises(ModelError, match="rates: every ="):
            found.rates(every=every)
    pyplot.close(figure)


def test_samples_have_the_unit_of_their_variable() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    params = {"tau": "10 ms", "v_th": "1 V"}
    leaky = ns.ode("dv/dt = -v/tau", spike="v > v_th", reset={"v": 0}, params=params, ports={"exc": "v"})
    net = ns.NetworkBuilder(dt="0.1 ms")
    cells, plain = net.population("cells", 2, leaky), net.population("plain", 2, ns.LIF)
    own = net.connect(cells, cells, weight="1 mV")
    found = ns.simulate(net, 1, [cells.v, plain.v, own.w])
    units = {n: t.measured_in for n, t in found.traces().items()}
    assert units == {"cells.v": "mV", "plain.v": "", "cells_cells.w": "mV"}
    labels = []
    for name in found:
        axes = found.trace(name)
        labels.append(axes.get_ylabel())
        pyplot.close(axes.figure)
    assert labels == ["cells.v in mV", "plain.v", "cells_cells.w in mV"]


def test_a_network_is_drawn_with_its_sizes_and_synapses() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    net = relay()
    net.connect("cells", "cells", weight=0.1)
    net.connect("source", "cells", ns.pairs([0], [1]), weight=0.1)
    figure, given = pyplot.subplots()
    assert net.draw(ax=given) is given
    texts = sorted(t.get_text() for t in given.texts if t.get_text())
    assert texts == sorted(["source\n2", "cells\n2", "2", "4", "1"]), "two populations; two, all and one pair"
    arrows = [t for t in given.texts if getattr(t, "arrow_patch", None) is not None]
    assert len(arrows) == 3
    figure.canvas.draw()
    pyplot.close(figure)


def test_objects_of_neo_have_what_was_recorded() -> None:
    pytest.importorskip("neo")
    leaky = ns.ode(
        "dv/dt = -v/tau",
        spike="v > v_th",
        reset={"v": "0 mV"},
        params={"tau": "10 ms", "v_th": "20 mV"},
        ports={"exc": "v"},
    )
    net = ns.NetworkBuilder(seed=1, dt="0.1 ms")
    noise = net.source("noise", ns.poisson(5, rate="200 Hz"))
    cells = net.population("cells", 4, leaky, initial={"v": "1 mV"})
    net.connect(noise, cells, weight="7 mV")
    found = ns.simulate(net, "50 ms", [noise.spikes, cells.v[[3, 1]].every("0.5 ms"), cells.spikes])
    (segment,) = found.to_neo().segments
    trains, (signal,) = segment.spiketrains, segment.analogsignals
    assert [t.name for t in trains] == [f"noise.spikes[{k}]" for k in range(5)] + [
        f"cells.spikes[{k}]" for k in range(4)
    ]
    for train in trains:
        name, neuron = f"{train.annotations['population']}.spikes", train.annotations["neuron"]
        assert train.rescale("ms").magnitude.tolist() == found[name][neuron].tolist()
        assert (str(train.units.dimensionality), float(train.t_stop)) == ("ms", 50.0)
    np.testing.assert_array_equal(signal.magnitude, found["cells.v"].values)  # type: ignore[union-attr]
    np.testing.assert_allclose(signal.times.rescale("ms").magnitude, found["cells.v"].times)  # type: ignore[union-attr]
    assert (str(signal.units.dimensionality), signal.name) == ("mV", "cells.v")
    assert signal.array_annotations["unit"].tolist() == [3, 1]


def test_without_neo_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neo", None)
    with pytest.raises(BackendUnavailable, match=r"pip install 'neurosim\[neo\]'"):
        ns.simulate(spiking(), 1).to_neo()


def weighted(weight: object) -> ns.NetworkBuilder:
    net = relay()
    net.connect("cells", "cells", weight=weight, name="back")  # type: ignore[arg-type]
    return net


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        (6e-9, "back.w: 6e-09 would become 0, one of the multiples of 2**-24; a relative error of 1, at most 0.01"),
        ([[-6e-9, 0], [1e-9, 3e-9]], "back.w: -6e-09 would become 0"),
        (1e-7, "back.w: 1e-07 would become 1.19209e-07"),
        (1e-300, "back.w: 1e-300 would become 0"),
    ],
)
def test_weights_too_small_for_a_grid_are_refused_with_the_factor_that_fits(weight: object, told: str) -> None:
    assert ns.simulate(weighted(weight), 1).learned["back.w"].any()
    with pytest.raises(InputError) as refused:
        ns.simulate(weighted(weight), 1, precision=ns.Grid())
    assert told in str(refused.value)
    bits = int(re.findall(r"2\*\*(\d+) times", str(refused.value))[0])
    ns.simulate(weighted(np.multiply(weight, 2.0**bits)), 1, precision=ns.Grid())
    with pytest.raises(InputError):
        ns.simulate(weighted(np.multiply(weight, 2.0 ** (bits - 1))), 1, precision=ns.Grid())


@pytest.mark.parametrize("weight", [0.0, 1e-5, [[0.1, 1e-9], [0, 0.2]]], ids=["none", "small", "one is small"])
def test_weights_of_which_enough_is_left_are_taken(weight: object) -> None:
    ns.simulate(weighted(weight), 1, precision=ns.Grid())


def test_recorded_spikes_are_played_back() -> None:
    first = ns.simulate(spiking(), "20 ms")["cells.spikes"]
    net = ns.NetworkBuilder(dt="0.1 ms")
    again = net.source("again", ns.playback(first))
    found = ns.simulate(net, "20 ms", [again.spikes])["again.spikes"]
    assert isinstance(found, SpikeTrain)
    assert isinstance(first, SpikeTrain)
    assert found.events.pairs().tolist() == first.events.pairs().tolist()
    assert len(found) > 10
