"""What `help` and notebooks show of models, and that it is no part of them."""

import pickle
import pydoc
from dataclasses import asdict
from html.parser import HTMLParser

import pytest

import neurosim as ns
from neurosim.model.display import described
from neurosim.model.display.described import Described
from neurosim.model.display.notebook import MOST_ROWS

LIBRARY = [name for name in ns.__all__ if isinstance(getattr(ns, name), Described)]
OJA = ns.LearningRule("oja", "step", {"w": "w + lr*post.s*(arrived - post.s*w)"}, {"lr": 0.02})


class Text(HTMLParser):
    """The tags of a document, each closed where it should be, and its text."""

    def __init__(self, document: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(document)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert not attrs
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def shown_by_help(thing: object) -> str:
    return pydoc.plain(pydoc.render_doc(thing))


def test_help_shows_the_text_and_the_equations_of_a_model() -> None:
    shown = shown_by_help(ns.LIF)
    assert "Leaky integrate-and-fire.\n" in shown
    assert "decay = exp(-dt/tau_mem): the exact solution between arrivals" in shown
    assert "v' = decay*v + drive + bias\n" in shown
    assert "bias = 0 (learned)\n" in shown


@pytest.mark.parametrize("name", LIBRARY)
def test_everything_in_the_library_has_a_text(name: str) -> None:
    part = getattr(ns, name)
    text = described.library_text(part)
    assert text is not None
    assert part.__doc__.startswith(text)


def test_a_model_with_other_values_has_the_text_and_its_values() -> None:
    text = ns.LIF(tau_mem=20.0, bias=1 / 3).__doc__
    assert "Leaky integrate-and-fire." in text
    assert "tau_mem = 20\n" in text
    assert "bias = 0.3333333333333333 (learned)\n" in text


def test_a_model_of_the_users_has_its_equations() -> None:
    assert OJA.__doc__ == (
        "The LearningRule oja.\n\nEquations\n---------\nat step:\nw' = w + lr*post.s*(arrived - post.s*w)\n\n"
        "Parameters\n----------\nlr = 0.02"
    )


def test_a_model_of_another_equation_has_no_text_of_the_library() -> None:
    assert described.library_text(ns.NeuronModel("LIF", params={"x": ns.driven()}, output="x")) is None


def test_a_class_keeps_its_own_text() -> None:
    assert ns.NeuronModel.__doc__ is not None
    assert ns.NeuronModel.__doc__.startswith("state' = update(")
    assert "spike, reset" in shown_by_help(ns.NeuronModel)


def test_without_the_sources_there_are_the_equations(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_source(module: object) -> str:
        raise OSError("could not get source code")

    monkeypatch.setattr(described.inspect, "getsource", no_source)
    described._library.cache_clear()
    try:
        assert ns.LIF.__doc__.startswith("The NeuronModel LIF.\n\nEquations")
    finally:
        described._library.cache_clear()


@pytest.mark.parametrize("part", [ns.LIF, ns.Binary, ns.STDP], ids=lambda part: part.name)
def test_the_text_is_no_part_of_a_model(part: Described) -> None:
    before = pickle.dumps(part), repr(part), asdict(part), dict(vars(part))
    shown_by_help(part)
    part._repr_html_()
    assert (pickle.dumps(part), repr(part), asdict(part), dict(vars(part))) == before
    assert "__doc__" not in vars(part)
    assert pickle.loads(pickle.dumps(part)) == part


@pytest.mark.parametrize("name", LIBRARY)
def test_a_notebook_shows_the_equations(name: str) -> None:
    part = getattr(ns, name)
    assert "\n".join(part.equations()) in Text(part._repr_html_()).text


def network() -> ns.Network:
    odd = ns.NeuronModel("<script>alert(1)</script>", state={"s": 0.0}, update={"s": "where(drive > 1, 1, 0)"})
    populations = [ns.Population("input", 3, ns.Clamp), ns.Population("hidden", 2, {"wake": odd, "sleep": ns.LIF})]
    rules = {"wake": [ns.LearningRule("oja", "step", {"w": "w + lr*arrived"}, {"lr": 0.1})]}
    pairs = ns.Pairs([0, 1], [1, 0])
    return ns.Network(
        populations,
        [
            ns.Projection("p", "input", "hidden", learning=rules),
            ns.Projection("q", "hidden", "hidden", connectivity=pairs, reciprocal=["wake"], delay=3),
        ],
    )


def test_a_notebook_shows_the_parts_of_a_network() -> None:
    shown = Text(network()._repr_html_())
    for text in ("input", "hidden", "sleep: LIF", "Pairs (2)", "hidden and back (wake)", "wake: oja", "weight = w"):
        assert text in shown.text


def test_nothing_of_a_users_is_html() -> None:
    html = network()._repr_html_()
    assert "script" not in Text(html).tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "where(drive &gt; 1, 1, 0)" in html


def test_a_long_table_is_cut_and_says_so() -> None:
    many = ns.Network([ns.Population(f"p{i}", 1, ns.LIF) for i in range(MOST_ROWS + 7)])
    shown = Text(many._repr_html_()).text
    assert f"p{MOST_ROWS - 1} " in shown
    assert f"p{MOST_ROWS} " not in shown
    assert "and 7 more" in shown
