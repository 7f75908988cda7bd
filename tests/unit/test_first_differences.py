"""What is drawn around the first difference of two recordings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError
from neurosim.simulation import Recording, SampledTrace, SimulationComparison, SpikeTrain
from neurosim.simulation.compare import verdict

pyplot = pytest.importorskip("matplotlib.pyplot")

NEURON, STEP = 1, 300


def recording() -> Recording:
    leaky = ns.ode("dv/dt = (2 - v)/tau", spike="v > 1", reset={"v": 0}, params={"tau": "10 ms"}, dt="0.1 ms")
    net = ns.NetworkBuilder(seed=1)
    cells = net.population("cells", 40, leaky, initial={"v": ns.uniform(0, 1)})
    return ns.simulate(net, "50 ms", [cells.spikes, cells.v[:4]])


def altered(found: Recording) -> Recording:
    """The same on another backend, where one neuron spikes no more from a step on, and does not rise."""
    train, trace = found["cells.spikes"], found["cells.v"]
    assert isinstance(train, SpikeTrain)
    assert isinstance(trace, SampledTrace)
    dense = train.events.dense().copy()
    dense[0, STEP:, NEURON] = False
    values = trace.values.copy()
    values[STEP:, NEURON] = 0
    recorded = {
        "cells.spikes": SpikeTrain(ns.Events.from_dense(dense), train.dt),
        "cells.v": replace(trace, values=values),
    }
    return replace(found, recorded=recorded, backend="other:mode")


def comparison(*names: str) -> SimulationComparison:
    """Of the recordings of these names."""
    one = recording()
    pair = [replace(r, recorded={n: r[n] for n in names}) for r in (one, altered(one))]
    return SimulationComparison([verdict(pair[0], r) for r in pair])


def marked(axes) -> dict[str, np.ndarray]:  # type: ignore[no-untyped-def]
    return {c.get_label(): np.asarray(c.get_offsets()) for c in axes.collections}


def test_spikes_that_one_of_both_has_are_marked() -> None:
    found = comparison("cells.spikes")
    first = found.verdicts[1].first
    assert first is not None
    axes = found.draw()
    spikes = marked(axes)
    assert (first.unit, first.time) == tuple(spikes["only reference:numpy"][0][::-1])
    assert not len(spikes["only other:mode"])
    assert set(spikes["only reference:numpy"][:, 1]) == {NEURON}
    assert set(spikes["both"][:, 1]) == set(range(NEURON + 11)), "ten neurons on either side, as far as there are"
    assert axes.get_title(loc="left") == str(first)
    assert axes.get_xlim() == pytest.approx((first.time - 15, first.time + 15))
    pyplot.close(axes.figure)


def test_samples_of_the_neuron_are_below_its_spikes() -> None:
    axes = comparison("cells.spikes", "cells.v").draw("other")
    below = axes.figure.axes[1]
    lines = {line.get_label(): line.get_ydata() for line in below.lines[:2]}
    assert [label.partition(",")[0] for label in lines] == ["reference:numpy", "other:mode"]
    assert "apart" in list(lines)[1]
    assert below.get_ylabel() == f"cells.v[{NEURON}]"
    assert below.get_xlim() == axes.get_xlim()
    pyplot.close(axes.figure)


def test_samples_alone_have_the_axes_for_themselves() -> None:
    axes = comparison("cells.v").draw()
    assert axes.figure.axes == [axes]
    assert len(axes.lines) == 3, "two recordings, and where they first differ"
    pyplot.close(axes.figure)


@pytest.mark.parametrize("kind", ["one of several", "at a place of their own"])
def test_axes_that_are_given_are_drawn_into(kind: str) -> None:
    figure = pyplot.figure()
    given = figure.subplots(1, 2)[1] if kind == "one of several" else figure.add_axes((0.1, 0.1, 0.5, 0.8))
    before = given.get_position()
    assert comparison("cells.spikes", "cells.v").draw(ax=given) is given
    below = figure.axes[-1].get_position()
    assert (below.x0, below.x1) == pytest.approx((before.x0, before.x1))
    assert before.y0 <= below.y0 < below.y1 < given.get_position().y0 < before.y1
    pyplot.close(figure)


def test_where_nothing_differs_there_is_nothing_to_draw() -> None:
    one = recording()
    found = SimulationComparison([verdict(one, one)])
    with pytest.raises(InputError, match="nothing that was recorded differs on reference:numpy"):
        found.draw()
    with pytest.raises(InputError, match="no 'lava'"):
        found.draw("lava")
