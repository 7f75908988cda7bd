"""Linear nodes: the shape behind each, and what it does as a sparse matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.optional_packages import NIR, needed
from neurosim.errors import InputError
from neurosim.interchange.nir.graphs.graph import Node, NoWord
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Shape = tuple[int, ...]
UNROLLED = ("Conv1d", "Conv2d", "SumPool2d", "AvgPool2d")
"""Kinds that slide a window."""


def out_shape(node: Node, shape: Shape, name: str) -> Shape:
    """Of what a linear node puts out.

    Raises
    ------
    InputError
        If it takes no input of that shape, or has fields of a wrong form.
    UnsupportedFeature
        For a matrix of more than two dimensions.
    """
    if node.kind in ("Affine", "Linear"):
        return _of_matrix(node, name)
    if node.kind in UNROLLED:
        window = Window.of(node, shape, name)
        return (window.channels, *window.out)
    if node.kind == "Flatten":
        return (math.prod(shape),)
    return shape


def _of_matrix(node: Node, name: str) -> Shape:
    weight = node.array("weight")
    if weight.ndim != 2 or not weight.size:
        raise NoWord(f"node {name}: a weight of shape {weight.shape}; neurosim reads those of two dimensions")
    if node.kind == "Affine" and node.array("bias").shape != weight.shape[:1]:
        bias = node.array("bias").shape
        raise InputError(f"node {name}: a bias of shape {bias} for a weight of shape {weight.shape}")
    return (weight.shape[0],)


def bias_of(node: Node, shape: Shape) -> NDArray[np.float64] | None:
    """What a node adds to each of its outputs, of shape (outputs,); None where it adds nothing.

    Parameters
    ----------
    shape
        Of its output.
    """
    if "bias" not in node.values:
        return None
    bias = node.array("bias").ravel()
    return np.repeat(bias, math.prod(shape) // max(1, len(bias)))


@dataclass(frozen=True)
class UnrolledSynapses:
    """Pairs with a weight each, all of shape (synapses,)."""

    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    weight: NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """A window that slides over one or two dimensions of an input of channels.

    Attributes
    ----------
    channels
        Of the output.
    weight
        Of shape (channels, input channels of a group, *kernel).
    size, out
        Of input and output, without channels.
    """

    channels: int
    weight: NDArray[np.float64]
    size: Shape
    out: Shape
    stride: Shape
    padding: Shape
    dilation: Shape
    groups: int

    @classmethod
    def of(cls, node: Node, shape: Shape, name: str) -> Window:
        """That of a node, for an input of shape (channels, *size).

        Raises
        ------
        InputError
            If the input is of another form, or the window does not fit into it.
        """
        axes = 1 if node.kind == "Conv1d" else 2
        if len(shape) != axes + 1:
            raise InputError(f"node {name}, {node.kind}: an input of shape {shape}; expected channels and {axes} more")
        channels, size = shape[0], shape[1:]
        if node.kind in ("Conv1d", "Conv2d"):
            weight, groups = node.array("weight"), _whole(node, "groups", 1, name)[0]
            dilation = _whole(node, "dilation", axes, name)
        else:
            kernel = _whole(node, "kernel_size", axes, name)
            check_memory([MemoryPart("its kernel", NUMBER * channels * math.prod(kernel))], f"node {name}")
            value = 1.0 if node.kind == "SumPool2d" else 1.0 / math.prod(kernel)
            weight, groups, dilation = np.full((channels, 1, *kernel), value), channels, (1,) * axes
        if (
            weight.ndim != axes + 2
            or not weight.size
            or weight.shape[0] % groups
            or weight.shape[1] * groups != channels
        ):
            raise InputError(
                f"node {name}, {node.kind}: a weight of shape {weight.shape} in {groups} groups, "
                f"for an input of shape {shape}"
            )
        if "bias" in node.values and node.array("bias").shape != weight.shape[:1]:
            raise InputError(f"node {name}: a bias of shape {node.array('bias').shape} for {weight.shape[0]} channels")
        stride = _whole(node, "stride", axes, name)
        spans = tuple(d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True))
        before, out = _padded(node, size, spans, stride, name)
        if min(out) < 1:
            raise InputError(f"node {name}, {node.kind}: its window does not fit into an input of shape {shape}")
        return cls(weight.shape[0], weight, size, out, stride, before, dilation, groups)

    def synapses(self, name: str) -> UnrolledSynapses:
        """One synapse for each place of the window and each of its weights, but for those in the padding.

        Ordered by output channel, input channel, place in the kernel, place in the output.

        Raises
        ------
        InputError
            If they do not fit into memory.
        """
        count = self.weight.size * math.prod(self.out)
        check_memory([MemoryPart(f"its {count:,} synapses", 3 * NUMBER * count)], f"node {name}")
        kernel = self.weight.shape[2:]
        sources: NDArray[np.int32] = np.zeros((), np.int32)
        inside: NDArray[np.bool_] = np.ones((), np.bool_)
        targets = sources
        axes = len(kernel)
        for a in range(axes):  # the place in the input, and in the output, along each axis
            k = _along(np.arange(kernel[a], dtype=np.int32), a, 2 * axes)
            o = _along(np.arange(self.out[a], dtype=np.int32), axes + a, 2 * axes)
            at = o * np.int32(self.stride[a]) - np.int32(self.padding[a]) + k * np.int32(self.dilation[a])
            inside = inside & (at >= 0) & (at < self.size[a])
            sources = (sources * np.int32(self.size[a]) + at).astype(np.int32)
            targets = (targets * np.int32(self.out[a]) + o).astype(np.int32)
        full = (*kernel, *self.out)
        within = np.broadcast_to(inside, full).ravel()
        source, target = (np.broadcast_to(p, full).ravel()[within] for p in (sources, targets))
        place = np.broadcast_to(_along_many(np.arange(math.prod(kernel)), kernel, axes), full).ravel()[within]
        outs, ins = self.weight.shape[:2]
        group = np.arange(outs, dtype=np.int32) // (outs // self.groups)
        channel = group[:, None] * np.int32(ins) + np.arange(ins, dtype=np.int32)
        pre = channel[:, :, None] * np.int32(math.prod(self.size)) + source
        post = np.arange(outs, dtype=np.int32)[:, None, None] * np.int32(math.prod(self.out)) + target
        weight = self.weight.reshape(outs, ins, -1)[:, :, place]
        return UnrolledSynapses(pre.ravel(), np.broadcast_to(post, pre.shape).ravel(), weight.ravel())


def _along(values: NDArray[Any], axis: int, axes: int) -> NDArray[Any]:
    return values.reshape([-1 if a == axis else 1 for a in range(axes)])


def _along_many(values: NDArray[Any], kernel: Sequence[int], axes: int) -> NDArray[Any]:
    return values.reshape([*kernel, *([1] * axes)])


def _whole(node: Node, field: str, axes: int, name: str) -> Shape:
    """A field of whole numbers, one for all axes or one for each."""
    if isinstance(node.values[field], str):
        raise InputError(f"node {name}: {field} = '{node.values[field]}'; expected whole numbers")
    given = node.array(field).ravel()
    least = 0 if field == "padding" else 1
    if given.size not in (1, axes) or (given % 1).any() or (given < least).any() or (given > 2**31).any():
        raise InputError(f"node {name}: {field} = {given.tolist()}; expected {axes} whole numbers of at least {least}")
    return tuple(int(n) for n in np.broadcast_to(given, axes))


def _padded(node: Node, size: Shape, spans: Shape, stride: Shape, name: str) -> tuple[Shape, Shape]:
    """The padding before the input, and the size of the output."""
    padding = str(given) if isinstance(given := node.values["padding"], str) else ""
    if padding == "same":
        if max(stride) > 1:
            raise InputError(f"node {name}: padding 'same' with stride {list(stride)}; expected a stride of 1")
        return tuple(span // 2 for span in spans), size  # where a span is odd, the more is behind, as in PyTorch
    before = (0,) * len(size) if padding == "valid" else _whole(node, "padding", len(size), name)
    out = tuple((n + 2 * p - w - 1) // s + 1 for n, p, w, s in zip(size, before, spans, stride, strict=True))
    return before, out


def matrix(node: Node, shape: Shape, name: str) -> csr_matrix:
    """What a linear node does to a vector of its inputs, of shape (outputs, inputs).

    Parameters
    ----------
    shape
        Of its input.

    Raises
    ------
    InputError
        If it does not fit its input, or into memory.
    """
    sparse = sparse_matrices()
    size = math.prod(shape)
    if node.kind in ("Affine", "Linear"):
        weight = node.array("weight")
        rows, columns = np.indices(weight.shape, dtype=np.int32)  # weights of 0 are weights, too
        return sparse.csr_matrix((weight.ravel(), (rows.ravel(), columns.ravel())), shape=weight.shape)
    if node.kind in UNROLLED:
        window = Window.of(node, shape, name)
        s = window.synapses(name)
        outs = window.channels * math.prod(window.out)
        return sparse.csr_matrix((s.weight, (s.post, s.pre)), shape=(outs, size))
    if node.kind == "Scale":
        return sparse.diags(each(node, "scale", size, name)).tocsr()
    return sparse.identity(size, format="csr")


def sparse_matrices() -> Any:
    """SciPy's sparse matrices, which only products of linear nodes need.

    Raises
    ------
    BackendUnavailable
        Where SciPy is missing.
    """
    with needed(NIR, "multiplying linear nodes of NIR"):
        from scipy import sparse
    return sparse


def each(node: Node, field: str, size: int, name: str) -> NDArray[np.float64]:
    """A field with one value for all, or one for each, of shape (size,).

    Raises
    ------
    InputError
        If it has another number of them.
    """
    given = node.array(field).ravel()
    if given.size not in (1, size):
        raise InputError(f"node {name}: {field} has {given.size:,} values for {size:,}; expected one, or one for each")
    return np.broadcast_to(given, size)
