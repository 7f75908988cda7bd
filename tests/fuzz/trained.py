"""Trained networks in files."""

from __future__ import annotations

import functools
import json
import random
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.model.connectivity import Pairs
from neurosim.model.learning import EquilibriumPropagation
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.results import pretrained
from neurosim.results.pretrained import Pretrained

from . import damage, documents, values
from .kind import Kind, accepted_only_if

FILE = "net.h5"


@functools.cache
def _trained() -> Pretrained:
    network = Network(
        [Population("a", 4, Clamp), Population("b", 3, RateUnit)],
        [
            Projection("j", "a", "b", learning=[EquilibriumPropagation]),
            Projection("k", "a", "b", connectivity=Pairs([0, 3, 0, 1], [2, 1, 2, 0])),
        ],
    )
    random = np.random.default_rng(0)
    learned = {n: random.normal(size=v.shape) for n, v in network.learned().items()}
    return Pretrained(network, learned, {"seed": 1, "settings": {"lr": 0.1}})


def prepare(folder: Path) -> None:
    pretrained.write(_trained(), folder / FILE)


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    path = folder / FILE
    path.write_bytes((prepared / FILE).read_bytes())
    if random.random() < 0.3:
        damage.of_file(random, path)
        return
    with h5py.File(path, "r+") as file:
        for _ in range(random.choice([1, 1, 2])):
            random.choice([_attribute, _attribute, _array, _array, _network, _wiring])(random, file)
        if random.random() < 0.5:
            _seal(file)


def _attribute(random: random.Random, file: Any) -> None:
    name = random.choice(["neurosim_pretrained", "network", "training", "digest"])
    deep = random.choice([10, 1000, 60_000])
    new = random.choice(
        [
            None, 1, 99, -1, 1.5, "", "{}", "[]", "null", "\x01", "NaN", b"bytes", np.zeros(3),
            np.array(["a", "b"], object), h5py.Empty("f8"), "[" * deep + "]" * deep,
            '{"a":' * deep + "1" + "}" * deep, "9" * deep, "1" * 5000,
        ]
    )  # fmt: skip
    if name in file.attrs:
        del file.attrs[name]
    if isinstance(new, (str, np.ndarray)) and len(new) > 2000:
        file.attrs.create(name, new, dtype=h5py.string_dtype())
    elif new is not None:
        file.attrs[name] = new


def _array(random: random.Random, file: Any) -> None:
    name = random.choice(["j.w", "b.bias"])
    good = _trained().learned[name]
    if name in file:
        del file[name]
    wrong = good.copy()
    wrong.flat[random.randrange(wrong.size)] = random.choice([np.nan, np.inf, -np.inf, 1e308, 0.0])
    choice = random.randrange(12)
    if choice == 0:
        file.create_group(name)
    elif choice == 1:
        other = random.choice(["/b.bias", "/j.w", "/nowhere", f"/{name}"])
        file[name] = random.choice([h5py.SoftLink(other), h5py.ExternalLink("/dev/zero", other)])
    elif choice == 2:
        file.create_dataset(name, good.shape, random.choice([h5py.ref_dtype, h5py.regionref_dtype]))
    elif choice == 3:
        size = random.choice([10**8, 10**12, 2**61])
        file.create_dataset(name, (size,), "f8", chunks=(10**4,), compression="gzip")
    elif choice == 4:
        types = ["S4", "c16", "?", h5py.string_dtype(), [("a", "f8")], h5py.vlen_dtype("f8")]
        file.create_dataset(name, good.shape, random.choice(types))
    elif choice == 5:
        file.create_dataset(name, data=random.choice([good.T, good.ravel(), good[:1], good[None], np.float64(1)]))
    elif choice == 6:
        file[name] = h5py.Empty("f8")
    elif choice == 7:
        more = random.choice(["j.x", "more", "j.w2"])
        if more not in file:  # an alteration before may have put it there
            file[more] = good
    elif choice == 8:
        file.create_dataset(name, data=good.astype(random.choice(["f2", "f4", "i8", "f8"])))
    elif choice > 8:
        file[name] = wrong


def _wiring(random: random.Random, file: Any) -> None:
    """The array of the pairs, altered, or under another name."""
    if not isinstance(group := file.get("wiring"), h5py.Group):
        return
    [(name, good)] = _trained().network.arrays().items()
    for there in list(group):
        del group[there]
    choice = random.randrange(10)
    if choice == 0:
        del file["wiring"]
        file["wiring"] = good
    elif choice == 1:
        group[name] = random.choice([h5py.SoftLink("/k.w"), h5py.ExternalLink("/dev/zero", "/x"), h5py.Empty("i4")])
    elif choice == 2:
        size = random.choice([10**8, 10**12, 2**60])
        group.create_dataset(name, (2, size), "i4", chunks=(2, 10**4), compression="gzip")
    elif choice == 3:
        group.create_dataset(name, good.shape, random.choice(["S4", "c16", "?", "f8", h5py.ref_dtype]))
    elif choice == 4:
        group.create_group(name)
    elif choice == 5:
        group[random.choice([name, "x", "0" * 64])] = random.choice([good, good[:, ::-1], good[::-1], good.T, good[:1]])
    elif choice == 6:
        group[name] = good + random.choice([1, -1, 1000])
    else:
        group[name] = good.astype(random.choice(["i1", "u2", "i4", "i8", "u8", ">i4"]))


def _network(random: random.Random, file: Any) -> None:
    """The network in JSON, altered in its structure."""
    if not isinstance(text := file.attrs.get("network"), str):
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(document, dict):
        documents.altered(random, document)
        file.attrs["network"] = json.dumps(document) if random.random() < 0.9 else random.choice(values.TEXTS[1:18])


def _seal(file: Any) -> None:
    """The digest of what the file holds now, where it has one: an altered file then comes to be looked at."""
    try:
        network = Network.from_json(file.attrs["network"], {n: a[...] for n, a in file["wiring"].items()})
        arrays = {n: a for n, a in file.items() if n != "wiring"}
        learned = {n: np.asarray(a[...], dtype=np.float64) for n, a in arrays.items() if a.size < 1000}
        file.attrs["digest"] = Pretrained(network, learned, {}, file.attrs["network"]).digest()
    except Exception:  # then it has none
        return


def run(folder: Path) -> None:
    found = pretrained.read(folder / FILE)
    for name, variable in found.network.learned().items():
        array = found.learned[name]
        accepted_only_if(array.shape == variable.shape, f"{name} has shape {array.shape}")
        accepted_only_if(array.dtype == np.float64 and bool(np.isfinite(array).all()), f"{name} is not finite")
    accepted_only_if(set(found.learned) == set(found.network.learned()), "arrays of another network")
    again = Network.from_json(found.network.to_json(), found.network.arrays())
    accepted_only_if(again == found.network, "its JSON is of another network")


KIND = Kind("pretrained", 4, make, run, prepare)
