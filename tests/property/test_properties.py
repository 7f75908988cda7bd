"""Facts that hold for any expression, rule, network, spikes and weights, tried on random ones."""

import ast
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import EquationError
from neurosim.model.connectivity import AllToAll, Pairs
from neurosim.model.equations.expressions import bounds, fold, names_in, number, parse, rename, text_of
from neurosim.model.equations.factoring import factored, outer_products
from neurosim.model.equations.printers import NumpyPrinter
from neurosim.model.learning import BiasPropagation, LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, Clamp, Driven, Heaviside, Learned, RateUnit, SpikeInput
from neurosim.model.synapses import Dense, SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, check_on_grid, on_grid
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.program.source.statements import ENVIRONMENT

settings.register_profile("tests", deadline=None, max_examples=150, derandomize=True)
settings.load_profile("tests")

VARIABLES = ("x", "y", "pre.s")
CONSTANTS = ("k", "m")
numbers = st.sampled_from([0.0, 1.0, 2.0, 0.5, 3.0, 0.1, 10.0])
values = st.floats(-4, 4).map(lambda v: round(v, 3))


def _conditions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    compared = st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner).map(" ".join)
    return st.one_of(
        compared,
        compared.map(lambda c: f"not {c}"),
        st.tuples(compared, st.sampled_from(["and", "or"]), compared).map(lambda c: f"{c[0]} {c[1]} {c[2]}"),
    )


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.sampled_from(["tanh", "sigmoid", "abs", "sign", "step", "floor"])
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})"),
        st.tuples(inner, st.sampled_from("+-*"), inner, st.sampled_from("+-*"), inner).map(" ".join),
        inner.map(lambda a: f"-({a})"),
        inner.map(lambda a: f"({a})**2"),
        st.tuples(one, inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"minimum({p[0]}, {p[1]})"),
        inner.map(lambda a: f"clip({a}, -1, 1)"),
        st.tuples(st.sampled_from(["on_grid", "floor_to_grid", "truncate_to_grid"]), inner).map(
            lambda p: f"{p[0]}({p[1]}, 3)"
        ),
        inner.map(lambda a: f"wrap({a}, 2)"),
        inner.map(lambda a: f"single({a})"),
        st.tuples(_conditions(inner), inner, inner).map(lambda p: f"where({p[0]}, {p[1]}, {p[2]})"),
    )


leaves = st.one_of(st.sampled_from([*VARIABLES, *CONSTANTS]), numbers.map(repr))
expressions = st.recursive(leaves, _grown, max_leaves=8)
names = st.fixed_dictionaries({n: st.one_of(values, st.sampled_from([0.0, 1.0])) for n in (*VARIABLES, *CONSTANTS)})


def value(tree: object, known: dict[str, float]) -> float:
    printed = NumpyPrinter(lambda n: n.replace(".", "_"))(tree)  # type: ignore[arg-type]
    scope = {n.replace(".", "_"): np.asarray(v) for n, v in known.items()}
    with np.errstate(all="ignore"):
        return float(eval(printed, dict(ENVIRONMENT), scope))


@given(expressions)
def test_text_of_parses_to_the_same_tree(text: str) -> None:
    assert ast.dump(parse(text_of(parse(text)))) == ast.dump(parse(text))


@given(expressions)
def test_text_of_has_no_bracket_too_many(text: str) -> None:
    assert text_of(parse(text)) == ast.unparse(parse(text))


def test_a_negative_number_to_a_power_is_bracketed() -> None:
    assert text_of(ast.BinOp(number(-2.0), ast.Pow(), number(2.0))) == "(-2.0) ** 2.0"


@given(expressions, names)
def test_text_of_and_parse_keep_the_value(text: str, known: dict[str, float]) -> None:
    tree = parse(text)
    again = parse(text_of(tree))
    assert text_of(again) == text_of(tree)
    try:
        expected = value(tree, known)
    except ZeroDivisionError:
        assume(False)
    assert value(again, known) == expected or math.isnan(expected)


@given(expressions, names)
def test_fold_keeps_the_value(text: str, known: dict[str, float]) -> None:
    tree = parse(text)
    constants = {n: known[n] for n in CONSTANTS}
    try:
        folded, expected = fold(tree, constants), value(tree, known)
        found = value(folded, known)
    except (EquationError, ZeroDivisionError):
        assume(False)
    assume(math.isfinite(expected))
    assert found == expected
    assert names_in(folded) <= names_in(tree) - set(CONSTANTS)


