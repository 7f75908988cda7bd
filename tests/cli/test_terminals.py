"""What is printed can be shown by any terminal, narrow or of another encoding, and nothing of a table is lost."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from neurosim.cli.plain import HANDLER, make_streams_plain
from neurosim.results.fitting import PLAIN, FittingTable


def process(*arguments: object, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", "from neurosim.cli import app; app()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, cwd=cwd, env={**os.environ, **environment}, timeout=120)


def table() -> FittingTable:
    found = FittingTable(box=PLAIN, show_edge=False, padding=0, caption="all of it")
    found.add_column("backend", no_wrap=True)
    for header in ("max|dw|", "synaptic\noperations", "in-\naxons"):
        found.add_column(header, justify="right", no_wrap=True)
    found.add_row("brian2:standalone", "1.5e-07", "1,008,000", "[red]12[/red]")
    found.add_row("nengo:native", "0", "7", "3")
    return found


def drawn(width: int) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(table())
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [10, 20, 30, 40, 43, 44, 60, 200])
def test_a_table_keeps_every_label_header_and_number(width: int) -> None:
    text = drawn(width)
    assert "…" not in text
    lines = [line.rstrip() for line in text.splitlines()]
    assert all(len(line) <= width for line in lines)
    words = "".join(text.split())  # long words are folded, where nothing else helps
    for part in ("brian2:standalone", "nengo:native", "max|dw|", "1.5e-07", "1,008,000", "12", "allofit"):
        assert part in words


def test_a_table_is_turned_on_its_side_only_where_it_does_not_fit() -> None:
    assert drawn(60).splitlines()[0].split() == ["synaptic", "in-"]
    assert (
        drawn(30).splitlines()[:4]
        == [
            "brian2:standalone             ".rstrip(),
            "  max|dw|              1.5e-07",
            "  synaptic operations  1,008,0",
            "                       00     ",
        ]
        or drawn(30).splitlines()[0].strip() == "brian2:standalone"
    )


def test_the_tables_of_a_run_and_of_a_comparison_at_fifty_columns(tiny, tmp_path: Path, neurosim, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    run, compare = neurosim("run", tiny()), neurosim("compare", tiny(), "--backends", "reference")
    assert (run.code, compare.code) == (0, 0)
    assert "…" not in run.out + compare.out
    for label in ("trained", "slept", "tested", "synaptic operations", "energies are counts"):
        assert label in run.out
    assert "reference:numpy" in compare.out


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "latin-1", "utf-8"])
def test_a_character_that_an_encoding_lacks_becomes_a_plain_one(encoding: str, monkeypatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    make_streams_plain()
    sys.stdout.write("3.49 µJ, 0.1 ± 0.2 ── ≥ \udcff 𝑠")
    sys.stdout.flush()
    text = raw.getvalue().decode(encoding)
    if encoding == "ascii":
        assert text == r"3.49 uJ, 0.1 +- 0.2 -- >= \udcff \U0001d460"
    assert r"\udcff" in text


def test_a_stream_that_has_a_way_of_its_own_keeps_it(monkeypatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape")
    monkeypatch.setattr(sys, "stdout", stream)
    make_streams_plain()
    assert stream.errors == "surrogateescape"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    make_streams_plain()
    assert HANDLER.startswith("neurosim")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii", "COLUMNS": "50"},
        {"PYTHONIOENCODING": "cp932", "TERM": "dumb"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NO_COLOR": "1"},
    ],
)
def test_a_run_ends_well_on_a_terminal_that_is_not_utf8(tiny, tmp_path: Path, environment: dict[str, str]) -> None:
    done = process("run", tiny(), cwd=tmp_path, **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"kept in runs" in done.stdout
    assert b"loihi" in done.stdout


def test_a_place_whose_name_is_no_text(tiny, tmp_path: Path) -> None:
    place = os.fsdecode(b"odd-\xff")
    done = process("run", tiny(), "--out", place, cwd=tmp_path, PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    as_json = process("run", tiny(), "--out", place, "--json", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert as_json.returncode == 0, as_json.stderr
    assert Path(json.loads(as_json.stdout)["run_dir"]).parent.name == place


def test_output_that_nobody_reads_ends_silently(tiny, tmp_path: Path) -> None:
    command = f"{sys.executable} -c 'from neurosim.cli import app; app()' run {tiny()} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, cwd=tmp_path, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("width", [50, 80])
def test_the_list_of_commands_is_not_cut(neurosim, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = " ".join(neurosim("--help").out.split())
    assert "..." not in text.partition("Commands:")[2]
    for summary in ("keep what it leaves behind.", "do they agree?", "what a scenario needs of a chip.", "on it."):
        assert summary in text


def test_what_is_missing_is_marked_as_doctor_marks_it(neurosim, monkeypatch) -> None:
    from neurosim.backend.reference import ReferenceBackend
    from neurosim.errors import BackendUnavailable

    def missing(self: object) -> dict[str, str]:
        raise BackendUnavailable("it needs [brackets]")

    monkeypatch.setattr(ReferenceBackend, "versions", missing)
    lines = neurosim("backends").out.splitlines()
    assert lines[0] == "missing  reference  it needs [brackets]"
    assert len(lines) < 16
