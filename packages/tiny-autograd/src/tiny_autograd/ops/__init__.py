"""All operations, one module for each family; each can be called with tensors or with arrays.

A record (an `Op`) states its forward computation, its gradient rule and its cost side by side;
plain functions here are composed of such records.
"""

from __future__ import annotations

from .activation import *
from .arithmetic import *

# What gradients and methods are made of, and what has no name of its own in PyTorch.
from .arithmetic import minus as minus
from .arithmetic import plus as plus
from .bounds import *
from .bounds import clamp_to as clamp_to
from .bounds import finite_or as finite_or
from .comparison import *
from .contraction import *
from .contraction import contract as contract
from .conversion import *
from .conversion import astype as astype
from .conversion import contiguous as contiguous
from .conversion import to_device as to_device
from .conversion import to_discrete as to_discrete
from .conversion import to_floating as to_floating
from .conversion import view_dtype as view_dtype
from .convolutions import convolution as convolution
from .convolutions import convolution_weight_gradient as convolution_weight_gradient
from .convolutions import transposed_convolution as transposed_convolution
from .counting import *
from .creation import empty_like as empty_like
from .creation import full_like as full_like
from .creation import ones_like as ones_like
from .creation import zeros_like as zeros_like
from .indexing import *
from .indexing import assign as assign
from .indexing import gather_elements as gather_elements
from .indexing import getitem as getitem
from .indexing import index as index
from .indexing import index_sum as index_sum
from .indexing import lookup as lookup
from .indexing import scatter_diagonal as scatter_diagonal
from .indexing import scatter_slice as scatter_slice
from .indexing import scatter_sum as scatter_sum
from .indexing import setitem as setitem
from .inserting import *
from .joining import *
from .joining import concat as concat
from .joining import stack_operands as stack_operands
from .linalg import *
from .pools import avg_pool as avg_pool
from .pools import max_pool as max_pool
from .products import *
from .rearranging import *
from .rearranging import adjoint as adjoint
from .rearranging import dilate as dilate
from .rearranging import undilate as undilate
from .rearranging import unfold as unfold
from .reduction import *
from .reduction import mean_over as mean_over
from .reduction import prod_over as prod_over
from .reduction import sum_over as sum_over
from .replacing import *
from .replacing import fill_diagonal as fill_diagonal
from .replacing import index_assign as index_assign
from .replacing import index_value as index_value
from .rounding import *
from .scan import *
from .scan import RunningExtremum as RunningExtremum
from .scan import cummax_positions as cummax_positions
from .scan import cummin_positions as cummin_positions
from .scan import cumprod_along as cumprod_along
from .scan import cumsum_along as cumsum_along
from .scattering import *
from .scattering import scatter_assign as scatter_assign
from .scattering import scatter_extremum as scatter_extremum
from .scattering import scatter_product as scatter_product
from .scattering import scatter_value as scatter_value
from .selection import *
from .selection import Extremum as Extremum
from .selection import Range as Range
from .selection import middle as middle
from .selection import middle_positions as middle_positions
from .selection import rank_positions as rank_positions
from .shape import *
from .shape import mT as mT
from .shape import sum_to as sum_to
from .sorting import *
from .sorting import search_positions as search_positions
from .sorting import topk_positions as topk_positions
from .special import *
from .special import digamma_derivative as digamma_derivative
from .statistics import *
from .statistics import euclidean_norm as euclidean_norm
from .statistics import std_over as std_over
from .statistics import var_over as var_over
from .transcendental import *
from .windows import fold_windows as fold_windows
from .windows import pad_constant as pad_constant
from .windows import windows as windows