@given(expressions, names)
def test_bounds_hold_the_value(text: str, known: dict[str, float]) -> None:
    tree = parse(text)
    low, high = bounds(tree, {n: (v, v) for n, v in known.items()})
    try:
        found = value(tree, known)
    except ZeroDivisionError:
        assume(False)
    assume(math.isfinite(found))
    slack = 1e-12 * max(1.0, abs(found))
    assert low - slack <= found <= high + slack


@given(expressions, names)
def test_rename_keeps_the_value(text: str, known: dict[str, float]) -> None:
    try:
        expected = value(parse(text), known)
    except ZeroDivisionError:
        assume(False)
    renamed = rename(parse(text), {"x": "post.x"})
    assert value(renamed, {**known, "post.x": known["x"], "x": math.nan}) == expected or math.isnan(expected)


# rules as outer products

sides = st.sampled_from(
    ["pre.s", "pre.t", "arrived", "post.s", "post.t", "lr", "beta", "tanh(pre.s)", "abs(post.s)", "2.0"]
)
products = st.lists(sides, min_size=1, max_size=4).map("*".join)
sums = st.lists(st.tuples(st.sampled_from("+-"), products), min_size=1, max_size=4).map(
    lambda ts: " ".join(f"{sign} {p}" for sign, p in ts)
)
brackets = st.tuples(st.sampled_from("+-"), products, sums).map(lambda p: f"{p[0]} {p[1]}/beta*(0.5 {p[2]})*(1 - lr)")
rules = st.one_of(sums, brackets, st.tuples(sums, brackets).map(" ".join)).map(lambda t: f"w {t}")


@given(rules, st.lists(values, min_size=8, max_size=8))
def test_a_factored_rule_has_the_value_of_the_rule(text: str, drawn: list[float]) -> None:
    tree = parse(text)
    pairs = outer_products(tree, "w", {"lr", "beta"})
    assert pairs is not None
    known = dict(zip(("pre.s", "pre.t", "arrived", "post.s", "post.t", "w", "lr", "beta"), drawn, strict=True))
    known["beta"] = known["beta"] or 0.5
    for f, g in pairs:
        assert not any(n.startswith("post.") for n in names_in(parse(f)))
        assert not any(n.startswith("pre.") or n == "arrived" for n in names_in(parse(g)))
    expected = value(tree, known)
    assert value(factored("w", pairs), known) == pytest.approx(expected, rel=1e-9, abs=1e-7)


# events

spike_arrays = arrays.arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 5)))


@given(spike_arrays)
def test_events_and_dense_arrays_are_inverse(spikes: np.ndarray) -> None:
    events = Events.from_dense(spikes)
    np.testing.assert_array_equal(events.dense(), spikes)
    assert events.count == spikes.sum()
    again = Events.from_dense(events.dense())
    np.testing.assert_array_equal(again.offsets, events.offsets)
    np.testing.assert_array_equal(again.indices, events.indices)


@given(spike_arrays)
def test_pairs_are_the_spikes_in_order(spikes: np.ndarray) -> None:
    flat = spikes.reshape(-1, spikes.shape[-1])
    np.testing.assert_array_equal(Events.from_dense(spikes).pairs(), np.argwhere(flat))


@given(spike_arrays, st.data())
def test_a_part_is_that_of_the_dense_array(spikes: np.ndarray, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(spikes)))
    stop = data.draw(st.integers(start, len(spikes)))
    part = Events.from_dense(spikes).part(start, stop)
    np.testing.assert_array_equal(part.dense(), spikes[start:stop])
    np.testing.assert_array_equal(part.pairs(), Events.from_dense(spikes[start:stop]).pairs())


# the grid

floats = arrays.arrays(np.float64, 5, elements=st.floats(-100, 100))


@given(floats, st.integers(1, 40))
def test_on_grid_moves_by_half_a_step_at_most_and_once_only(x: np.ndarray, bits: int) -> None:
    once = on_grid(x, bits)
    assert np.abs(once - x).max() <= 2.0 ** -(bits + 1)
    np.testing.assert_array_equal(on_grid(once, bits), once)
    check_on_grid("x", once, bits)


@given(st.floats(-100, 100), st.integers(1, 40))
def test_the_language_and_the_library_round_alike(x: float, bits: int) -> None:
    assert value(parse(f"on_grid(x, {bits})"), {"x": x}) == on_grid(np.array(x), bits)


