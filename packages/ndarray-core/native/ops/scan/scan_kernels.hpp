// The inner loops of scans: of one row, or of rows side by side, which is what vectorises. Strides
// in bytes.
#pragma once

#include "core/backend.hpp"
#include "core/strided.hpp"
#include "cpu/isa.hpp"

namespace nd::cpu {

struct ScanKernels {
  using Row = void (*)(char* out, const char* x, int64_t count, int64_t out_stride,
                       int64_t x_stride);
  // Down `rows` rows of a matrix, whose columns lie dense.
  using Columns = void (*)(char* out, const char* x, int64_t rows, int64_t columns,
                           int64_t out_stride, int64_t x_stride);
  struct Pair {
    Row row;
    Columns columns;
  };
  // Null for sums and products of bools, for the order of complex numbers, and for halves.
  Pair of[4][dtype_count];
};

}  // namespace nd::cpu

ND_DECLARE_KERNELS(ScanKernels, scan_kernels)
