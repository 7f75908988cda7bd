"""What is printed can be shown by any terminal, narrow or of another encoding, and nothing of a table is lost."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from neurosim.cli import app
from neurosim.cli.plain import make_streams_plain
from neurosim.cli.report.fitting import PLAIN, FittingTable


def process(*arguments: object, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", "from neurosim.cli import app; app()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, cwd=cwd, env={**os.environ, **environment}, timeout=120)


def table() -> FittingTable:
    shown = FittingTable(box=PLAIN, show_edge=False, padding=0, caption="all of it")
    shown.add_column("backend", no_wrap=True)
    for header in ("max|dw|", "synaptic\noperations", "in-\naxons"):
        shown.add_column(header, justify="right", no_wrap=True)
    shown.add_row("brian2:standalone", "1.5e-07", "1,008,000", "[red]12[/red]")
    shown.add_row("nengo:native", "0", "7", "3")
    return shown


def drawn(width: int) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(table())
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [24, 30, 40, 43, 44, 60, 200])
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
    assert [line.rstrip() for line in drawn(40).splitlines()[:3]] == [
        "brian2:standalone",
        "  max|dw|              1.5e-07",
        "  synaptic operations  1,008,000",
    ]


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
    sys.stdout.write("3.49 µJ, 0.1 ± 0.2 ── ≥ \udcff \U0001d460")
    sys.stdout.flush()
    text = raw.getvalue().decode(encoding)
    if encoding == "ascii":
        assert text == r"3.49 uJ, 0.1 +- 0.2 -- >= \udcff \U0001d460"
    assert r"\udcff" in text


def test_names_that_are_no_text_stay_the_bytes_that_they_are_in_a_posix_locale(monkeypatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", errors="surrogateescape"))
    make_streams_plain()
    sys.stdout.write("µ \udcff ±\n")
    sys.stdout.flush()
    assert raw.getvalue() == b"u \xff +-\n"


def test_a_stream_without_an_encoding_is_left_alone(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    make_streams_plain()


@pytest.mark.parametrize("charset", ["ascii", "cp932"])
@pytest.mark.parametrize("command", [["run"], ["run", "--seeds", "0,1"], ["compare", "--backends", "reference"],
                                     ["loihi"], ["map"], ["backends"]])  # fmt: skip
def test_every_command_can_be_shown(tiny, tmp_path: Path, monkeypatch, charset: str, command: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "50")
    scenario = [str(tiny())] if command != ["backends"] else []
    done = CliRunner(charset=charset).invoke(app, [*command[:1], *scenario, *command[1:]])
    assert done.exit_code == 0, done.stderr
    assert done.stdout_bytes.decode(charset)


@pytest.mark.slow
def test_a_run_ends_well_in_a_posix_locale(tiny, tmp_path: Path) -> None:
    done = process("run", tiny(), cwd=tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"uJ" in done.stdout


def test_a_place_whose_name_is_no_text(tiny, neurosim) -> None:
    place = os.fsdecode(b"odd-\xff")
    done = neurosim("run", tiny(), "--out", place)
    assert (done.code, done.err) == (0, "")
    assert r"kept in odd-\udcff/" in done.out
    data = json.loads(neurosim("run", tiny(), "--out", place, "--json").out)
    assert Path(data["run_dir"]).parent.name == place


def test_output_that_nobody_reads_ends_silently(tiny, tmp_path: Path) -> None:
    command = f"{sys.executable} -c 'from neurosim.cli import app; app()' run {tiny()} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, cwd=tmp_path, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("width", [50, 80])
def test_the_list_of_commands_is_not_cut(neurosim, monkeypatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = " ".join(neurosim("--help").out.split())
    assert "..." not in text.partition("Commands:")[2]
    for summary in ("keep what it leaves behind.", "tell if they agree.", "what a scenario needs of a chip.", "on it."):
        assert summary in text


def test_what_is_missing_is_marked_as_doctor_marks_it(neurosim, monkeypatch) -> None:
    from neurosim.backend.reference import ReferenceBackend
    from neurosim.errors import BackendUnavailable

    def missing(self: object) -> dict[str, str]:
        raise BackendUnavailable("it needs [brackets]")

    monkeypatch.setattr(ReferenceBackend, "versions", missing)
    lines = neurosim("backends").out.splitlines()
    assert lines[0].rstrip() == "missing  reference  it needs [brackets]"
    assert len(lines) < 16


def test_backends_fit_in_80_columns_with_names_and_details_below_one_another(neurosim, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = neurosim("backends").out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert {line[:20].strip() for line in lines if not line[:9].strip()} == {""}
    assert [line[9:20].strip() for line in lines if line[:9].strip()][:3] == ["reference", "brian2", "lava"]
