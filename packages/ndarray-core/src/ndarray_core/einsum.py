"""Sums of products in Einstein's notation: `einsum`.

As numpy.einsum (https://numpy.org/doc/stable/reference/generated/numpy.einsum.html) with a string.
An expression of many operands is contracted pair by pair, in the order that opt_einsum finds (Smith
and Gray, JOSS 3(26), 2018), and each pair is one batched matrix product.
"""

from __future__ import annotations

import functools
import math
import string
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import opt_einsum

from . import _core, reductions
from ._core import NDArray
from ._typing import Operand
from .dtypes import result_type
from .errors import DTypeError, ShapeError

__all__ = ["einsum"]

ELLIPSIS = "..."


class Term(NamedTuple):
    """An array and the label of each of its axes, one character per axis."""

    array: NDArray
    labels: str


def einsum(subscripts: str, /, *operands: Operand, optimize: bool | str = True) -> NDArray:
    """The sum, over all labels that the output lacks, of products of the operands' elements.

    subscripts: a label per axis for each operand, "ij,jk->ik". A label that occurs twice in one
    operand takes its diagonal. "..." stands for axes without labels, which broadcast; so do axes
    of size 1. Without "->" the output is "..." and the labels that occur once, sorted.

    operands: arrays, and numbers where the subscripts are empty. optimize: True for the order of
    contractions that opt_einsum finds best, False for left to right, or the name of one of its
    strategies, such as "greedy" or "optimal".

    The result has the promoted type of the operands. It is a view where one operand alone is
    permuted or reduced to a diagonal. ValueError for subscripts that cannot be read, ShapeError for
    those that do not fit the shapes, DTypeError for bool.

    >>> x = nd.asarray([[1, 2], [3, 4]])
    >>> nd.einsum("ij,jk->ik", x, x).tolist(), nd.einsum("ii", x).tolist()
    ([[7, 10], [15, 22]], 5)
    >>> nd.einsum("...i,i", x, nd.asarray([1, 10]), optimize=False).tolist()
    [21, 43]
    """
    arrays = _promoted(subscripts, operands)
    inputs, output = parse(subscripts, tuple(array.shape for array in arrays))
    terms = _terms(subscripts, arrays, inputs)
    labels_of_terms = tuple(term.labels for term in terms)
    shapes = tuple(term.array.shape for term in terms)
    for first, second in contraction_path(labels_of_terms, output, shapes, optimize):
        pair = terms[first], terms[second]
        terms = [term for i, term in enumerate(terms) if i not in (first, second)]
        kept = set(output).union(*(term.labels for term in terms))
        terms.append(_contract(*pair, kept))
    (last,) = terms
    array, labels = _sum_others(last, set(output))
    return array.permute(*(labels.index(label) for label in output))


def _promoted(subscripts: str, operands: Sequence[Operand]) -> list[NDArray]:
    """The operands as arrays of one type, numbers among them."""
    arrays = [operand for operand in operands if isinstance(operand, NDArray)]
    if not arrays:
        raise TypeError(f"einsum: {subscripts!r}: at least one operand must be an array")
    dtype = result_type(*operands)
    if dtype.kind == "bool":
        raise DTypeError("einsum is not defined for bool; convert with astype first")
    return [
        operand.astype(dtype, copy=False)
        if isinstance(operand, NDArray)
        else _core.full((), operand, dtype, arrays[0].device)
        for operand in operands
    ]


