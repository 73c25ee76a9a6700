// The inner loops of reductions: of the rows of a matrix, or of its columns. Strides in bytes.
#pragma once

#include "core/backend.hpp"
#include "core/strided.hpp"
#include "cpu/isa.hpp"

namespace nd::cpu {

struct ReduceKernels {
  // `rows` results, out_stride apart, each from `count` >= 1 elements.
  using Rows = void (*)(char* out, int64_t out_stride, const char* x, int64_t rows, int64_t count,
                        int64_t row_stride, int64_t stride);
  // `columns` results, out_stride apart, each from `rows` >= 1 elements.
  using Columns = void (*)(char* out, int64_t out_stride, const char* x, int64_t rows,
                           int64_t columns, int64_t row_stride, int64_t column_stride);
  struct Pair {
    Rows rows;
    Columns columns;
  };
  // By operation and element type of x; null where the operation has no meaning for the type, and
  // for float16, bfloat16 and the complex types.
  // Sums and products of integers are of 64 bits; arg-reductions give int64 positions.
  Pair reduce[6][dtype_count];
  Pair arg_reduce[2][dtype_count];
};

// The most rows, and elements of a row, that one call takes.
inline constexpr int64_t reduce_limit = 32768;
// Columns are done in tiles of so many, and rows in runs; parts should be multiples.
inline constexpr int64_t tile_columns = 256;
inline constexpr int64_t run_rows = 16;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(ReduceKernels, reduce_kernels)
