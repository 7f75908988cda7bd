"""Reading and writing: from files and objects to networks, and back."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges import atomic, files
from neurosim.edges.files import path_of
from neurosim.edges.foreign_errors import border
from neurosim.edges.optional_packages import NIR, needed
from neurosim.errors import InputError
from neurosim.interchange.nir.choices import chosen
from neurosim.interchange.nir.exporting.graph import Wishes, exported
from neurosim.interchange.nir.graphs import hdf5_file
from neurosim.interchange.nir.graphs.graph import OUR_KEY, Graph, from_tree, to_tree
from neurosim.interchange.nir.imported import Imported
from neurosim.interchange.nir.importing.network import imported
from neurosim.interchange.nir.report import Report
from neurosim.model.network import Network


def read(
    file: str | os.PathLike[str] | Graph | Any,
    *,
    dt: str | float | None = None,
    integrator: str | None = None,
    reset: str | None = None,
    current: str | None = None,
    charge: str | None = None,
    threshold: str | None = None,
    bias: str | None = None,
    feedback_bias: str | None = None,
    delays: str | None = None,
    chains: str | None = None,
    input: str | None = None,
) -> Imported:
    """Read a graph of NIR as a network.

    Nothing in a file is executed. Graphs within the graph are flattened; edges of old files that name a node by another
    name are mended, and told.

    Parameters
    ----------
    file
        A path, a ``nir.NIRGraph``, or a `Graph`.
    dt, integrator, reset, current, charge, threshold, bias, feedback_bias, delays, chains, input
        What NIR leaves open, as of `Choices`. None for what the file says of itself, as one that neurosim wrote does,
        else for the default.

    Returns
    -------
    Imported
        The network, its weights, and a report of all that was chosen and done.

    Raises
    ------
    InputError
        For what is no file of NIR, and a graph that does not fit together.
    ModelError
        For a choice that there is not, and parameters that a neuron cannot have.
    UnsupportedFeature
        For a kind of node that neurosim has no word for.

    Examples
    --------
    >>> import numpy as np
    >>> import neurosim as ns
    >>> nodes = {
    ...     "input": ns.nir.Node("Input", {"shape": np.array([2])}),
    ...     "fc": ns.nir.Node("Linear", {"weight": np.ones((3, 2))}),
    ...     "lif": ns.nir.Node("LIF", {n: np.ones(3) for n in ("tau", "r", "v_leak", "v_threshold")}),
    ... }
    >>> imported = ns.nir.read(ns.nir.Graph(nodes, (("input", "fc"), ("fc", "lif"))), dt="1 ms")
    >>> imported.network.names
    ['input', 'lif', 'fc']
    """
    graph, title = _graph(file)
    arguments = {
        "dt": dt,
        "integrator": integrator,
        "reset": reset,
        "current": current,
        "charge": charge,
        "threshold": threshold,
        "bias": bias,
        "feedback_bias": feedback_bias,
        "delays": delays,
        "chains": chains,
        "input": input,
    }
    return with_choices(graph, arguments, title)


def with_choices(graph: Graph, arguments: Mapping[str, Any], title: str) -> Imported:
    """The network of a graph, by the choices of a caller, each by its name.

    Raises
    ------
    NeurosimError
        As of `read`.
    """
    written = graph.metadata.get(OUR_KEY, {})
    return imported(graph, chosen(arguments, written if isinstance(written, Mapping) else {}), title)


def _graph(file: object) -> tuple[Graph, str]:
    if isinstance(file, Graph):
        return file, "NIR graph"
    if not isinstance(file, (str, os.PathLike)) and hasattr(file, "to_dict"):
        with border("nir: the graph cannot be read"):
            return from_tree(file.to_dict()), "NIR graph"
    path = path_of(file, "nir: file")
    return graph_of(path, hdf5_file.content(path)), f"import of {path.name}"


def graph_of(path: Path, image: bytes) -> Graph:
    """The graph in the bytes of a file; messages begin with its path.

    Raises
    ------
    InputError
        For what is no file of NIR.
    UnsupportedFeature
        For a kind of node that neurosim has no word for.
    """
    tree = hdf5_file.tree_of(path, image)
    try:
        return from_tree(tree)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def to_graph(
    network: Network | Imported,
    weights: Mapping[str, NDArray[Any]] | None = None,
    *,
    dt: str | float | None = None,
    gain: str | None = None,
    dtype: str = "float32",
    leave_out: Collection[str] = (),
) -> tuple[Graph, Report]:
    """What `write` writes, as a graph, with the report.

    Parameters
    ----------
    network, weights, dt, gain, dtype, leave_out
        As of `write`.

    Raises
    ------
    NeurosimError
        As of `write`.
    """
    return exported(network, weights, Wishes.of(dt, gain, dtype, leave_out))


def write(
    network: Network | Imported,
    file: str | os.PathLike[str],
    weights: Mapping[str, NDArray[Any]] | None = None,
    *,
    dt: str | float | None = None,
    gain: str | None = None,
    dtype: str = "float32",
    leave_out: Collection[str] = (),
) -> Report:
    """Write a network as a graph of NIR.

    What NIR has no word for - the kind of reset, the integrator, the step - is in the metadata of the graph and its
    nodes, from which `read` makes an equal network again. What was imported and is unchanged is written as it was.

    Parameters
    ----------
    network
        Of spiking neurons; or what `read` gave back, with its weights.
    file
        Is replaced if it is there.
    weights
        Learned arrays by name; None for those of what was imported, or the first values of the network's variables.
    dt
        The step of who reads it, a time or a number of ms: time constants are written so that forward Euler with this
        step does what neurosim does (snnTorch has 0.1 ms). None for time constants as they are.
    gain
        ``"folded"``: resistances are 1, and weights have what they were (Norse does not look at those of LIF nodes);
        ``"kept"``: as they are. None for ``"kept"`` where a model is of NIR, else ``"folded"``.
    dtype
        ``"float32"``, as those who read it expect, or ``"float64"``.
    leave_out
        ``"rules"``, ``"ties"``: what NIR has no word for, and may be lost.

    Returns
    -------
    Report
        What was chosen and done.

    Raises
    ------
    UnsupportedFeature
        For what NIR has no word for, by its name.
    InputError
        For weights that do not fit, or a file that cannot be written.
    BackendUnavailable
        Where the package nir is missing.
    """
    path = path_of(file, "nir: file")
    _check_target(path)
    graph, report = to_graph(network, weights, dt=dt, gain=gain, dtype=dtype, leave_out=leave_out)
    image = image_of(graph)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, image)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    return report


def _check_target(path: Path) -> None:
    try:
        files.check_target(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None


def image_of(graph: Graph) -> bytes:
    """The bytes of a file with a graph, as the package nir writes it.

    Raises
    ------
    InputError
        If nir refuses the graph.
    BackendUnavailable
        Where nir is missing.
    """
    with needed(NIR, "writing NIR"):
        import nir
    target = io.BytesIO()
    with border("nir refuses the graph"):
        nir.write(target, nir.dict2NIRNode({**_for_nir(to_tree(graph)), "type_check": False}))
    return target.getvalue()


def _for_nir(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The same tables, with all fields that nir asks for."""
    if "nodes" in tree:
        return {**tree, "nodes": {n: _for_nir(node) for n, node in tree["nodes"].items()}}
    plain = {n: v.item() if _is_scalar(v) and n in ("groups", "start_dim", "end_dim") else v for n, v in tree.items()}
    if tree["type"] in ("Conv1d", "Conv2d"):
        plain.setdefault("input_shape", None)
    return plain


def _is_scalar(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.shape == ()
