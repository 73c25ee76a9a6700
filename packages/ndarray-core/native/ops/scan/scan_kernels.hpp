// The inner loops of scans: lane by lane, or of lanes that lie side by side, which is what
// vectorises. Strides in bytes.
#pragma once

#include "core/backend.hpp"
#include "core/strided.hpp"
#include "cpu/isa.hpp"

namespace nd::cpu {

struct ScanKernels {
  // The block's one row has the first elements of the lanes, in out and in x.
  using Lanes = void (*)(const Block<2>& lanes, int64_t count, int64_t out_stride,
                         int64_t x_stride);
  // Down `rows` rows of a matrix, whose columns lie dense.
  using Columns = void (*)(char* out, const char* x, int64_t rows, int64_t columns,
                           int64_t out_stride, int64_t x_stride);
  struct Pair {
    Lanes lanes;
    Columns columns;
  };
  // Null for sums and products of bools, for the order of complex numbers, and for halves.
  Pair of[4][dtype_count];
};

}  // namespace nd::cpu

ND_DECLARE_KERNELS(ScanKernels, scan_kernels)
