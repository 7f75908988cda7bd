"""Draws the pictures of docs/gallery.md, and writes the page: each picture stands above what has drawn it.

python docs/make_gallery.py [PICTURE ...]
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
PAGE = DOCS / "gallery.md"
PICTURES = DOCS / "pictures"
FOLDER = DOCS.parent / "build" / "gallery"

START = """\
# Gallery

Written by `make gallery`, which draws each picture by what stands below it, from the top of a checkout; do not edit.
All pictures are matplotlib's, in axes of yours with `ax=` ([pictures and reports](how-to/pictures-and-reports.md)).
"""

RUNS = """\
neurosim run scenarios/digits_sleep.toml --seeds 0..2 --out runs
neurosim run scenarios/digits_sequential.toml --seeds 0..2 --out runs
"""
OPENED = """\
from pathlib import Path

import neurosim as ns

results = [ns.open(path).result for path in sorted(Path("runs").iterdir())]
asleep = [result for result in results if result.scenario == "digits_sleep"]
awake = [result for result in results if result.scenario == "digits_sequential"]
"""


@dataclass(frozen=True)
class Picture:
    """A picture, and the shell or the Python that draws it into a file of its name.

    Attributes
    ----------
    name
        Of the file, without its suffix.
    shows
        What is seen, for readers who see it and for those who do not.
    code
        Commands, or Python that goes on from what is above it on the page.
    source
        The scenario or script behind it, from the top of a checkout.
    """

    name: str
    title: str
    shows: str
    code: str
    source: str = ""

    @property
    def language(self) -> str:
        """What its code is."""
        return "sh" if self.code.startswith(("neurosim ", "python ")) else "python"

    def section(self) -> Iterator[str]:
        """Its lines on the page."""
        yield f"### {self.title}\n"
        yield f"![{self.shows}](pictures/{self.name}.png)\n"
        source = f" [{self.source}](../{self.source}):" if self.source else ""
        yield f"{self.shows}.{source}\n"
        yield from block(self.language, self.code)


def script(name: str, title: str, shows: str) -> Picture:
    """One that a program of scenarios/networks draws."""
    path = f"scenarios/networks/{name}.py"
    return Picture(name, title, shows, f"python {path}", path)


NETWORKS = (
    Picture(
        "cuba",
        "Sparse excitation and inhibition",
        "Spikes of 3,200 excitatory and 800 inhibitory neurons over a second",
        "neurosim simulate scenarios/cuba.toml --backend brian2 --plot cuba.png",
        "scenarios/cuba.toml",
    ),
    script("ei_stdp", "Plastic synapses", "Noise drives excitation and inhibition through synapses with STDP"),
    script(
        "resonators", "Equations of one's own", "Spikes of noise and of resonators, and weights of two learning rules"
    ),
    script("microcircuit", "A cortical microcircuit", "Spikes of the eight populations of a tenth of a column"),
)
LEARNING = (
    Picture(
        "tasks",
        "Without sleep, and with it",
        "The accuracy on each task from when it was trained, three seeds: forgotten at once, and mostly kept",
        "from matplotlib import pyplot as plt\n\n"
        'figure, (above, below) = plt.subplots(2, figsize=(5.5, 5), layout="constrained", sharex=True)\n'
        'ns.plots.task_curves(awake, ax=above).set_ylabel("accuracy without sleep")\n'
        'ns.plots.task_curves(asleep, ax=below).set_ylabel("accuracy with sleep")\n'
        'figure.savefig("tasks.png", dpi=120)',
        "scenarios/digits_sequential.toml",
    ),
    Picture(
        "accuracy_matrix",
        "The accuracy matrix",
        "The accuracy on each task, in columns, after each task, in rows",
        'ns.plots.accuracy_matrix(asleep).figure.savefig("accuracy_matrix.png", dpi=120)',
        "scenarios/digits_sleep.toml",
    ),
    Picture(
        "variants",
        "Variants beside each other",
        "The accuracy of three seeds without sleep and with it, and the interval of their mean",
        'ax = ns.plots.study_metric({"without sleep": awake, "with sleep": asleep})\n'
        'ax.figure.savefig("variants.png", dpi=120)',
    ),
    Picture(
        "sleep",
        "Every spike of every sleep",
        "Spikes of five sleeps, side by side; most fall into the first quarter of a sleep",
        'ns.plots.sleep_raster(asleep[0]).figure.savefig("sleep.png", dpi=120)',
    ),
    Picture(
        "weights",
        "What a sleep does to weights",
        "How many weights have which value, before the last sleep and after it",
        'ax = ns.plots.weights_before_after(asleep[0], "input_hidden.w")\nax.figure.savefig("weights.png", dpi=120)',
    ),
    Picture(
        "settling",
        "A sample settles",
        "States of some units over the steps of a sample: free, then nudged towards the target",
        "from neurosim.scenario import schema\n"
        "from neurosim.scenario.preparation import prepare\n"
        "from neurosim.scenario.runs.settling import settled\n\n"
        'scenario = schema.read("scenarios/digits_sleep.toml")\n'
        "path = settled(prepare(scenario, scenario.data.build()), asleep[0].stages[-1].learned)\n"
        'ns.plots.settling(path.states, path.phases).figure.savefig("settling.png", dpi=120)',
    ),
    Picture(
        "energy",
        "The energy that it lowers",
        "The energy of the network over the same steps: it falls while the network is free",
        'ns.plots.network_energy(path.energy, path.phases).figure.savefig("energy.png", dpi=120)',
    ),
    Picture(
        "operations",
        "What it costs",
        "Synaptic operations and spikes of training, sleep and tests, on a logarithmic axis",
        'ns.plots.operations(asleep).figure.savefig("operations.png", dpi=120)',
    ),
)
HARDWARE = (
    Picture(
        "bits",
        "Learning on chips of few bits",
        "The accuracy of three seeds that learn on a simulator, and on mocks of chips: unequal neurons, few bits",
        "from neurosim.backend.reference import ReferenceBackend\n"
        "from neurosim.scenario import engine\n\n\n"
        "def runs(backend_of):\n"
        "    return [engine.run(scenario, backend_of(seed).compile, seed) for seed in range(3)]\n\n\n"
        'scenario = schema.read("scenarios/digits_joint.toml")\n'
        'groups = {"simulator": runs(lambda seed: ReferenceBackend())}\n'
        "for bits in (8, 5, 4):\n"
        '    groups[f"{bits} bits"] = runs(lambda seed: ns.device.mock(seed=seed, gain=0.1, weight_bits=bits))\n'
        'ns.plots.study_metric(groups).figure.savefig("bits.png", dpi=120)',
        "scenarios/digits_joint.toml",
    ),
    Picture(
        "chip",
        "What Loihi would make of it",
        "How full the fullest core of each layer is, of what a core of Loihi 2 has",
        "from neurosim.chip.limits import LOIHI2\n"
        "from neurosim.scenario.runs.chip_estimate import estimate\n\n"
        'report = estimate(schema.read("scenarios/digits_sleep.toml"), LOIHI2, asleep[0])\n'
        'ns.plots.chip_utilisation(report.placement).figure.savefig("chip.png", dpi=120)',
        "scenarios/digits_sleep.toml",
    ),
)
REPORT = """\
## A report

