"""The wheel of this checkout as a user has it: built, looked into, run in an empty folder on each Python that is here.

    python tests/wheel/try_wheel.py FOLDER [VERSION ...]

Builds in FOLDER. On each Python: the core alone and its size, `init`, `run`, `doctor`; then with Brian2 `compare` and
`doctor`, as docs/how-to/install.md says. One line tells each; exit code 1 if something is wrong.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from archives import built
from environment import Environment, python_of

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
SCENARIO, NETWORK = "digits_sleep", "cuba"
SHORT = "--duration", "20 ms"
WHERE = "import neurosim, sys; print(neurosim.__file__)"


class Wrong(Exception):
    """A command did not do what the page says."""


def main(folder: Path, versions: tuple[str, ...]) -> int:
    archives = built(folder)
    faults = list(archives.faults())
    for file in (archives.source, archives.wheel):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
    print(*(f"WRONG  {fault}" for fault in faults), sep="\n", end="\n" if faults else "")
    for version in versions:
        faults += tried(version, archives.wheel, folder)
    return 1 if faults else 0


def tried(version: str, wheel: Path, folder: Path) -> list[str]:
    """What is wrong on one Python; a line is printed for each thing that was tried or left out."""
    python = python_of(version)
    if python is None:
        print(f"left out: Python {version}, which is not here")
        return []
    environment = Environment(folder / f"python{version}", python)
    empty = folder / f"empty{version}"
    empty.mkdir()
    try:
        for line in steps(environment, wheel, empty):
            print(f"Python {version}: {line}", flush=True)
    except Wrong as error:
        print(f"WRONG  Python {version}: {error}")
        return [str(error)]
    return []


def steps(environment: Environment, wheel: Path, empty: Path) -> Iterator[str]:
    """What the page on installing says, one thing after another."""
    yield from core(environment, wheel, empty)
    if shutil.which("g++") is None:
        yield "left out: Brian2's standalone mode, for there is no g++"
    yield from with_brian2(environment, wheel, empty)


def core(environment: Environment, wheel: Path, empty: Path) -> Iterator[str]:
    """The core without extras."""
    installed(environment, str(wheel))
    file = of(environment, empty, "python", "-c", WHERE).strip()
    expect(Path(file).is_relative_to(environment.folder), f"neurosim is imported from {file}")
    sizes = environment.sizes()
    largest = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in list(sizes.items())[:3])
    yield f"the core has {environment.size() / 1e6:.1f} MB: {largest}, {len(sizes) - 3} others"
    yield f"{of(environment, empty, 'neurosim', '--version').strip()}; {scenario_in(environment, empty)}"
    run = json.loads(of(environment, empty, "neurosim", "run", f"{SCENARIO}.toml", "--json"))
    expect(run["accuracy"] > 0.6, f"run: accuracy {run['accuracy']}")
    yield f"run: {run['accuracy']:.3f} on {run['backend']}:{run['mode']}"
    network = json.loads(of(environment, empty, "neurosim", "simulate", f"{NETWORK}.toml", "--json", *SHORT))
    spikes = sum(of_population.get("spikes", 0) for of_population in network["recorded"].values())
    expect(spikes > 0, "simulate: no neuron spikes")
    yield f"simulate: {spikes} spikes on {network['backend']}"
    states = doctor(environment, empty)
    expect(states["reference"] == "ok" and states["brian2"] == "missing", f"doctor: {states}")
    yield f"doctor: {told(states)}"


def with_brian2(environment: Environment, wheel: Path, empty: Path) -> Iterator[str]:
    """The extra of one simulator."""
    installed(environment, f"neurosim[brian2] @ {wheel.as_uri()}")
    rows = json.loads(of(environment, empty, "neurosim", "compare", f"{SCENARIO}.toml", "--json"))["backends"]
    tiers = {f"{row['name']}:{row['mode']}": row["tier"] for row in rows}
    expect(len(tiers) == 2 and set(tiers.values()) == {"T0"}, f"compare: {tiers}")
    yield f"compare: {', '.join(f'{name} {tier}' for name, tier in tiers.items())}"
    states = doctor(environment, empty)
    expect(states["brian2"] == "ok", f"doctor with Brian2: {states}")
    yield f"doctor with Brian2: {told(states)}"


def scenario_in(environment: Environment, empty: Path) -> str:
    """Get a scenario and a network into the empty folder."""
    for name in (SCENARIO, NETWORK):
        of(environment, empty, "neurosim", "init", name)
    return f"init: {', '.join(sorted(path.name for path in empty.iterdir()))}"


def doctor(environment: Environment, empty: Path) -> dict[str, str]:
    """What `doctor` says of each thing."""
    return {f["what"]: f["state"] for f in json.loads(of(environment, empty, "neurosim", "doctor", "--json"))}


def told(states: dict[str, str]) -> str:
    return ", ".join(f"{what} {state}" for what, state in states.items())


def installed(environment: Environment, requirement: str) -> None:
    refusal = environment.install(requirement)
    expect(not refusal, f"{requirement} cannot be installed: {refusal}")


def of(environment: Environment, empty: Path, *command: str) -> str:
    """What a command prints."""
    done = environment.run(command, empty)
    expect(done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Wrong(otherwise)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), tuple(sys.argv[2:]) or VERSIONS))
