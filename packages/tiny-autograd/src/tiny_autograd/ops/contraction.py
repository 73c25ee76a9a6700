"""Sums of products in Einstein's notation.

An expression is contracted pair by pair, in the order that ndarray_core finds best. A pair, whose
labels are all needed, is one operation: its gradient is the same with the subscripts exchanged.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import ndarray_core as nd
from ndarray_core import NDArray
from ndarray_core.einsum import contraction_path, parse
from ndarray_core.errors import ShapeError

from ..cost import Count, Shape
from ..op import Operand, op
from .indexing import diagonal
from .joining import of_one_dtype
from .reduction import sum
from .shape import permute, reshape

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["einsum"]


def _contraction_cost(shapes: tuple[Shape, ...], parameters: Mapping[str, Any]) -> Count:
    inputs, _, output = parameters["subscripts"].partition("->")
    sizes = dict(zip(inputs.replace(",", ""), shapes[0] + shapes[1], strict=True))
    written = prod(sizes[label] for label in output)
    return 2 * prod(sizes.values()), prod(shapes[0]) + prod(shapes[1]), written


@op(cost=_contraction_cost)
def contract(x: Operand, y: Operand, /, subscripts: str) -> NDArray:
    """`einsum` of two operands: every label is in two of x, y and the output, once in each.

    >>> import tiny_autograd as ta
    >>> ta.ops.contract(ta.tensor([[1.0, 2.0]]), ta.tensor([3.0, 4.0]), "ij,j->i")
    tensor([11.])
    """
    return nd.einsum(subscripts, x, y)


def _exchanged(subscripts: str, wanted: int) -> str:
    """The subscripts of the gradient by x (0) or y (1), for operands (gradient, the other one)."""
    inputs, _, output = subscripts.partition("->")
    labels = inputs.split(",")
    return f"{output},{labels[1 - wanted]}->{labels[wanted]}"


contract.vjp(
    x=lambda g, y, subscripts: contract(g, y, _exchanged(subscripts, 0)),
    y=lambda g, x, subscripts: contract(g, x, _exchanged(subscripts, 1)),
)


class _Term(NamedTuple):
    """A tensor and the label of each of its dimensions, one character each."""

    tensor: Any
    labels: str


def einsum(equation: str, *operands: Any) -> Tensor:
    """The sum, over all labels that the output lacks, of products of the operands' elements.

    equation: a label per dimension for each operand, "ij,jk->ik". A label that occurs twice in one
    operand takes its diagonal. "..." stands for dimensions without labels, which broadcast; so do
    dimensions of size 1. Without "->" the output is "..." and the labels that occur once, sorted.
    operands: tensors, or one sequence of them; they are converted to the type they promote to.

    The order of the contractions is the one that opt_einsum finds best (Smith and Gray 2018), and
    each is one batched matrix product. Raises ValueError for an equation that cannot be read,
    ShapeError for one that does not fit the shapes.

    >>> import tiny_autograd as ta
    >>> x = ta.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> ta.einsum("ij,jk->ik", x, x)
    tensor([[ 7., 10.],
            [15., 22.]])
    >>> ta.einsum("ii", x), ta.einsum("...i,i", x, ta.tensor([1.0, 10.0]))
    (tensor(5.), tensor([21., 43.]))
    """
    given = (
        operands[0] if len(operands) == 1 and isinstance(operands[0], list | tuple) else operands
    )
    tensors = of_one_dtype("einsum", given)
    inputs, output = parse(equation, tuple(x.shape for x in tensors))
    terms = _terms(equation, tensors, inputs)
    path = contraction_path(
        tuple(term.labels for term in terms),
        output,
        tuple(term.tensor.shape for term in terms),
        True,
    )
    for first, second in path:
        pair = terms[first], terms[second]
        terms = [term for i, term in enumerate(terms) if i not in (first, second)]
        terms.append(_product(*pair, set(output).union(*(term.labels for term in terms))))
    ((tensor, labels),) = (_summed(term, set(output)) for term in terms)
    order = tuple(labels.index(label) for label in output)
    return tensor if order == tuple(range(len(order))) else permute(tensor, order)


def _terms(equation: str, tensors: Sequence[Any], inputs: Sequence[str]) -> list[_Term]:
    """The operands without dimensions that broadcast, and with diagonals for repeated labels."""
    sizes: dict[str, int] = {}
    for x, labels in zip(tensors, inputs, strict=True):
        for label, size in zip(labels, x.shape, strict=True):
            if sizes.setdefault(label, size) == 1:
                sizes[label] = size
            elif size not in (1, sizes[label]):
                raise ShapeError(
                    f"einsum: {equation!r}: sizes {sizes[label]} and {size} of one label differ in "
                    f"shapes {', '.join(str(x.shape) for x in tensors)}"
                )
    terms = []
    for x, labels in zip(tensors, inputs, strict=True):
        # What has size 1 here and another size elsewhere is the same for every value of the label.
        kept = [i for i, label in enumerate(labels) if x.shape[i] == sizes[label]]
        if len(kept) < x.ndim:
            x = reshape(x, tuple(x.shape[i] for i in kept))
            labels = "".join(labels[i] for i in kept)
        for label, count in Counter(labels).items():
            for _ in range(count - 1):
                first = labels.index(label)
                second = labels.index(label, first + 1)
                x = diagonal(x, 0, first, second)
                labels = labels[:first] + labels[first + 1 : second] + labels[second + 1 :] + label
        terms.append(_Term(x, labels))
    return terms


def _summed(term: _Term, kept: set[str]) -> _Term:
    """The term summed over the labels that are not kept."""
    others = tuple(i for i, label in enumerate(term.labels) if label not in kept)
    if not others:
        return term
    labels = "".join(label for label in term.labels if label in kept)
    total = sum(term.tensor, others)
    # Small integers stay what they are, as in a matrix product.
    return _Term(
        total if total.dtype == term.tensor.dtype else total.astype(term.tensor.dtype), labels
    )


def _product(x: _Term, y: _Term, kept: set[str]) -> _Term:
    """The product of two terms, summed over the labels that are not kept."""
    x, y = _summed(x, kept | set(y.labels)), _summed(y, kept | set(x.labels))
    output = "".join(dict.fromkeys(label for label in x.labels + y.labels if label in kept))
    # Labels may be any characters by now; ndarray_core takes letters.
    letters = dict(zip(dict.fromkeys(x.labels + y.labels), string.ascii_letters, strict=False))
    read = ["".join(letters[label] for label in labels) for labels in (x.labels, y.labels, output)]
    return _Term(contract(x.tensor, y.tensor, f"{read[0]},{read[1]}->{read[2]}"), output)