@given(st.integers(0, 2**32), st.integers(2, 60))
def test_sums_on_the_grid_are_equal_in_any_order(seed: int, terms: int) -> None:
    random = np.random.default_rng(seed)
    grid = Grid()
    outputs = on_grid(random.uniform(-1, 1, terms), grid.output_bits)
    weights = on_grid(random.uniform(-8, 8, terms), grid.weight_bits)
    expected = math.fsum(outputs * weights)
    assert float(np.dot(outputs, weights)) == expected
    for _ in range(3):
        total = 0.0
        for i in random.permutation(terms):
            total += outputs[i] * weights[i]
        assert total == expected


@given(st.integers(0, 2**32))
@settings(max_examples=25)
def test_a_network_on_the_grid_does_not_depend_on_the_order_of_its_inputs(seed: int) -> None:
    random = np.random.default_rng(seed)
    network = Network([Population("a", 12, Clamp), Population("b", 5, RateUnit)], [Projection("p", "a", "b")])
    schedule = Schedule([Phase("run", 3)], [Probe("b.s", "step")], {"a.s": "constant"})
    program = lower(network, schedule, precision=Grid())
    w, x = on_grid(random.uniform(-1, 1, (12, 5)), 24), random.random((2, 12))
    found = []
    for order in (np.arange(12), random.permutation(12)):
        with ReferenceBackend().compile(program) as session:
            session.write({"p.w": w[order]})
            found.append(np.asarray(session.run(Trials({"a.s": x[:, order]}))["b.s@step"]))
    np.testing.assert_array_equal(found[0], found[1])


# networks

models = st.sampled_from([RateUnit, LIF, Heaviside, RateUnit(eps=0.125, bias=0.25), LIF(theta=2.0)])
synapses = st.sampled_from([Dense, SynapseModel("Half", {"w": 0.5}, "k*w", {"k": 0.5})])
HEBB = LearningRule("hebb", "step", {"w": "w + lr*arrived"}, {"lr": 0.1})


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """One or two modes, an input, one to four populations, projections of any direction."""
    modes = draw(st.sampled_from([("wake",), ("wake", "sleep")]))
    inputs = {"wake": Clamp, "sleep": SpikeInput}
    populations = [
        Population("input", draw(st.integers(1, 3)), {m: inputs[m] for m in modes} if len(modes) > 1 else Clamp)
    ]
    for i in range(draw(st.integers(1, 4))):
        chosen = {m: draw(models) for m in modes}
        initial = draw(st.sampled_from([0.0, 0.5]))
        chosen = {m: (model(bias=initial) if "bias" in model.params else model) for m, model in chosen.items()}
        learning = [BiasPropagation] if all("s_free" in m.state for m in chosen.values()) else []
        populations.append(
            Population(f"p{i}", draw(st.integers(1, 4)), chosen if len(modes) > 1 else chosen["wake"], learning)
        )
    units = [p.name for p in populations[1:]]
    projections = []
    for k in range(draw(st.integers(0, 5))):
        pre, post = draw(st.sampled_from(["input", *units])), draw(st.sampled_from(units))
        back = False if pre == "input" else draw(st.sampled_from([False, True, ("wake",)]))
        learning = draw(st.sampled_from([(), (HEBB,), {"wake": (HEBB(lr=0.5),)}]))
        sizes = {p.name: p.size for p in populations}
        wired = draw(st.just(AllToAll()) | pairs(sizes[pre], sizes[post]))
        projections.append(Projection(f"j{k}", pre, post, draw(synapses), learning, back, connectivity=wired))
    return Network(populations, projections)


def pairs(pre: int, post: int) -> st.SearchStrategy[Pairs]:
    """One to twelve synapses, so that some pairs have several."""
    pair = st.tuples(st.integers(0, pre - 1), st.integers(0, post - 1))
    return st.lists(pair, min_size=1, max_size=12).map(lambda found: Pairs(*zip(*found, strict=True)))


@given(networks())
def test_any_network_comes_back_from_json(network: Network) -> None:
    again = Network.from_json(network.to_json(), network.arrays())
    assert again == network
    assert again.to_json() == network.to_json()
    assert again.learned() == network.learned()


@given(networks())
def test_any_network_comes_back_from_its_files(network: Network) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.json"
        network.save(path)
        assert Network.load(path) == network
        assert path.with_suffix(".h5").exists() == bool(network.arrays())


@given(networks())
@settings(max_examples=60)
def test_any_network_comes_back_from_json_as_the_same_program(network: Network) -> None:
    phases = [Phase("free", 2), Phase("nudged", 1)]
    for mode, stimulus in zip(network.modes, ("s", "x"), strict=False):
        schedule = Schedule(phases, (), {f"input.{stimulus}": "constant"})
        again = Network.from_json(network.to_json(), network.arrays())
        assert lower(network, schedule, mode) == lower(again, schedule, mode)


