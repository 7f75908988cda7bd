"""Tables of accuracies: with sleep and without, and engrams without gates and with each kind.

python scenarios/results.py [TABLE ...] [--backend NAME[:MODE]] [--seeds N] [--data FOLDER]

TABLE is digits, mnist, fashion, engrams, domains or domains-shared; digits and engrams, those of the README, if none is
named. Accuracy is over all classes after the last task, on the test part: mean ± standard deviation of N seeds from 0.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import engrams
import nearest_class_mean
import tables
from tables import Arm, document

from neurosim.scenario import schema


def digits() -> Iterator[Arm]:
    """As the others, and what the network reaches at settings made for all classes at once."""
    yield "digits_joint", document("digits_joint")
    yield "digits_joint, settings of digits_sleep", at_once("digits_sleep")
    yield "digits_sequential", document("digits_sequential")
    yield "digits_sleep", document("digits_sleep")


def slept(name: str) -> Iterator[Arm]:
    """A scenario that sleeps; without its sleep; and all classes at once, without sleep."""
    yield f"{name}, all classes at once", at_once(name)
    yield f"{name}, no sleep", tables.without(document(name), "sleep")
    yield name, document(name)


def at_once(name: str) -> tables.Document:
    """The settings of a scenario that sleeps, for one task of all classes, after which nothing has to be kept."""
    return tables.without(document(name), "sleep") | {"stream": {"kind": "joint"}}


TABLES: dict[str, Callable[[], Iterable[Arm]]] = {
    "digits": digits,
    "mnist": lambda: slept("mnist_sleep"),
    "fashion": lambda: slept("fashion_sleep"),
    "engrams": engrams.classes,
    "domains": engrams.domains,
    "domains-shared": engrams.domains_shared,
}
"""The rows of each table. They have the same data, and the last one the tasks that are learned one after another."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", choices=[[], *TABLES], default=["digits", "engrams"], metavar="TABLE")
    parser.add_argument("--backend", default="brian2")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--data", type=Path, help="where data sets are")
    options = parser.parse_args()
    for name in options.tables:
        arms = list(TABLES[name]())
        incremental = schema.from_document(arms[-1][1])
        data = incremental.data.build(options.data)
        tables.begin(name)
        for arm in arms:
            tables.row(arm, tables.session_on(options.backend), range(options.seeds), data)
        print(f"| nearest class mean | {nearest_class_mean.accuracy(incremental, data):.3f} | - | - |\n")


if __name__ == "__main__":
    main()
