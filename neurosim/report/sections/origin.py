"""What ran: versions, folders, digests, and the scenario files."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.report.blocks import Block, Cell, Folded, Note, ReportTable, Section
from neurosim.report.sources import Reported, ReportedRun, RunGroup


def origin(reported: Reported) -> Section:
    """Return the section that says what the report is of."""
    runs = [run for group in reported.groups for run in group.runs]
    versions = {n: v for run in runs for n, v in run.result.versions.items()}
    blocks: list[Block] = [
        ReportTable("Versions", ["package", "version"], [[n, ", ".join(_all(runs, n))] for n in sorted(versions)]),
        ReportTable(
            "Runs",
            ["run", "kind", "folder", "SHA-256 of the result"],
            [_row(g, r) for g in reported.groups for r in g.runs],
        ),
    ]
    if reported.unfinished:
        blocks.append(Note(f"Not ended, and not in this report: {', '.join(reported.unfinished)}."))
    return Section("origin", "What ran", [*blocks, *_files(reported)])


def _all(runs: Sequence[ReportedRun], package: str) -> list[str]:
    return sorted({run.result.versions[package] for run in runs if package in run.result.versions})


def _row(group: RunGroup, run: ReportedRun) -> list[Cell]:
    r = run.result
    of = f"{group.title}, " if group.name else ""
    return [f"{of}{run.where}, seed {r.seed}", r.kind, run.folder or "-", run.digest or "-"]


def _files(reported: Reported) -> list[Folded]:
    """Each scenario file once."""
    by_text: dict[str, str] = {}
    for group in reported.groups:
        for run in group.runs:
            if run.text:
                by_text.setdefault(run.text, group.title)
    return [Folded(f"Scenario file of {title}", text) for text, title in by_text.items()]
