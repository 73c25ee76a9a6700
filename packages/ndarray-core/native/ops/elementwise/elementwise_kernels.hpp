// The inner loops of the element-wise operations, by operation and element type of the operands;
// null where the operation has no meaning for the type.
#pragma once

#include "core/backend.hpp"
#include "core/strided.hpp"
#include "cpu/isa.hpp"

namespace nd::cpu {

#define ND_UNARY(name, domain, ...) +1
inline constexpr int unary_count = 0
#include "ops/elementwise/unary.inc"
    ;
#undef ND_UNARY
#define ND_BINARY(name, domain, ...) +1
inline constexpr int binary_count = 0
#include "ops/elementwise/binary.inc"
    ;
#undef ND_BINARY

using UnaryKernel = void (*)(const Block<2>& out_x);
using BinaryKernel = void (*)(const Block<3>& out_x_y);

struct UnaryKernels {
  UnaryKernel of[unary_count][dtype_count];
};
struct BinaryKernels {
  BinaryKernel of[binary_count][dtype_count];
};

}  // namespace nd::cpu

ND_DECLARE_KERNELS(UnaryKernels, unary_kernels)
ND_DECLARE_KERNELS(BinaryKernels, binary_kernels)
