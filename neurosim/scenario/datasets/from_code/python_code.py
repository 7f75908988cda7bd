"""``[data] code = "FILE.py:FUNCTION"`` or ``"PACKAGE.MODULE:FUNCTION"``: executed where the user allows it, only there.

The file is read once: what is executed is what its digest is of.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from neurosim.edges import files
from neurosim.edges.foreign_errors import said
from neurosim.errors import NeurosimError, SpecError, nearest
from neurosim.scenario.datasets.from_code.function import called
from neurosim.scenario.datasets.samples import Samples

FLAG = "--allow-code"
ENDING = ".py"


@dataclass(frozen=True)
class CodeName:
    """What ``[data] code`` names.

    Parameters
    ----------
    module
        The path of a Python file, or the name of a module that can be imported.
    """

    module: str
    function: str

    @property
    def is_file(self) -> bool:
        """Whether the module is named by its file."""
        return self.module.endswith(ENDING)

    @property
    def title(self) -> str:
        """The name that the data have: without the folder of a file, so that it is the same wherever that lies."""
        return f"{Path(self.module).name if self.is_file else self.module}:{self.function}"

    def beside(self, folder: Path) -> CodeName:
        """The same, with the path of a file taken from a folder."""
        return CodeName(str((folder / self.module).absolute()), self.function) if self.is_file else self

    def __str__(self) -> str:
        return f"{self.module}:{self.function}"


def name_of(code: str) -> CodeName:
    """The module and the function that a text names.

    Raises
    ------
    SpecError
        If it names none.
    """
    module, _, function = code.rpartition(":")
    fits = module.endswith(ENDING) or all(part.isidentifier() for part in module.split("."))
    if not (fits and function.isidentifier()):
        raise SpecError(f"[data] code = {code!r}; expected 'FILE.py:FUNCTION' or 'PACKAGE.MODULE:FUNCTION'")
    return CodeName(module, function)


def not_allowed(code: str) -> SpecError:
    """The error where nobody has allowed the code to run."""
    return SpecError(
        f"[data] code = {code!r}: Python code is executed, with all that stands in it; add {FLAG} if you know what it "
        "does (in Python: scenario.data.build(allow_code=True))"
    )


def read(code: str, folder: Path | None, steps: int | None) -> tuple[Samples, tuple[str, str]]:
    """Execute code, and return the samples that its function gives, and its file with the SHA-256 of that.

    Raises
    ------
    SpecError
        For a module that is not there or ends in an exception, a function that it does not have, and what are no
        samples.
    """
    name = name_of(code)
    where = f"[data] code = '{name.title}'"
    if name.is_file:
        path = Path(name.module).absolute()
        source = _source(path, where)
        module = _executed(path, source, where)
    else:
        module = _imported(name.module, where)
        path = _file_of(module, where)
        source = _source(path, where)
    function = getattr(module, name.function, None)
    if function is None:
        known = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
        raise SpecError(f"{where}: {path} has no {name.function!r}; {nearest(name.function, known)}")
    return called(function, folder, steps, where), (str(path), hashlib.sha256(source).hexdigest())


def digest(path: Path) -> str:
    """The SHA-256 of a Python file, which is not executed.

    Raises
    ------
    SpecError
        If it cannot be read.
    """
    return hashlib.sha256(_source(path, "[data] code")).hexdigest()


def _source(path: Path, where: str) -> bytes:
    try:
        return files.content(path)
    except OSError as error:
        raise SpecError(f"{where}: {path}: {error.strerror or error}") from None


def _executed(path: Path, source: bytes, where: str) -> ModuleType:
    """The module that a file is. While it runs it is a module of that name, which dataclasses look for."""
    module = ModuleType(f"neurosim_data_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, str(path), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        raise _ended(error, f"{where}: {path}{_line(error, path)}") from error
    return module


def _imported(name: str, where: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise _ended(error, f"{where}: module {name} cannot be imported and") from error


def _file_of(module: ModuleType, where: str) -> Path:
    file = getattr(module, "__file__", None)
    if not str(file).endswith(ENDING):
        raise SpecError(f"{where}: module {module.__name__} has no Python file; expected one whose text can be kept")
    return Path(str(file)).absolute()


def _ended(error: BaseException, where: str) -> BaseException:
    if isinstance(error, MemoryError):
        return error
    told = str(error) if isinstance(error, NeurosimError) else said(error)
    return SpecError(f"{where} ended in {told}")


def _line(error: Any, path: Path) -> str:
    """In which line of the file an exception was raised."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f", line {lines[-1]}," if lines else ""