[![A report: headline figures, accuracies, every spike of every sleep](pictures/report.png)](pictures/report.png)

All of a run or study in one HTML file ([how](how-to/pictures-and-reports.md)). `make report-browser` makes one, and
takes its picture with Debian's chromium:

```sh
neurosim run scenarios/digits_sleep.toml --seeds 0..2 --report report.html
```
"""
SECTIONS = (("Networks", "", NETWORKS), ("Lifelong learning", RUNS, LEARNING), ("Hardware", "", HARDWARE))
ALL = tuple(picture for _, _, pictures in SECTIONS for picture in pictures)


def block(language: str, code: str) -> Iterator[str]:
    """Code on the page."""
    yield f"```{language}\n{code.rstrip()}\n```\n"


def page() -> str:
    """The whole page."""
    lines = [START]
    for title, runs, pictures in SECTIONS:
        lines.append(f"## {title}\n")
        if runs:
            lines += ["Three runs with sleep and three without, for the pictures below:\n", *block("sh", runs)]
            lines += block("python", OPENED)
        for picture in pictures:
            lines += picture.section()
    return "\n".join([*lines, REPORT])


def draw(pictures: Sequence[Picture]) -> None:
    """Draw pictures in a folder of their own, and put them beside the pages."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "scenarios").symlink_to(DOCS.parent / "scenarios")
    os.chdir(FOLDER)
    names: dict[str, Any] = {"__name__": "__main__"}
    if any(picture.language == "python" for picture in pictures):
        commands(RUNS)
        exec(OPENED, names)
    for picture in pictures:
        commands(picture.code) if picture.language == "sh" else exec(picture.code, names)
        shutil.copyfile(f"{picture.name}.png", PICTURES / f"{picture.name}.png")
        print(f"docs/pictures/{picture.name}.png")


def commands(lines: str) -> None:
    """Run commands with the programs of this environment."""
    for line in lines.splitlines():
        program, *words = shlex.split(line)
        subprocess.run([Path(sys.executable).parent / program, *words], check=True, stdout=subprocess.DEVNULL)


def chosen(names: Iterable[str]) -> list[Picture]:
    """Those of these names, with those that they go on from; all where none is named."""
    wanted = set(names)
    if unknown := wanted - {picture.name for picture in ALL}:
        raise SystemExit(f"no picture {', '.join(sorted(unknown))}; known: {', '.join(p.name for p in ALL)}")
    last = max((k for k, picture in enumerate(ALL) if picture.name in wanted), default=len(ALL) - 1)
    return [p for p in ALL[: last + 1] if not wanted or p.name in wanted or p.language == "python"]


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "Agg"
    draw(chosen(sys.argv[1:]))
    PAGE.write_text(page(), encoding="utf-8")
