"""Tables of studies, written into the README and docs/explanation/results.md: no figure there is typed by hand.

python scenarios/studies/write_tables.py [STUDY ...] [--out FOLDER] [--data FOLDER] [--jobs N]

STUDY is the name of a file beside this one; those that need no files of data, if none is named. Each study is run in
FOLDER/STUDY, where what it has is not run again. Its table (`neurosim table --format markdown`), with nearest class
mean below it, is kept in tables/STUDY.md, and stands in the pages between `<!-- study: STUDY begin -->` and the same
with `end`.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from neurosim.results.analysis.summary import rendered, table_of
from neurosim.scenario import studies
from neurosim.scenario.runs.opened.collecting import collected
from neurosim.scenario.schema import ScenarioFile
from neurosim.scenario.studies.cells import cells_of

HERE = Path(__file__).parent
TABLES = HERE / "tables"
PAGES = tuple(HERE.parents[1] / page for page in ("README.md", "docs/explanation/results.md"))
WITHOUT_FILES = ("digits", "engrams", "rehearsal", "domains", "domains_shared")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", default=WITHOUT_FILES, metavar="STUDY")
    parser.add_argument("--out", type=Path, default=Path("studies"))
    parser.add_argument("--data", type=Path, help="where data sets are")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    for name in options.studies:
        file = HERE / f"{name}.toml"
        studies.run(file, out=options.out / name, data=options.data, jobs=options.jobs)
        text = with_last_row(table(options.out / name), nearest_class_mean(file, options.data))
        (TABLES / f"{name}.md").write_text(text)
        for page in PAGES:
            page.write_text(in_page(page.read_text(), name, text))
        print(text, flush=True)


def table(folder: Path) -> str:
    """The table of a study, in Markdown."""
    found = collected([folder])
    return rendered(table_of(found.runs, missing=found.missing), "markdown")


def with_last_row(text: str, accuracy: float) -> str:
    """A table with a row that has no seeds, for what has no network."""
    rows, blank, notes = text.partition("\n\n")
    heads = [head.strip() for head in rows.splitlines()[0].strip("|").split("|")]
    row = ["nearest class mean", *(f"{accuracy:.3f}" if head == "accuracy" else "-" for head in heads[1:])]
    return f"{rows}\n| {' | '.join(row)} |{blank}{notes}"


def nearest_class_mean(file: Path, data: Path | None) -> float:
    """The accuracy of nearest class mean on the tasks of the last cell of a study."""
    sys.path.insert(0, str(HERE.parent))
    import nearest_class_mean

    scenario = cells_of(ScenarioFile.read(file))[-1].document.scenario()
    return nearest_class_mean.accuracy(scenario, scenario.data.build(data))


def in_page(page: str, name: str, text: str) -> str:
    """A page with a table between the marks of its study; one without these marks as it is."""
    return re.sub(marks(name), lambda found: f"{found[1]}\n\n{text}\n{found[3]}", page, flags=re.S)


def marks(name: str) -> str:
    """A pattern of the marks and what is between them."""
    return rf"(<!-- study: {name} begin -->)(.*?)(<!-- study: {name} end -->)"


if __name__ == "__main__":
    main()
