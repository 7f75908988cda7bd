"""Puts the scenarios into a wheel, as the examples that `neurosim init` copies; pyproject.toml says the rest."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SCENARIOS, EXAMPLES = Path("scenarios"), Path("neurosim") / "examples"


def shipped() -> list[Path]:
    """Files of scenarios, and trained weights that they name."""
    return sorted(SCENARIOS.rglob("*.toml")) + sorted(SCENARIOS.glob("pretrained/*.h5"))


class BuildWithExamples(build_py):
    """Copies modules, and scenarios beside them."""

    def run(self) -> None:
        """Build the package."""
        super().run()
        if not self.editable_mode:  # in a checkout they are read where they are
            for path in shipped():
                place = Path(self.build_lib) / EXAMPLES / path.relative_to(SCENARIOS)
                self.mkpath(str(place.parent))
                self.copy_file(str(path), str(place))

    def get_source_files(self) -> list[str]:
        """All that a source distribution needs of it."""
        return [*super().get_source_files(), *map(str, shipped())]


setup(cmdclass={"build_py": BuildWithExamples})
