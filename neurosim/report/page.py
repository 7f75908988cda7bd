"""The page: sections in their order, put into a template that escapes every text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files as resources

import neurosim
from neurosim.edges.optional_packages import REPORT, needed
from neurosim.report.blocks import Block, Note, Section
from neurosim.report.drawing import Drawing
from neurosim.report.sections.accuracy import accuracy
from neurosim.report.sections.agreement import agreement, compared
from neurosim.report.sections.chip import chip
from neurosim.report.sections.cost import cost
from neurosim.report.sections.devices import devices
from neurosim.report.sections.headline import headline
from neurosim.report.sections.ladder import ladder
from neurosim.report.sections.origin import origin
from neurosim.report.sections.processes import processes
from neurosim.report.sections.sleep import sleep
from neurosim.report.sections.study import study
from neurosim.report.sources import Reported, RunGroup

CHIP = "loihi2"

MOST_GROUPS = 6
"""Groups that have sections of their own; of more, the tables of all have the figures."""

OF_A_GROUP: tuple[Callable[[RunGroup, int], Section | None], ...] = (accuracy, sleep, agreement, cost)


def page(reported: Reported, chip_name: str = CHIP) -> str:
    """Return a page of HTML that needs nothing else: the same runs give the same bytes.

    Parameters
    ----------
    chip_name
        Of the chip that the network is put on.

    Raises
    ------
    NeurosimError
        If there is no such chip.
    BackendUnavailable
        Where Jinja2 or matplotlib is missing.
    """
    with needed(REPORT, "a report"):
        from jinja2 import Environment, PackageLoader, StrictUndefined
    environment = Environment(
        loader=PackageLoader("neurosim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = list(_sections(reported, chip_name))
    drawings = [d for section in sections for d in section.drawings]
    return environment.get_template("page.html").render(
        title=reported.title,
        description=reported.description,
        headline=_headline(reported),
        sections=sections,
        glyphs=_glyphs(drawings),
        style=resources("neurosim.report").joinpath("templates/style.css").read_text(encoding="utf-8"),
        version=neurosim.__version__,
    )


def _headline(reported: Reported) -> Block:
    if not reported.is_of_several:
        return headline(reported.groups[0])
    runs = sum(len(group.runs) for group in reported.groups)
    return Note(f"{len(reported.groups)} variants, {runs} runs.")


def _sections(reported: Reported, chip_name: str) -> Iterator[Section]:
    level = 3 if reported.is_of_several else 2
    found = [study(reported)]
    for group in reported.groups[:MOST_GROUPS]:
        if reported.is_of_several:
            found.append(Section(group.name, group.title, [headline(group)]))
        found += [make(group, level) for make in OF_A_GROUP]
        found += [chip(group, level, chip_name), processes(group, level), devices(group, level)]
    found += [compared(reported.comparisons), ladder(reported.ladders), origin(reported)]
    yield from (section for section in found if section is not None)


def _glyphs(drawings: list[Drawing]) -> list[str]:
    """The shapes of all letters, each once."""
    by_name = {name: shape for d in drawings for name, shape in d.glyphs.items()}
    return [by_name[name] for name in sorted(by_name)]
