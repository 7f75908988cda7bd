"""The files below scenarios/, by what they describe."""

from pathlib import Path

FILES = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))
SIMULATION_FILES = [p for p in FILES if "[simulation]" in p.read_text()]
SCENARIO_FILES = [p for p in FILES if p not in SIMULATION_FILES]