@functools.lru_cache(maxsize=256)
def parse(subscripts: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[tuple[str, ...], str]:
    """The labels of the axes of each operand and of the output, with labels in place of "..."."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(shapes):
        raise ValueError(
            f"einsum: {subscripts!r} is for {len(inputs)} operands, but {len(shapes)} are given"
        )
    unlabelled = []
    for labels, shape in zip(inputs, shapes, strict=True):
        named = _check_labels(labels, subscripts)
        if named > len(shape) or (ELLIPSIS not in labels and named < len(shape)):
            raise ShapeError(
                f"einsum: {subscripts!r}: {labels!r} does not fit an operand of shape {shape}"
            )
        unlabelled.append(len(shape) - named)
    # Symbols past the letters, which are all that subscripts can hold; aligned at the right.
    symbols = "".join(opt_einsum.get_symbol(52 + i) for i in range(max(unlabelled)))
    named_inputs = tuple(
        labels.replace(ELLIPSIS, symbols[len(symbols) - count :])
        for labels, count in zip(inputs, unlabelled, strict=True)
    )
    if not arrow:
        counts = Counter("".join(named_inputs))
        once = (label for label in string.ascii_letters if counts[label] == 1)
        return named_inputs, symbols + "".join(sorted(once))
    _check_labels(right, subscripts)
    if symbols and ELLIPSIS not in right:
        raise ValueError(f"einsum: {subscripts!r}: the output has no '...' for the axes of '...'")
    output = right.replace(ELLIPSIS, symbols)
    for label, count in Counter(output).items():
        if count > 1 or not any(label in labels for labels in named_inputs):
            raise ValueError(
                f"einsum: {subscripts!r}: the output's label {label!r} "
                + ("occurs twice" if count > 1 else "is in no operand")
            )
    return named_inputs, output


def _check_labels(labels: str, subscripts: str) -> int:
    """How many letters there are; ValueError for anything else but one ellipsis."""
    letters = labels.replace(ELLIPSIS, "", 1)
    if not all(letter in string.ascii_letters for letter in letters):
        raise ValueError(
            f"einsum: {subscripts!r}: {labels!r} is not made of letters and at most one '...'"
        )
    return len(letters)


def _terms(subscripts: str, arrays: Sequence[NDArray], inputs: Sequence[str]) -> list[Term]:
    """The operands without axes that broadcast, and with the diagonals of repeated labels."""
    sizes: dict[str, int] = {}
    for array, labels in zip(arrays, inputs, strict=True):
        for label, size in zip(labels, array.shape, strict=True):
            known = sizes.setdefault(label, size)
            if known == 1:
                sizes[label] = size
            elif size not in (1, known):
                raise ShapeError(
                    f"einsum: {subscripts!r}: sizes {known} and {size} of one label differ in "
                    f"shapes {', '.join(str(x.shape) for x in arrays)}"
                )
    terms = []
    for array, labels in zip(arrays, inputs, strict=True):
        # What has size 1 here and another size elsewhere is the same for every value of the label.
        ones = [i for i, label in enumerate(labels) if array.shape[i] != sizes[label]]
        array = array.squeeze(tuple(ones))
        labels = "".join(label for i, label in enumerate(labels) if i not in ones)
        terms.append(_diagonal(Term(array, labels)))
    return terms


def _diagonal(term: Term) -> Term:
    """The term with one axis for each label."""
    array, labels = term
    for label, count in Counter(labels).items():
        for _ in range(count - 1):
            first = labels.index(label)
            second = labels.index(label, first + 1)
            array = array.diagonal(0, first, second)
            labels = labels[:first] + labels[first + 1 : second] + labels[second + 1 :] + label
    return Term(array, labels)


@functools.lru_cache(maxsize=256)
def contraction_path(
    inputs: tuple[str, ...],
    output: str,
    shapes: tuple[tuple[int, ...], ...],
    optimize: bool | str,
) -> tuple[tuple[int, int], ...]:
    """Which two terms to contract next: they make way for their product, which comes last."""
    count = len(inputs)
    if count == 1:
        return ()
    if count == 2 or optimize is False:
        return tuple((0, 1 if left == count else left - 1) for left in range(count, 1, -1))
    path, _ = opt_einsum.contract_path(
        f"{','.join(inputs)}->{output}",
        *shapes,
        shapes=True,
        optimize="auto" if optimize is True else optimize,
    )
    return tuple((first, second) for first, second in path)


def _sum_others(term: Term, kept: set[str]) -> Term:
    """The term summed over the labels that are not kept."""
    axes = tuple(i for i, label in enumerate(term.labels) if label not in kept)
    if not axes:
        return term
    labels = "".join(label for label in term.labels if label in kept)
    return Term(reductions.sum(term.array, axis=axes, dtype=term.array.dtype), labels)


def _contract(x: Term, y: Term, kept: set[str]) -> Term:
    """The product of two terms, summed over the labels that are not kept."""
    x, y = _sum_others(x, kept | set(y.labels)), _sum_others(y, kept | set(x.labels))
    both = [label for label in x.labels if label in y.labels]
    batch = [label for label in both if label in kept]
    inner = [label for label in both if label not in kept]
    rows = [label for label in x.labels if label not in both]
    columns = [label for label in y.labels if label not in both]

    def arranged(term: Term, *groups: list[str]) -> NDArray:
        """The term with its axes in the order of the groups, each but the first one as one axis."""
        order = [term.labels.index(label) for group in groups for label in group]
        array = term.array.permute(*order)
        sizes = [array.shape[i] for i in range(len(groups[0]))]
        start = len(groups[0])
        for group in groups[1:]:
            sizes.append(math.prod(array.shape[start : start + len(group)]))
            start += len(group)
        return array.reshape(tuple(sizes))

    if inner:
        product = _core.matmul(arranged(x, batch, rows, inner), arranged(y, batch, inner, columns))
    else:  # (batch..., rows, 1) * (batch..., 1, columns)
        left, right = arranged(x, batch, rows), arranged(y, batch, columns)
        product = _core.multiply(left.expand_dims(-1), right.expand_dims(-2))
    size = dict(zip(x.labels + y.labels, x.array.shape + y.array.shape, strict=True))
    labels = "".join(batch + rows + columns)
    return Term(product.reshape(tuple(size[label] for label in labels)), labels)
