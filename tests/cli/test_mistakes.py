"""A mistake of the user: exit code 2, one paragraph on stderr, no traceback, nothing left behind."""

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from neurosim.backend import registry

LINEAR = """
[models.Linear]
state = { s = 0.0, s_free = 0.0 }
params = { eps = 0.5, beta = 0.0, bias = { learned = 0.0 }, target = { driven = 0.0 } }
update = { s = "s + eps*(drive + bias + beta*(target - s))" }
"""
FLOAT64 = ('format = "grid", output_bits = 20, weight_bits = 24', 'format = "float64"')


def refused(done: object, *texts: str) -> None:
    code, out, err = (getattr(done, n) for n in ("code", "out", "err"))
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1, "one paragraph"
    assert "Traceback" not in err
    for text in texts:
        assert text in err
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


@pytest.fixture(params=["run", "compare"])
def command(request: pytest.FixtureRequest) -> list[str]:
    return [request.param, *(["--backends", "reference"] if request.param == "compare" else [])]


def test_an_unknown_key(neurosim, tiny, command: list[str]) -> None:
    path = tiny(("rate = 0.674", "rat = 0.674"))
    refused(neurosim(*command, path), "tiny.toml", "unknown key 'sleep.rat'", "did you mean 'rate'?")


def test_an_unknown_name_in_an_equation_of_the_file(neurosim, tiny, command: list[str]) -> None:
    path = tiny(('"RateUnit"', '"Linear"'), more=LINEAR.replace("drive +", "drve +"))
    refused(neurosim(*command, path), "tiny.toml", "model Linear, update of s", "'drve'", "did you mean 'drive'?")


def test_a_population_that_the_data_do_not_fit(neurosim, tiny, command: list[str]) -> None:
    refused(neurosim(*command, tiny(("size = 64", "size = 63"))), "population input", "63", "expected 64")


def test_fewer_outputs_than_classes(neurosim, tiny, command: list[str]) -> None:
    refused(neurosim(*command, tiny(("size = 10", "size = 8"))), "population output", "8", "expected 10")


def test_a_value_that_is_not_a_number(neurosim, tiny, command: list[str]) -> None:
    refused(neurosim(*command, tiny(("eps = 0.5", "eps = nan"))), "network.population.hidden.wake.eps", "nan", "finite")


def test_a_missing_file(neurosim, tiny, command: list[str]) -> None:
    tiny()
    refused(neurosim(*command, "tyni.toml"), "tyni.toml: No such file or directory", "did you mean 'tiny.toml'?")


def test_a_folder_in_place_of_a_file(neurosim, tmp_path: Path, command: list[str]) -> None:
    refused(neurosim(*command, tmp_path), "it is a folder, expected a regular file")


def test_a_file_that_is_not_text(neurosim, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "s.toml").write_bytes(b"\xff\xfe\x00")
    refused(neurosim(*command, tmp_path / "s.toml"), "s.toml", "not TOML")


def test_a_state_that_does_not_stay_finite(neurosim, tiny, command: list[str]) -> None:
    path = tiny(('"RateUnit"', '"Linear"'), ("lr = 0.03", "lr = 1e29"), FLOAT64, more=LINEAR)
    refused(neurosim(*command, path), "became", "in trial", "step", "smaller learning rates or step sizes usually help")


def test_an_output_without_bounds_on_the_grid(neurosim, tiny, command: list[str]) -> None:
    path = tiny(('"RateUnit"', '"Linear"'), more=LINEAR)
    refused(neurosim(*command, path), "population hidden", "needs bounds", "clip(x, low, high), tanh or sigmoid")


def test_weights_too_large_for_exact_sums(neurosim, tiny, command: list[str]) -> None:
    path = tiny(("scale = 0.5", "scale = 1e4"))
    refused(neurosim(*command, path), "hidden.drive", "exact sums need less than 512", "or float64")


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("refrence", ("backend 'refrence'", "did you mean 'reference'?")),
        ("reference:nunpy", ("reference has no mode 'nunpy'", "did you mean 'numpy'?")),
    ],
)
def test_an_unknown_backend_or_mode(neurosim, tiny, name: str, texts: tuple[str, ...]) -> None:
    refused(neurosim("run", tiny(), "--backend", name), *texts)
    refused(neurosim("compare", tiny(), "--backends", name), *texts)


def test_a_simulator_that_is_not_installed(neurosim, tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("absent", "no_such_simulator:Backend", registry.GROUP)
    monkeypatch.setattr(registry, "installed", lambda group: [broken])
    refused(neurosim("run", tiny(), "--backend", "absent"), "backend absent", "no_such_simulator")


def process(program: str, scenario: Path, backend: str, folder: Path, **environment: str) -> None:
    """Run the scenario in a process of its own; it must end as for any other mistake."""
    command = [sys.executable, "-c", f"{program}; from neurosim.cli import app; app()", "run", str(scenario)]
    command += ["--backend", backend, "--out", str(folder / "runs")]
    places = {"NEUROSIM_CACHE": str(folder / "cache"), **environment}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **places}, timeout=120)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert backend in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(("backend", "package"), [("brian2", "brian2"), ("nengo", "nengo"), ("lava", "lava-nc")])
def test_a_package_that_is_not_installed(tiny, tmp_path: Path, backend: str, package: str) -> None:
    (tmp_path / "hidden.py").write_text(
        "import sys\n"
        "import importlib.metadata as metadata\n"
        f"sys.modules[{backend!r}] = None\n"
        "known = metadata.version\n"
        "def version(name):\n"
        f"    if name == {package!r}:\n"
        "        raise metadata.PackageNotFoundError(name)\n"
        "    return known(name)\n"
        "metadata.version = version\n"
    )
    process("import hidden", tiny(), backend, tmp_path, PYTHONPATH=str(tmp_path))


@pytest.mark.parametrize("backend", ["nengo", "lava"])
def test_a_simulator_that_does_not_import(tiny, tmp_path: Path, backend: str) -> None:
    blocked = tmp_path / "blocked" / backend
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ImportError('blocked by a test')\n")
    process("pass", tiny(), backend, tmp_path, PYTHONPATH=str(blocked.parent))


def test_an_output_place_that_cannot_be_written(neurosim, tiny, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(
        neurosim("run", tiny(), "--out", "file"),
        "run directory: file is not a folder that can be written to",
        "choose another with --out",
    )


def test_text_in_brackets_is_printed_as_it_is(neurosim, tiny) -> None:
    done = neurosim("run", tiny(('"SpikeInput"', '"SpikeInputs"')))
    refused(done, "[network.population.input] sleep: 'SpikeInputs'")


@pytest.mark.parametrize("arguments", [["run"], ["run", "a.toml", "--seed", "-1"], ["rnu"], ["run", "a.toml", "--jsn"]])
def test_a_wrong_command_line(neurosim, arguments: list[str]) -> None:
    done = neurosim(*arguments)
    assert done.code == 2
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31mred", "a\rb", "\u202eabc", "tab\tbed"])
def test_what_moves_or_colours_a_terminal_is_escaped(neurosim, tiny, name: str) -> None:
    escaped = json.dumps(name)
    done = neurosim("run", tiny(("rate = 0.674", f"{escaped} = 0.674")))
    refused(done, "unknown key 'sleep." + name.encode("unicode_escape").decode())
    assert done.err[:-1].isprintable()


def test_the_name_of_a_file_with_a_line_break_is_escaped(neurosim) -> None:
    refused(neurosim("run", "a\nb.toml"), r"a\nb.toml: No such file or directory")
