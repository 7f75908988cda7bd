"""The file of a plain network: what it builds is what Python builds, and every mistake is told with its place."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from shipped import SIMULATION_FILES

import neurosim as ns
from neurosim.errors import SpecError
from neurosim.program.precision import Float64, Grid
from neurosim.simulation import NetworkBuilder, Recordable, Setup, schema, simulate
from neurosim.simulation.schema import CallTable
from neurosim.simulation.schema.parts import files

SMALL = """
[simulation]
name = "small"
duration = "30 ms"
dt = "0.1 ms"
seed = 3
record = ["e.spikes", "e.v[:3]", "noise.spikes", "noise_e.w[0, 2] every 1 ms"]

[models.lif]
equations = ["dv/dt = (e_l - v + ge + r*i_ext)/tau_m (unless refractory)", "dge/dt = -ge/tau_e"]
spike = "v > v_th"
reset = { v = "v_r" }
refractory = "2 ms"
params = { tau_m = "20 ms", tau_e = "5 ms", e_l = "-60 mV", v_th = "-50 mV", v_r = "-60 mV", r = "10 MOhm", i_ext = { driven = 0.0 } }
ports = { exc = "ge" }
integrator = "exact"

[network.population.e]
size = 20
model = "lif"
parameters = { e_l = { kind = "normal", mean = "-58 mV", sd = "1 mV" } }
initial = { v = { kind = "uniform", low = "-60 mV", high = "-50 mV" } }
inputs = { i_ext = { kind = "step_current", amplitude = "0.5 nA", start = "5 ms", stop = "20 ms" } }

[network.source.noise]
kind = "poisson"
size = 30
rate = "100 Hz"

[network.projection.noise_e]
pre = "noise"
post = "e"
wiring = { kind = "random", p = 0.3 }
weight = { kind = "normal", mean = "2 mV", sd = "0.2 mV", low = 0.0 }
delay = { kind = "uniform", low = "0.5 ms", high = "2 ms" }

