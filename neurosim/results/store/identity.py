"""The identity of a run: all that its results follow from. A run goes on only while its identity is the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from neurosim.errors import InputError

LATER = ("wirings", "fixed", "source", "nir", "metrics")
"""What ``run.json`` has had since a later version, and only where there is some of it."""


@dataclass(frozen=True)
class Identity:
    """All that the results of a run follow from, as ``run.json`` has it.

    Attributes
    ----------
    scenario, seed
        The name of the scenario, and the seed of the run.
    backend, mode
        What runs it.
    part
        The part of the data that is tested on.
    samples
        How many samples of each task are tested.
    versions
        Of the packages that the results depend on, by name.
    data
        Digest of inputs, labels and index lists.
    pretrained
        The file that the first task is taken from, and its digest; None where the first task is trained.
    wirings
        Of each projection that does not connect all to all, the digest of its wiring, by its name.
    fixed
        One digest of all fixed parameters and initial values that differ from neuron to neuron or synapse to synapse;
        empty where there are none.
    source
        The user's own file or folder that gave the data, and the SHA-256 of its contents; None where none did.
    nir
        The file of NIR that the network is read from, and its SHA-256; None where there is none.
    metrics
        Names of the metrics of other packages that its tables have.
    """

    scenario: str
    seed: int
    backend: str
    mode: str
    part: str
    samples: tuple[int, ...]
    versions: Mapping[str, str]
    data: str
    pretrained: tuple[str, str] | None = None
    wirings: Mapping[str, str] = field(default_factory=dict)
    fixed: str = ""
    source: tuple[str, str] | None = None
    nir: tuple[str, str] | None = None
    metrics: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """What ``run.json`` has; of what came later it says nothing where there is none, as of old."""
        return {name: value for name, value in asdict(self).items() if name not in LATER or value}


@cache
def _checked_by() -> TypeAdapter[Identity]:
    """What checks a document; it takes longer to make than to use, and a study has thousands of runs."""
    return TypeAdapter(Identity)


def identity_of(document: Mapping[str, Any]) -> Identity:
    """The identity in a document as JSON has it.

    Raises
    ------
    ValueError
        If the document has another layout, or the name of backend or mode has other letters than a name may have.
    """
    try:
        identity = _checked_by().validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None
    for what, name in (("backend", identity.backend), ("mode", identity.mode)):
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):  # with a colon in it, another backend would be loaded
            raise ValueError(f"{what}: no name of one, {name!r:.80}")
    return identity


def check_same(was: Identity, now: Identity, where: str) -> None:
    """Refuse to go on with a run under other versions, on other data or arrays, or from another pretrained file.

    Wiring is compared where the run tells of it; neurosim 0.1 did not.

    Raises
    ------
    InputError
        If any of these differs; it names what the run began with and what is here.
    """
    if changed := [n for n in sorted({*was.versions, *now.versions}) if was.versions.get(n) != now.versions.get(n)]:
        then, here = (", ".join(f"{n} {v.get(n, 'absent')}" for n in changed) for v in (was.versions, now.versions))
        needed = ", ".join(f"{n} {was.versions[n]}" for n in changed if n in was.versions)
        go_on = f"install {needed}, or run the scenario anew" if needed else "run the scenario anew"
        raise InputError(f"{where}: begun with {then}, but here is {here}; {go_on}")
    if (was.source or ("", ""))[1] != (now.source or ("", ""))[1]:
        raise source_changed(where, was.source)
    if was.data != now.data:
        raise InputError(
            f"{where}: the data set has changed since the run began (digest {was.data[:12]}, now {now.data[:12]}); "
            "bring back the data as they were, or run the scenario anew"
        )
    if rewired := [n for n, digest in was.wirings.items() if now.wirings.get(n) != digest]:
        raise InputError(
            f"{where}: the wiring of projection {', '.join(rewired)} has changed since the run began; go on with the "
            "neurosim that it began with, or run the scenario anew"
        )
    if was.fixed != now.fixed:
        raise InputError(
            f"{where}: fixed parameters or initial values have changed since the run began; bring them back as they "
            "were, or run the scenario anew"
        )
    if (was.nir or ("", ""))[1] != (now.nir or ("", ""))[1]:
        raise InputError(f"{where}: the file of [network] nir has changed since the run began; bring it back as it was")
    if was.pretrained != now.pretrained:
        raise InputError(f"{where}: the file of [pretraining] has changed since the run began; bring it back as it was")


def source_changed(where: str, was: tuple[str, str] | None) -> InputError:
    """The error where the file or folder that gave the data is not as it was when a run began."""
    path, digest = was or ("no file", "")
    what = "code" if path.endswith(".py") else "file or folder"
    return InputError(
        f"{where}: the {what} of [data] is not as it was when the run began, which was {path} (SHA-256 {digest[:12]}); "
        "bring it back as it was, or run the scenario anew"
    )
