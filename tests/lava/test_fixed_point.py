"""Fixed point on the reference is Lava's own fixed-point LIF and Dense, bit by bit."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.program.precision import FixedPoint, WeightFormat, changes
from neurosim.program.precision.formats import ALIGNMENT
from neurosim.program.precision.saturation import saturations
from neurosim.program.run import bind

CHILD = Path(__file__).parent / "chip_arithmetic.py"
NUMBERS = FixedPoint()
LSB, UNIT = 2.0 ** -(NUMBERS.activation_bits + ALIGNMENT), 2.0**-NUMBERS.activation_bits


@pytest.fixture(scope="module")
def lava(backend, tmp_path_factory):
    """Runs a model of Lava on given arrays."""
    folder = tmp_path_factory.mktemp("lava")
    given_file, found_file = folder / "given.npz", folder / "found.npz"
    child = subprocess.Popen([sys.executable, str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(model: str, **given: object) -> dict[str, np.ndarray]:
        np.savez(given_file, model=model, **given)
        child.stdin.write(f"{given_file} {found_file}\n")
        child.stdin.flush()
        assert child.stdout.readline() == "done\n"
        with np.load(found_file) as found:
            return dict(found)

    with child:
        yield run
        child.stdin.close()


def recorded(network: ns.Network, trials: ns.Trials, kinds: dict[str, str], precision: FixedPoint, learned):
    """u, v and spikes of the population ``lif``, in whole last bits; and its counts of saturation."""
    probes = [ns.Probe(f"lif.{v}", "step") for v in ("u", "v", "spike")]
    steps = next(s.shape[1] if not isinstance(s, ns.Events) else s.steps for s in trials.stimuli.values())
    program = ns.lower(network, ns.Schedule([ns.Phase("run", steps)], probes, kinds), precision=precision)
    backend, _ = ns.load("reference")
    with backend.compile(program) as session:
        session.write(learned)
        records = session.run(trials)
    found = {v: records[f"lif.{v}@step"][0] / LSB for v in ("u", "v")}
    counts = saturations(bind(program, trials), learned)
    return {**found, "spikes": records["lif.spike@step"].dense()[0]}, counts


@pytest.mark.parametrize(
    ("du", "dv", "vth", "size"),
    [(409, 200, 2000, 9), (0, 0, 131071, 17), (4095, 4095, 100, 12), (1000, 3, 90000, 16), (20, 50, 40, 6)],
)
def test_lif_is_that_of_lava_where_registers_overflow_too(lava, du: int, dv: int, vth: int, size: int) -> None:
    """20,000 activations of up to 2**size, many of them large enough for u to wrap and v to saturate."""
    random = np.random.default_rng(size)
    steps, units = 400, 50
    exponents = 3
    activations = random.integers(-(2**size), 2**size, (steps, units), endpoint=True)
    mantissas = random.integers(-4096, 4096, units)
    expected = lava(
        "lif", activations=activations, du=du, dv=dv, vth=vth, bias_mant=mantissas,
        bias_exp=np.full(units, exponents),
    )  # fmt: skip

    neuron = ns.CubaLIF(du=(du + 1) / 4096, dv=dv / 4096, theta=vth * UNIT)
    network = ns.Network(
        [ns.Population("source", units, ns.Clamp), ns.Population("lif", units, neuron)],
        [ns.Projection("given", "source", "lif", connectivity=ns.OneToOne())],
    )
    precision = FixedPoint(output_bits=12).with_exponents({"lif.bias": exponents})
    trials = ns.Trials({"source.s": activations[None] * UNIT})
    learned = {"given.w": np.ones(units), "lif.bias": mantissas * 2.0**exponents * LSB}
    found, counts = recorded(network, trials, {"source.s": "steps"}, precision, learned)
    for name in ("u", "v", "spikes"):
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    assert expected["spikes"].any()
    if size == 17:
        assert counts["lif.u"].total > 1000
        assert counts["lif.v"].total > 1000


@pytest.mark.parametrize("graded", [False, True], ids=["spikes", "graded"])
@pytest.mark.parametrize(("bits", "scale"), [(8, 1.9), (8, 0.002), (5, 0.3)])
def test_dense_and_lif_are_those_of_lava(lava, graded: bool, bits: int, scale: float) -> None:
    """Two projections of random weights, one excitatory: each drops the finer parts of its sums by itself."""
    random = np.random.default_rng(bits)
    sources, units, steps = 40, 30, 300
    weights = {
        "first": random.uniform(-scale, scale, (sources, units)),
        "second": random.uniform(0, scale, (sources, units)),
    }
    model, kind = (ns.Clamp, "steps") if graded else (ns.SpikeInput, "events")
    neuron = ns.CubaLIF(du=410 / 4096, dv=200 / 4096, theta=2.0 * scale)
    network = ns.Network(
        [ns.Population("a", sources, model), ns.Population("b", sources, model), ns.Population("lif", units, neuron)],
        [ns.Projection("first", "a", "lif"), ns.Projection("second", "b", "lif")],
    )
    precision = FixedPoint(weight_bits=bits, largest_loss=0.2).fitted(weights)
    kinds = {f"{p}.{'s' if graded else 'x'}": kind for p in "ab"}
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 1)], [], kinds), precision=precision)
    learned, _ = ns.quantise({f"{n}.w": w for n, w in weights.items()}, program)

    shape = (steps, sources)
    messages = {p: random.integers(-1024, 1025, shape) if graded else random.random(shape) < 0.1 for p in "ab"}
    stimuli = {f"{p}.s": m[None] * 2.0**-10 for p, m in messages.items()}
    if not graded:
        stimuli = {f"{p}.x": ns.Events.from_dense(m[None]) for p, m in messages.items()}
    found, _ = recorded(network, ns.Trials(stimuli), dict.fromkeys(stimuli, kind), precision, learned)

    shift = precision.activation_bits - (precision.output_bits if graded else 0)
    activations = 0
    for name, source in (("first", "a"), ("second", "b")):
        form = precision.weight_format(name)
        given = form.mantissas(learned[f"{name}.w"]).T
        one = lava(
            "dense", weights=given, bits=form.bits, sign=form.sign, exponent=form.exponent + shift,
            messages=messages[source], message_bits=np.array([24 if graded else 0]),
        )  # fmt: skip
        np.testing.assert_array_equal(one["weights"], given, err_msg="Lava changes no weight that ours has rounded")
        activations = activations + one["activations"]
    expected = lava(
        "lif", activations=activations, du=409, dv=200, vth=round(2.0 * scale / UNIT), bias_mant=np.zeros(units),
        bias_exp=np.zeros(units),
    )  # fmt: skip
    for name in ("u", "v", "spikes"):
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
    assert expected["spikes"].sum() > 100


@pytest.mark.parametrize("sign", ["mixed", "excitatory", "inhibitory"])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_what_lava_changes_silently_is_what_is_reported(lava, sign: str, bits: int) -> None:
    """Whole and other mantissas, some beyond the ends, some of the wrong sign."""
    random = np.random.default_rng(bits)
    form = WeightFormat(bits, -7 - (8 - bits), sign, largest_loss=100.0)
    mantissas = np.concatenate(
        [random.integers(-300, 300, 400) + 0.0, random.uniform(-300, 300, 200), np.arange(-256, 257, 2)]
    )
    by_lava = lava("weights", weights=mantissas, bits=bits, sign=sign)["weights"]

    network = ns.Network(
        [ns.Population("a", len(mantissas), ns.SpikeInput), ns.Population("b", 1, ns.LIF)],
        [ns.Projection("p", "a", "b")],
    )
    precision = FixedPoint(weights=(("p", form),))
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 1)], [], {"a.x": "events"}), precision=precision)
    given = {"p.w": mantissas[:, None] * 2.0**form.exponent}
    reported = changes(given, program)["p.w"]
    np.testing.assert_array_equal(reported["index"], np.flatnonzero(by_lava != mantissas))
    _, [entry] = ns.quantise(given, program)
    assert (entry.changed, entry.saturated) == (len(reported), np.count_nonzero(reported["saturated"]))
    assert 0 < entry.saturated < entry.changed


def test_binary_weights_are_exact_in_dense(lava) -> None:
    """-1 and 1 are mantissas of -128 and 128, of 2 bits and mixed signs, with exponent -7."""
    random = np.random.default_rng(3)
    signs, messages = random.choice([-1.0, 1.0], (20, 50)), random.integers(-1000, 1000, (100, 50))
    form = FixedPoint(weight_bits=2).fitted({"p": signs}).weight_format("p")
    assert (form.bits, form.sign, form.exponent, form.step) == (2, "mixed", -7, 128)
    found = lava(
        "dense", weights=form.mantissas(form.rounded(signs)), bits=form.bits, sign=form.sign, exponent=form.exponent,
        messages=messages, message_bits=np.array([24]),
    )  # fmt: skip
    np.testing.assert_array_equal(found["activations"], messages @ signs.T)
    np.testing.assert_array_equal(form.rounded(signs), signs)
