"""The one table of operations: a row names a function, its inputs and its counterpart in PyTorch.

The runners (tests/tiny_autograd/test_op_cases.py, tests/parity/test_torch_parity.py) supply the
rest: devices, layouts, element types, orders of derivative, costs. A new operation adds a row to
its family's file.
"""

from tests.op_cases import (
    elementwise,
    indexing,
    layers,
    linalg,
    networks,
    recurrent,
    reductions,
    shape,
    spatial,
)
from tests.op_cases.row import LAYOUTS, OpCase

CASES = [
    *elementwise.CASES,
    *reductions.CASES,
    *shape.CASES,
    *indexing.CASES,
    *linalg.CASES,
    *networks.CASES,
    *recurrent.CASES,
    *spatial.CASES,
    *layers.CASES,
]

__all__ = ["CASES", "LAYOUTS", "OpCase"]