@given(networks(), st.integers(0, 2**32))
@settings(max_examples=40)
def test_any_network_runs_and_gives_the_same_each_time(network: Network, seed: int) -> None:
    schedule = Schedule([Phase("free", 3, assign={}), Phase("nudged", 2)], (), {"input.s": "constant"})
    program = lower(network, schedule, "wake")
    random = np.random.default_rng(seed)
    learned = {n: random.uniform(-0.3, 0.3, shape) for n, shape in program.shapes().items()}
    trials = Trials({"input.s": random.random((3, network.population("input").size))})
    found = []
    for _ in range(2):
        with ReferenceBackend().compile(program) as session:
            session.write(learned)
            session.run(trials)
            found.append(session.read())
    assert all(np.array_equal(a, found[1][n]) for n, a in found[0].items())


def test_the_networks_tried_are_of_every_kind() -> None:
    seen: set[str] = set()

    @given(networks())
    def look(network: Network) -> None:
        seen.add(f"{len(network.modes)} modes")
        for j in network.projections:
            seen.add("reciprocal" if j.reciprocal else "one way")
            seen.add("recurrent" if j.pre == j.post else "between")
            seen.add("several synapses" if has_several(j) else "one synapse")
        for p in network.populations:
            model = p.model_in("wake")
            seen.update(type(v).__name__ for v in model.params.values() if isinstance(v, (Learned, Driven)))

    look()
    of_projections = {"reciprocal", "one way", "recurrent", "between", "several synapses", "one synapse"}
    assert seen == {"1 modes", "2 modes", "Learned", "Driven"} | of_projections


def has_several(j: Projection) -> bool:
    """Whether some pair of neurons has several synapses."""
    found = list(zip(*j.connectivity.wiring, strict=True)) if isinstance(j.connectivity, Pairs) else []
    return len(set(found)) < len(found)


taus, scales = st.floats(0.5, 30), st.floats(-2, 2)


@settings(max_examples=40)
@given(tau=taus, others=st.lists(taus, min_size=2, max_size=2), u=scales, sparse=st.booleans(), learn=st.booleans())
def test_a_value_of_each_neuron_gives_each_what_the_number_gives_all(
    tau: float, others: list[float], u: float, sparse: bool, learn: bool
) -> None:
    """The first neuron does what it does where all have its value; also its synapses, and also in blocks of trials."""
    scaled = SynapseModel("Scaled", {"w": 0.0}, "u*w", {"u": 1.0})
    rule = LearningRule("r", "step", {"w": "w + 0.01*u*(arrived - post.decay*w)"})
    wiring = Pairs([1, 0, 1, 0, 0, 1], [0, 1, 2, 0, 2, 1]) if sparse else AllToAll()
    place = ([0, 3],) if sparse else (slice(None), 0)
    shape = (6,) if sparse else (2, 3)
    each = np.full(shape, -u)
    each[place] = u
    found = []
    thetas = [0.75, *others]
    for values, theta, scale in (
        ([tau] * 3, [0.75] * 3, np.full(shape, u)), ([tau, *others], thetas, each), (tau, 0.75, u),
    ):  # fmt: skip
        network = Network(
            [Population("i", 2, SpikeInput), Population("e", 3, LIF, parameters={"tau_mem": values, "theta": theta})],
            [Projection("p", "i", "e", scaled, [rule], parameters={"u": scale}, connectivity=wiring)],
        )
        program = lower(network, Schedule([Phase("run", 12)], [Probe("e.v", "step")], {"i.x": "events"}))
        with ReferenceBackend().compile(program) as session:
            session.write({"p.w": np.linspace(-1, 1, 6).reshape(shape)})
            spikes = np.random.Generator(np.random.Philox(1)).random((3, 12, 2)) < 0.5
            records = session.run(Trials({"i.x": Events.from_dense(spikes)}), learn=learn)
            found.append((np.asarray(records["e.v@step"]), session.read()["p.w"]))
    (filled, filled_w), (various, various_w), (plain, plain_w) = found
    np.testing.assert_array_equal(filled, plain)
    np.testing.assert_array_equal(filled_w, plain_w)
    np.testing.assert_array_equal(various[..., 0], plain[..., 0])
    np.testing.assert_array_equal(various_w[place], plain_w[place])
