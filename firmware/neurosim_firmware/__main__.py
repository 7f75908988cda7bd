"""``python -m neurosim_firmware device|image PATH``: compile the device as a process, or for the board."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from neurosim.errors import BackendUnavailable, NeurosimError
from neurosim_firmware import build


def main(arguments: list[str]) -> int:
    """Exit status: 0, also where a compiler is not installed, as is said; 1 where it fails, 2 for other arguments."""
    compiles = {"device": build.compile_device, "image": build.compile_image}
    if len(arguments) != 2 or arguments[0] not in compiles:
        print(__doc__, file=sys.stderr)
        return 2
    path = Path(arguments[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        compiles[arguments[0]](path)
    except BackendUnavailable as missing:
        print(f"left out: {missing}")
        return 0
    except NeurosimError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path}: {_sizes(path) if arguments[0] == 'image' else 'the device as a process'}")
    return 0


def _sizes(image: Path) -> str:
    tool = build.arm_compiler().replace("gcc", "size")
    text, data, bss = map(
        int, subprocess.run([tool, image], capture_output=True, text=True, check=True).stdout.split()[6:9]
    )
    return f"{text + data:,} bytes of flash, {data + bss:,} bytes of RAM"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
