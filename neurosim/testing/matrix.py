"""Feature x backend: the tier that each backend reached, as a table, as JSON, and as the page of the documentation.

    python -m neurosim.testing.matrix --backends reference,nengo:fused --out conformance.md

runs the suite on each backend and writes the page; without `--backends` on all modes of all that are installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.backend import registry
from neurosim.errors import NeurosimError
from neurosim.testing import targets

FAILED = "none"
ORDER = ("T0", "T1", "T2", "X", FAILED)
"""Best first; X is refused with the error that says so, `none` is wrong."""

Cells = dict[str, dict[str, str]]
"""By row, by target."""


def _rank(tier: str) -> int:
    return ORDER.index(tier.partition(" ")[0])


def _worse(a: str | None, b: str) -> str:
    return b if a is None or _rank(b) > _rank(a) else a


class SupportMatrix:
    """The tier that each target reached, gathered cell by cell.

    Attributes
    ----------
    targets
        Titles of the targets, in the order of their first cells.
    cases
        By case, by target, by number format (``grid``, ``float64``): a tier.
    features
        By case: the features that it needs.
    missing
        By case, by target: features of the case that the target does not claim, so that it refuses the case.
    reasons
        By case, by target: why the target's number format cannot have it.
    contract
        By fact, by target: ``yes``, a tier, ``X`` where the mode does not claim what the test needs, or ``none``.
    """

    def __init__(self) -> None:
        self.targets: list[str] = []
        self.cases: dict[str, dict[str, dict[str, str]]] = {}
        self.features: dict[str, list[str]] = {}
        self.missing: dict[str, dict[str, list[str]]] = {}
        self.reasons: dict[str, dict[str, str]] = {}
        self.contract: Cells = {}

    def add(self, cell: Mapping[str, Any], outcome: str) -> None:
        """Add the cell of a test, and its outcome: ``passed``, ``failed`` or ``skipped``."""
        target = cell["target"]
        if target not in self.targets:
            self.targets.append(target)
        if "case" in cell:
            reached = cell.get("reached", FAILED) if outcome == "passed" else FAILED
            self.cases.setdefault(cell["case"], {}).setdefault(target, {})[cell["number_format"]] = reached
            self.features[cell["case"]] = cell.get("features", [])
            if "missing" in cell:
                self.missing.setdefault(cell["case"], {})[target] = cell["missing"]
            if "reason" in cell:
                self.reasons.setdefault(cell["case"], {})[target] = cell["reason"]
        else:
            reached = {"passed": cell.get("reached", "yes"), "skipped": "X"}.get(outcome, FAILED)
            row = self.contract.setdefault(cell["row"], {})
            row[target] = _worst([row[target], reached]) if target in row else reached

    def rows(self) -> tuple[Cells, Cells, Cells]:
        """Features, cases and facts of the contract; a feature has the worst tier of the cases that use it."""
        features: Cells = {}
        cases: Cells = {}
        for case, by_target in self.cases.items():
            for target, tiers in by_target.items():
                cases.setdefault(case, {})[target] = " / ".join(tiers[f] for f in ("grid", "float64") if f in tiers)
                missing = self.missing.get(case, {}).get(target)
                for feature in self.features[case] if missing is None else missing:
                    row = features.setdefault(feature, {})
                    row[target] = _worse(row.get(target), tiers.get("grid", FAILED))
        return dict(sorted(features.items())), cases, self.contract

    def text(self) -> str:
        """The table for a terminal."""
        features, cases, contract = self.rows()
        lines: list[str] = []
        parts = (("feature (grid)", features), ("case (grid / float64)", cases), ("contract", contract))
        for title, rows in parts:
            if rows:
                table = [
                    [title, *self.targets],
                    *([n, *(row.get(t, "") for t in self.targets)] for n, row in rows.items()),
                ]
                widths = [max(map(len, column)) for column in zip(*table, strict=True)]
                lines += ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in table] + [""]
        lines += [f"X of {case} on {target}: {why}" for case, target, why in self.refused()]
        return "\n".join(lines).rstrip()

    def refused(self) -> list[tuple[str, str, str]]:
        """(case, target, reason) where a number format cannot have a case."""
        return [(case, target, why) for case, targets in self.reasons.items() for target, why in targets.items()]

    def to_json(self) -> str:
        """All its attributes as JSON."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> SupportMatrix:
        """The matrix of a text that `to_json` made."""
        matrix = cls()
        vars(matrix).update(json.loads(text))
        return matrix

    def merge(self, other: SupportMatrix) -> None:
        """Add the cells of another matrix; they replace cells of the same target."""
        self.targets += [t for t in other.targets if t not in self.targets]
        self.features |= other.features
        for case, by_target in other.cases.items():
            self.cases.setdefault(case, {}).update(by_target)
        for case, refused in other.missing.items():
            self.missing.setdefault(case, {}).update(refused)
        for case, why in other.reasons.items():
            self.reasons.setdefault(case, {}).update(why)
        for fact, cells in other.contract.items():
            self.contract.setdefault(fact, {}).update(cells)


