"""What goes between a process and its worker: plain values, arrays as bytes, errors by name. Never pickles."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim import errors
from neurosim.edges.foreign_errors import said
from neurosim.errors import NeurosimError, NumericalError, UnsupportedFeature
from neurosim.program.trial.stimuli import Events, Rows

PROTOCOL = 3
"""Both sides must have the same."""


def pack(value: Any) -> Any:
    """Plain values.

    An array becomes ``("array", dtype, shape, bytes)``, `Events` two of them and sizes, `Rows` what they show as it is
    stored, and the table of bytes.
    """
    if isinstance(value, dict):
        return {k: pack(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return ("array", value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, Events):
        alone = Events.joined([value])  # a part of some events still has the spikes of all
        return ("events", pack(alone.offsets), pack(alone.indices), value.steps, value.units)
    if isinstance(value, Rows):
        return ("rows", pack(value.alone()), None if value.table is None else pack(value.table))
    return value.item() if isinstance(value, np.generic) else value


def unpack(value: Any) -> Any:
    """What `pack` was given.

    Raises
    ------
    Exception
        Of any kind, for what `pack` does not make.
    """
    if isinstance(value, dict):
        return {k: unpack(v) for k, v in value.items()}
    if isinstance(value, tuple) and value[:1] == ("array",):
        _, name, shape, content = value
        dtype = np.dtype(name)
        if dtype.kind not in "biuf":
            raise TypeError(f"arrays of {dtype} are not sent")
        return np.frombuffer(content, dtype).reshape(shape).copy()  # a buffer alone would be read-only
    if isinstance(value, tuple) and value[:1] == ("events",):
        _, offsets, indices, steps, units = value
        return Events(unpack(offsets), unpack(indices), steps, units)
    if isinstance(value, tuple) and value[:1] == ("rows",):
        _, values, table = value
        return Rows(unpack(values), table=None if table is None else unpack(table))
    return value


def pack_error(error: Exception) -> tuple[str, str, dict[str, Any]]:
    """The class, the text, and the values that the class is made of where it has any; no class if it is not ours."""
    kind = next((c.__name__ for c in type(error).__mro__ if c.__module__ == errors.__name__), "")
    values = pack(dict(vars(error))) if isinstance(error, (UnsupportedFeature, NumericalError)) else {}
    return kind, str(error) if kind else said(error), values


def unpack_error(kind: str, text: str, values: dict[str, Any]) -> NeurosimError:
    """The error that was packed; one that is not ours is a `BackendError`.

    Raises
    ------
    Exception
        Of any kind, for what `pack_error` does not make.
    """
    made: type[NeurosimError] = getattr(errors, kind or "BackendError")
    if not issubclass(made, NeurosimError):
        raise TypeError(f"{kind} is no error")
    return made(**values) if values else made(text)
