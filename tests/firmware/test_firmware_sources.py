"""The sources are plain C99, which is also C++, and whole in what is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import neurosim_firmware

SOURCES = Path(neurosim_firmware.__file__).parent
DEVICE, HOST = SOURCES / "device", SOURCES / "boards" / "host.c"


@pytest.mark.parametrize(("compiler", "standard"), [("gcc", "c99"), ("g++", "c++11")])
def test_the_device_is_of_both_languages_without_a_warning(compiler: str, standard: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler}")
    folders = [f"-I{p}" for p in (DEVICE, *DEVICE.iterdir()) if p.is_dir()]
    strict = ["-fsyntax-only", f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    done = subprocess.run(
        [compiler, *strict, *folders, *DEVICE.rglob("*.c"), HOST], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_device_takes_from_the_library_of_c_what_copies_and_fills() -> None:
    lines = {line for file in DEVICE.rglob("*.[ch]") for line in file.read_text().splitlines() if "#include <" in line}
    assert lines == {"#include <stdint.h>", "#include <string.h>"}
    text = "".join(file.read_text() for file in DEVICE.rglob("*.c"))
    assert not any(f"{name}(" in text for name in ("malloc", "printf", "memmove", "strlen", "strcpy", "memcmp"))
    assert not any(word in text for word in ("float", "double"))