def _worst(tiers: Iterable[str]) -> str:
    ranked = ("yes", *ORDER)
    return max(tiers, key=lambda t: ranked.index(t.partition(" ")[0]))


# the page

PAGE = """# Conformance

Made by `python -m neurosim.testing.matrix`, which runs the conformance suite on each backend and compares it with the
reference; nothing here is written by hand. [What the tiers mean](../explanation/grid.md):

- **T0** every learned value, recorded value and spike is equal.
- **T1** they agree to 1e-12, every spike is equal.
- **T2 (functions)** on the grid, everything learned and every spike is equal; recorded values agree to 1e-12, for the
  last bit of the functions named is the C library's or NumPy's own.
- **X** refused before anything ran: with `UnsupportedFeature`, as the mode does not claim it, or with `ModelError`, as
  the number format cannot have it.
- **none** wrong.

## What was run

{versions}

## Features

The worst tier on the grid among the cases that use a feature.

{features}

## Cases

On the grid / in float64; in columns of another number format, in that.

{cases}
{refused}

## The contract

{contract}
"""


def page(matrix: SupportMatrix, amounts: Mapping[str, tuple[float, int]]) -> str:
    """The page in Markdown; `amounts` has for each target the share of each case, and the random networks tried."""
    features, cases, contract = matrix.rows()
    versions = [["backend", "kind", "length", "random networks", "versions"]]
    for target in matrix.targets:
        backend, _ = registry.load(target.partition(" ")[0])
        packages = ", ".join(f"{n} {v}" for n, v in backend.versions().items())
        length, examples = amounts[target]
        versions.append([target, backend.capabilities().kind, f"{length:g}", str(examples), packages])
    tables = {n: _table(t, rows, matrix.targets) for n, t, rows in (
        ("features", "feature", features), ("cases", "case", cases), ("contract", "fact", contract))}  # fmt: skip
    refused = "".join(f"\n- X of {case} on {target}: {why}" for case, target, why in matrix.refused())
    return PAGE.format(versions=_markdown(versions), refused=refused, **tables)


def _table(title: str, rows: Cells, targets: Sequence[str]) -> str:
    return _markdown([[title, *targets], *([n, *(row.get(t, "") for t in targets)] for n, row in rows.items())])


def _markdown(table: Sequence[Sequence[str]]) -> str:
    head, *rows = ["| " + " | ".join(r) + " |" for r in table]
    return "\n".join([head, "|" + "---|" * len(table[0]), *rows])


def _installed() -> list[str]:
    """Every mode of every backend that works here."""
    installed = []
    for name in registry.names():
        try:
            backend, _ = registry.load(name)
            backend.versions()
        except NeurosimError as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        installed += [f"{name}:{mode}" for mode in backend.capabilities().modes]
    return installed


