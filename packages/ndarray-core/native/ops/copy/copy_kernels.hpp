// The inner loops of moving elements: with another element type or with the same, transposed,
// chosen by a condition, or one value over and over.
#pragma once

#include "core/strided.hpp"
#include "cpu/isa.hpp"

namespace nd::cpu {

struct CopyKernels {
  using Copy = void (*)(const Block<2>& out_x);
  using Where = void (*)(const Block<4>& out_condition_x_y);
  using Fill = void (*)(const Block<1>& out, const void* value);

  Copy convert[dtype_count][dtype_count];  // [out][x]; null from complex to a real type
  // By log2 of the item size.
  Copy move[5];
  Where where[5];
  Fill fill[5];
};

// A block that is a transposition at heart is moved in stripes of this many rows.
inline constexpr int64_t transpose_tile = 32;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(CopyKernels, copy_kernels)
