"""The compiled headers: once for a compiler, as they were built, and taken by the compiler."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from neurosim.backend import cache

pytest.importorskip("brian2")
compiler = pytest.importorskip("neurosim_brian2.building.compiler")
headers = pytest.importorskip("neurosim_brian2.building.headers")
if compiler.compiler() is None:
    pytest.skip("no C++ compiler", allow_module_level=True)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Calls of a compiler that takes no time, in a cache of its own."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    called = []

    def command(*arguments: str) -> list[str]:
        called.append(arguments)
        return ["cp", compiler.HEADERS, arguments[-1]]

    monkeypatch.setattr(compiler, "command", command)
    return called


def test_headers_are_compiled_once(calls: list[tuple[str, ...]]) -> None:
    assert headers.compiled() == headers.compiled()
    assert len(calls) == 1


def test_headers_that_are_damaged_are_compiled_anew_with_a_line(calls: list[tuple[str, ...]]) -> None:
    found = headers.compiled()
    whole = found.read_bytes()
    found.write_bytes(whole[:-1] + b"?")
    with pytest.warns(UserWarning, match=r"damaged \(not as it was built: all.h.gch\)"):
        assert headers.compiled() == found
    assert found.read_bytes() == whole
    assert len(calls) == 2


@pytest.mark.parametrize("what", ["identity", "FLAGS"])
def test_another_compiler_and_other_flags_have_their_own(
    calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    found = headers.compiled()
    monkeypatch.setattr(compiler, what, {"identity": lambda gxx: "g++ version 99", "FLAGS": ("-O0",)}[what])
    assert headers.compiled() != found
    assert len(calls) == 2


def taken(folder: Path) -> bool:
    """Whether the compiler says that it takes compiled headers, for a source that needs a header and compiles."""
    (folder / "main.cpp").write_text("int main() { return std::vector<int>().size(); }")
    command = compiler.command("-H", "-include", compiler.HEADERS, "-c", "main.cpp", "-o", "main.o")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return any(line.startswith("! ") and line.endswith(headers.COMPILED) for line in done.stderr.splitlines())


def test_the_compiler_takes_them_and_nothing_of_them_stays_with_the_program(tmp_path: Path) -> None:
    with headers.placed(tmp_path, headers.compiled()):
        assert taken(tmp_path)
    assert not (tmp_path / headers.COMPILED).is_symlink()


def test_where_they_have_gone_or_are_another_compilers_the_headers_themselves_are_read(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"gpch of another compiler")
    for found in (tmp_path / "gone", other):
        with headers.placed(tmp_path, found):
            assert not taken(tmp_path)