@dataclass(frozen=True)
class MatrixTarget:
    """A run of the suite.

    Attributes
    ----------
    backend
        ``NAME`` or ``NAME:MODE``.
    length
        The share of each case's trials and steps.
    examples
        How many random networks.
    precision
        The number format.
    """

    backend: str
    length: float
    examples: int
    precision: str

    @classmethod
    def of(cls, text: str) -> MatrixTarget:
        """The run that ``NAME[:MODE][+FORMAT][@LENGTH[@EXAMPLES]]`` names."""
        named, _, rest = text.partition("@")
        backend, _, precision = named.partition("+")
        length, _, examples = rest.partition("@")
        return cls(backend, float(length or 1.0), int(examples or 25), precision or "grid")

    @property
    def name(self) -> str:
        """Its column in the matrix."""
        backend, mode = registry.load(self.backend)
        return targets.Target(f"{backend.name}:{mode}", precision=self.precision).title

    def run(self, folder: Path) -> bool:
        """Run the suite in a process of its own, write its matrix into a folder, and say whether all tests passed."""
        result = folder / f"{self.name.replace(':', '-').replace(' ', '-')}.json"
        result.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "--pyargs", "neurosim.testing", "-q", "--tb=short"]
        command += ["-p", "no:nengo", "-p", "no:cacheprovider"]  # a plugin of nengo 4.1 that pytest 9 cannot load
        command += [f"--neurosim-backend={self.backend}", f"--neurosim-length={self.length}"]
        command += [f"--neurosim-examples={self.examples}", f"--neurosim-matrix={result}"]
        command += [f"--neurosim-precision={self.precision}"]
        passed = subprocess.run(command, cwd=folder, check=False).returncode == 0
        if result.exists():
            kept = {
                "target": self.name,
                "amount": [self.length, self.examples],
                "matrix": json.loads(result.read_text()),
            }
            result.write_text(json.dumps(kept))
        return passed


def gather(folder: Path) -> tuple[SupportMatrix, dict[str, tuple[float, int]]]:
    """The matrix of all files of a folder, and the amount that each target ran.

    Targets come in the order of the registry's backends and their modes, then of formats.
    """
    kept = {k["target"]: k for k in (json.loads(f.read_text()) for f in folder.glob("*.json"))}
    matrix, amounts = SupportMatrix(), {}
    for target in [t for mode in _installed() for t in sorted(kept) if t.partition(" ")[0] == mode]:
        matrix.merge(SupportMatrix.from_json(json.dumps(kept[target]["matrix"])))
        length, examples = kept[target]["amount"]
        amounts[target] = (float(length), int(examples))
    return matrix, amounts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite on each backend in a process of its own and write the page; 1 if something is wrong.

    The matrix of each is kept in a folder, and the page shows all matrices there, so backends may be run one by one.
    """
    parser = argparse.ArgumentParser(prog="python -m neurosim.testing.matrix", description=__doc__)
    parser.add_argument("--backends", help="NAME[:MODE][+FORMAT][@LENGTH[@EXAMPLES]],...; default: all installed")
    parser.add_argument("--kept", type=Path, default=Path("build/conformance"), help="folder of what each reached")
    parser.add_argument("--out", type=Path, default=Path("docs/reference/conformance.md"), help="the page")
    options = parser.parse_args(arguments)
    options.kept.mkdir(parents=True, exist_ok=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    given = options.backends.split(",") if options.backends else _installed()
    passed = [MatrixTarget.of(text).run(options.kept.resolve()) for text in given]
    matrix, amounts = gather(options.kept)
    options.out.write_text(page(matrix, amounts), encoding="utf-8")
    print(f"{options.out}: {len(matrix.targets)} backends and modes")
    return int(not all(passed))


if __name__ == "__main__":
    raise SystemExit(main())