[network.projection.e_e]
pre = "e"
post = "e"
wiring = { kind = "fixed_in_degree", n = 3, self_connections = false }
weight = "1 mV"
to = "exc"
"""  # noqa: E501


def small_in_python() -> NetworkBuilder:
    lif = ns.ode(
        "dv/dt = (e_l - v + ge + r*i_ext)/tau_m (unless refractory)", "dge/dt = -ge/tau_e",
        spike="v > v_th", reset={"v": "v_r"}, refractory="2 ms",
        params={
            "tau_m": "20 ms", "tau_e": "5 ms", "e_l": "-60 mV", "v_th": "-50 mV", "v_r": "-60 mV", "r": "10 MOhm",
            "i_ext": ns.driven(),
        },
        ports={"exc": "ge"}, integrator="exact", name="lif",
    )  # fmt: skip
    net = ns.NetworkBuilder(seed=3, dt="0.1 ms")
    e = net.population(
        "e", 20, lif,
        parameters={"e_l": ns.normal("-58 mV", "1 mV")},
        initial={"v": ns.uniform("-60 mV", "-50 mV")},
        inputs={"i_ext": ns.step_current("0.5 nA", "5 ms", "20 ms")},
    )  # fmt: skip
    noise = net.source("noise", ns.poisson(30, rate="100 Hz"))
    weight, delay = ns.normal("2 mV", "0.2 mV", low=0.0), ns.uniform("0.5 ms", "2 ms")
    net.connect(noise, e, ns.random(p=0.3), weight=weight, delay=delay)
    net.connect(e, e, ns.fixed_in_degree(3, self_connections=False), weight="1 mV", to="exc")
    return net


def parsed(*changes: tuple[str, str]) -> schema.SimulationFile:
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return schema.parse(text)


def built(file: schema.SimulationFile) -> Setup:
    builder = file.builder()
    file.recordables(builder)
    assert file.precision is not None
    return builder.build()


def test_a_file_is_the_network_that_python_describes() -> None:
    of_file, of_python = built(parsed()), small_in_python().build()
    assert of_file.network == of_python.network
    assert (of_file.dt, of_file.seed) == (of_python.dt, of_python.seed)
    assert set(of_file.weights) == set(of_python.weights) == {"noise_e.w", "e_e.w"}
    for name, weights in of_python.weights.items():
        assert np.array_equal(of_file.weights[name], weights)
    assert dict(of_file.sources) == dict(of_python.sources)


def test_a_file_gives_the_recording_that_python_gives() -> None:
    file, network = parsed(), small_in_python()
    builder = file.builder()
    synapses = len(network.build().weights["noise_e.w"])
    weights = Recordable("noise_e", "w", synapses, units=[0, 2], interval="1 ms")
    record = [network["e"].spikes, network["e"].v[:3], network["noise"].spikes, weights]
    found = simulate(builder, file.duration, file.recordables(builder), precision=file.precision)
    expected = simulate(network, "30 ms", record)
    assert list(found) == list(expected) == ["e.spikes", "e.v", "noise.spikes", "noise_e.w"]
    assert len(found["e.spikes"]) > 0
    for name, train in expected.spikes().items():
        assert np.array_equal(found.spikes()[name].events.pairs(), train.events.pairs())
    for name, trace in expected.traces().items():
        assert np.array_equal(found.traces()[name].values, trace.values)
        assert np.array_equal(found.traces()[name].units, trace.units)


def test_a_seed_takes_the_place_of_that_of_the_file() -> None:
    file = parsed()
    assert file.builder().seed == 3
    other = file.builder(seed=4).build()
    assert other.seed == 4
    assert other.network != built(file).network


def test_without_a_record_the_spikes_of_all_populations_are() -> None:
    file = schema.parse("\n".join(line for line in SMALL.splitlines() if not line.startswith("record")))
    assert file.recordables(file.builder()) is None


def test_models_are_of_the_library_too_or_equations_of_a_step() -> None:
    library = parsed(('model = "lif"', 'model = "LeakyIF"'), ('to = "exc"', ""), ("[network.source", "[network.source"))
    with pytest.raises(SpecError, match="expected to='exc'"):
        built(library)
    own = SMALL.replace('model = "lif"\n', 'model = "Own"\n').split("[network.source")[0]
    own = own.replace(own[own.index("parameters = {") : own.index("initial = {")], "").replace(
        '{ kind = "uniform", low = "-60 mV", high = "-50 mV" }', "0.5"
    )
    own = own.replace(own[own.index("inputs = {") :], "").replace(own[own.index("record") : own.index("[models")], "")
    own += '[models.Own]\nstate = { v = 0.0, s = 0.0 }\nupdate = { v = "0.9*v + drive", s = "v" }\n'
    assert built(schema.parse(own)).network.population("e").model_in("wake").name == "Own"


def test_the_number_format_is_that_of_the_file() -> None:
    assert parsed().precision == Float64()
    assert parsed(("seed = 3", 'seed = 3\nprecision = { format = "grid" }')).precision == Grid()


def test_rules_and_synapses_are_named_as_in_scenarios() -> None:
    more = 'weight = "1 mV"\nlearning = [{ rule = "hebb", lr = 0.1 }]'
    rule = '\n[rules.hebb]\nat = "step"\nupdate = { w = "w + lr*pre.s" }\nparams = { lr = 0.5 }\n'
    network = (
        schema.parse(SMALL.replace('weight = "1 mV"', more) + rule.replace("pre.s", "arrived"))
        .builder()
        .build()
        .network
    )
    assert network["e_e"].rules_in("wake")[0].name == "hebb"


@pytest.mark.parametrize("path", SIMULATION_FILES, ids=lambda p: p.stem)
def test_every_simulation_of_the_repository_is_valid(path: Path) -> None:
    file = schema.read(path)
    assert file.simulation.name == path.stem
    builder = file.builder()
    assert file.recordables(builder)
    assert sum(p.size for p in builder.build().network.populations) == 4000


def tables_of_calls(kind: type[CallTable] = CallTable) -> list[type[CallTable]]:
    return [t for below in kind.__subclasses__() for t in (below, *tables_of_calls(below))]


OF_FILES = [t for t in tables_of_calls() if t.__module__ == files.__name__]


@pytest.mark.parametrize("table", OF_FILES, ids=lambda t: t.__name__)
def test_tables_that_read_files_say_where_these_are(table: type[CallTable]) -> None:
    arguments = inspect.signature(table.function).parameters
    assert list(table.model_fields) == ["kind", *arguments] == ["kind", "path", "array"]


@pytest.mark.parametrize("table", [t for t in tables_of_calls() if t not in OF_FILES], ids=lambda t: t.__name__)
def test_keys_are_the_arguments_of_the_function_that_gives_the_kind_its_name(table: type[CallTable]) -> None:
    arguments = inspect.signature(table.function).parameters
    fields = {n: f for n, f in table.model_fields.items() if n != "kind"}
    assert list(fields) == list(arguments)
    assert table.function is getattr(ns, table.function.__name__)
    assert table.model_fields["kind"].annotation.__args__ == (table.function.__name__,)
    for name, argument in arguments.items():
        required = argument.default is inspect.Parameter.empty
        assert fields[name].is_required() == required
        assert required or fields[name].default == argument.default


def test_keys_of_models_and_of_the_network_are_arguments() -> None:
    from neurosim.simulation.schema.parts.models import OdeTable
    from neurosim.simulation.schema.parts.network import ConnectionTable, NeuronsTable

    ode = set(inspect.signature(ns.ode).parameters) - {"name", "dt"}  # the name is the table's, dt that of all
    assert set(OdeTable.model_fields) == ode
    assert set(NeuronsTable.model_fields) == set(inspect.signature(NetworkBuilder.population).parameters) - {
        "self",
        "name",
    }
    assert set(ConnectionTable.model_fields) == set(inspect.signature(NetworkBuilder.connect).parameters) - {
        "self",
        "name",
    }


RATE = 'rate = "100 Hz"'
WIRING = '{ kind = "random", p = 0.3 }'
UNIFORM = '{ kind = "uniform", low = "-60 mV", high = "-50 mV" }'
MISTAKES = [
    # what TOML or the tables refuse
    ("[simulation]", "[simulation", "not TOML: "),
    ("[simulation]", "[scenario]", "expected [simulation]"),
    ("[simulation]", "[simulatin]", "unknown key 'simulatin'; did you mean 'simulation'?"),
    ("[simulation]", "format = 9\n[simulation]", "a simulation file of format 9; this neurosim reads format 1"),
    ("duration =", "durration =", "unknown key 'simulation.durration'; did you mean 'duration'?"),
    ('duration = "30 ms"', "", "'simulation.duration' is missing"),
    ('duration = "30 ms"', "duration = true", "'simulation.duration' = True: expected a number, or a text with a unit"),
    ("seed = 3", "seed = 3\nprecision = 3", "'simulation.precision' = 3: expected a table"),
    ("seed = 3", "seed = -3", "'simulation.seed' = -3: input should be greater than or equal to 0"),
    ("seed = 3", 'seed = 3\nprecision = { format = "grd" }', "precision.format' = 'grd'; did you mean 'grid'?"),
    ("seed = 3", "seed = 3\nprecision = { bits = 3 }", "'simulation.precision.format' is missing"),
    ("seed = 3", 'seed = 3\ntier = "T2"', "'simulation.tier' = 'T2'; did you mean 'T0'?"),
    ("equations =", "equation =", "unknown key 'models.lif.equation'; did you mean 'equations'?"),
    ('integrator = "exact"', 'integrator = "exakt"', "'models.lif.integrator' = 'exakt'; did you mean 'exact'?"),
    ("{ driven = 0.0 }", "{ driwen = 0.0 }", "'models.lif.params.i_ext"),
    ("size = 20", "sise = 20", "unknown key 'network.population.e.sise'; did you mean 'size'?"),
    ("size = 20", "size = 0", "'network.population.e.size' = 0: input should be greater than or equal to 1"),
    ("size = 20", "size = 2.5", "'network.population.e.size' = 2.5: expected a whole number"),
    ('low = "-60 mV"', 'lou = "-60 mV"', "e.initial.v.lou'; did you mean 'low'? (known: high, kind, low)"),
    ('kind = "uniform"', 'kind = "unifrom"', "e.initial.v.kind' = 'unifrom'; did you mean 'uniform'?"),
    (UNIFORM, "1979-05-27", "expected a number, a text with a unit, a list of these, a distribution, or a file"),
    ('kind = "step_current"', 'kind = "poisson"', "inputs.i_ext.kind' = 'poisson'; known: current, noisy_"),
    ('kind = "poisson"', 'kind = "poison"', "'network.source.noise.kind' = 'poison'; did you mean 'poisson'?"),
    (RATE, "rat = 3", "unknown key 'network.source.noise.rat'; did you mean 'rate'?"),
    (WIRING, "{ p = 0.3 }", "'network.projection.noise_e.wiring.kind' is missing"),
    (WIRING, '{ kind = "random", q = 0.3 }', "'network.projection.noise_e.wiring.p' is missing"),
    ('post = "e"', "", "'network.projection.noise_e.post' is missing"),
    # what the network refuses
    ('dt = "0.1 ms"', 'dt = "0.1 mV"', "[simulation] network: dt = '0.1 mV': a unit of mV; expected one of ms"),
    ('"e.v[:3]"', '"e.w[:3]"', "[simulation.record] 'e.w[:3]': e has no variable 'w'; known: ge, spikes,"),
    ('"e.v[:3]"', '"ee.v"', "[simulation.record] 'ee.v': the network has no part 'ee'; did you mean 'e_e'?"),
    ('"e.v[:3]"', '"e.v[a]"', "[simulation.record] 'e.v[a]': units [a]; expected such as [:10]"),
    ('"e.v[:3]"', '"e.v[70]"', "[simulation.record] record e.v[[70]]: expected indices of 20 units"),
    ('"e.v[:3]"', '"e"', "[simulation.record] 'e'; expected such as 'e.spikes'"),
    ("every 1 ms", "every 1 mV", "[simulation.record] record noise_e.w: every ="),
    ("-ge/tau_e", "-ge/tau_x", "[network.population.e] model lif, dge/dt = -ge/tau_x: unknown name 'tau_x'"),
    ("-ge/tau_e", "__import__('os')", "[network.population.e] model lif"),
    ('tau_e = "5 ms"', 'tau_e = "5 mV"', "[network.population.e] model lif"),
    ('model = "lif"', 'model = "lfi"', "[network.population.e] model: 'lfi' is not in the library, nor"),
    ('"0.5 nA"', '"0.5 mV"', "[network.population.e] population e: inputs: i_ext"),
    (RATE, 'rate = "100 mV"', "[network.source.noise] poisson: rate"),
    (WIRING, '{ kind = "random", p = 3 }', "[network.projection.noise_e] random: p = 3"),
    ('pre = "noise"', 'pre = "nose"', "projection.noise_e] network: no population 'nose'; did you mean 'noise'?"),
    ('to = "exc"', 'to = "inh"', "[network.projection.e_e] projection e_e: e has no port 'inh'"),
    ('weight = "1 mV"', 'weight = 1\ndelay = 9e16', "[network.projection.e_e] projection e_e: delay of 9e+16 ms"),
    ('weight = "1 mV"', 'weight = "1 ms"', "[network.projection.e_e] projection e_e: weight"),
    ('weight = "1 mV"', "weight = 1\nsynapse = { model = 'Dens' }", "projection.e_e] synapse: 'Dens' is not in the"),
    ('weight = "1 mV"', "weight = 1\nlearning = [{ rule = 'STPD' }]", "projection.e_e] learning: 'STPD' is not in"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), MISTAKES, ids=[new[:40] for _, new, _ in MISTAKES])
def test_every_mistake_is_told_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        built(parsed((old, new)))
    assert told in str(caught.value)


SETTINGS = [
    ("network.population.e.size", "network.population.e.size'; expected KEY=VALUE"),
    ("network.population.e.sise=3", "'sise' is not there; did you mean 'size'?"),
    ("network.population.f.size=3", "'f' is not there; known: e"),
    ("netwrk.population.e.size=3", "'netwrk' is not there; did you mean 'network'?"),
    ("models.lif.params.tau_q=3", "'tau_q' is not there; did you mean"),
    ("network.projection.e_e.wiring.q=3", "'q' is not there; known: kind, multiple, n, self_connections"),
    ("simulation.record.9='e.spikes'", "'9' is not there"),
    ("simulation.name.x=3", "'simulation.name' is a single value"),
    ("simulation.seed=1\nx = 2", "'simulation.seed' = '1\\nx = 2': expected a whole number"),
    ("network.population.e.size='a'", "'network.population.e.size' = 'a': expected a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "told"), SETTINGS, ids=[s[:40] for s, _ in SETTINGS])
def test_a_setting_that_there_is_not_is_told(setting: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        schema.parse(SMALL, [setting])
    assert told in str(caught.value)


def test_settings_take_the_place_of_those_of_the_file() -> None:
    settings = [
        "network.population.e.size=400", "simulation.duration=1 s", "simulation.record.1='e.ge'",
        "network.projection.e_e.delay='3 ms'", "models.lif.params.tau_m='10 ms'", "simulation.tier='T0'",
        'simulation.precision={ format = "grid" }', "simulation.precision.output_bits=18",
    ]  # fmt: skip
    file = schema.parse(SMALL, settings)
    assert file.network.population["e"].size == 400
    assert file.duration == "1 s"
    assert file.simulation.record is not None
    assert file.simulation.record[1] == "e.ge"
    assert file.network.projection["e_e"].delay == "3 ms"
    assert file.precision == Grid(output_bits=18)


def test_a_file_that_is_not_there_is_told_with_those_nearby(tmp_path: Path) -> None:
    (tmp_path / "cuba.toml").write_text(SMALL)
    with pytest.raises(SpecError, match=r"cub\.toml: No such file or directory; did you mean 'cuba\.toml'\?"):
        schema.read(tmp_path / "cub.toml")
