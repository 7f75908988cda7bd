"""The folder of all tests is on the path of imports; without PyTorch this folder would be imported as `torch`."""

import sys
from pathlib import Path

sys.path[:] = [p for p in sys.path if Path(p).resolve() != Path(__file__).resolve().parents[1]]
