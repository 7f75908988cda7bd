"""Backends that a call chooses: by their names, or themselves, such as a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from neurosim.backend.contract import Backend
from neurosim.edges.values import shown
from neurosim.errors import InputError


def by_name(given: object, what: str) -> tuple[list[str], dict[str, Backend]]:
    """Return the names of all, and by their names those that were not given by name.

    Parameters
    ----------
    given
        A name or a backend, or several of these.

    Raises
    ------
    InputError
        Beginning with `what`, for what is neither.
    """
    names, own = list[str](), dict[str, Backend]()
    for one in given if isinstance(given, Sequence) and not isinstance(given, str) else [given]:
        if isinstance(one, str):
            names.append(one)
            continue
        if not hasattr(one, "compile"):
            raise InputError(f"{what}: {shown(one)}; expected the name of a backend, such as 'brian2', or a device")
        backend = cast(Backend, one)
        names.append(backend.name)
        own[backend.name] = backend
    return names, own
