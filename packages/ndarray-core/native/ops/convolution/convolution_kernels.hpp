// The kernels of convolution_kernels.cpp: a matrix product whose operands lie at offsets, and the
// padded copies that make all offsets lead somewhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

// Offset i, in elements: from a table that repeats, `stride` further on each time.
struct Offsets {
  const int64_t* table;
  int64_t period, stride;
};

// out[i * out_row + out_columns(j)] = or += the sum over k of x(i, k) * y[y_terms(k) +
// y_columns(j)] for i < rows. x lies packed, in blocks of `depth` terms, as pack_x leaves it.
template <typename T>
struct IndexedProduct {
  int64_t rows, depth;
  const T *packed_x, *y;
  T* out;
  Offsets y_terms, y_columns, out_columns;
  int64_t out_row;
};

// Elements of a row of an image that lie a step apart: `count` ones from `from` on, which a run of
// them in the copy holds behind `skipped` zeros.
struct RowPhase {
  int64_t phase, skipped, from, count;  // phase: the remainder of their coordinates by the step
};

// One image's part of a padded copy. Axes are depth, height, width; steps and strides in elements.
// Every step-th element of a padded row lies side by side, in one run for each of `phases`, which
// the elements with these remainders by `step` make; rows that no window sees are left out.
template <typename T>
struct PaddedCopy {
  T* to;
  const T* from;
  int64_t channels, from_channel;
  int64_t size[3], before[3], padded[3], from_stride[3];
  const char* wanted[2];  // for each padded depth and height: whether any window sees it
  int64_t step, run, phase_count;
  const RowPhase* phases;
};

template <typename T>
struct ConvolutionKernelsOf {
  int64_t column_tile;
  int64_t most_columns;  // of one call of multiply
  int64_t row_tile;      // rows are packed so many at a time, but for the last two lots
  int64_t row_unit;      // packed rows are rounded up to a multiple of it
  int64_t (*block_depth)(int64_t terms);
  // One block: x(i, k) = x[i * row_stride + terms[k]].
  void (*pack_x)(T* packed, const T* x, int64_t row_stride, const int64_t* terms, int64_t rows,
                 int64_t depth);
  // Scratch memory for it holds most_columns * depth elements. first_term starts a block.
  void (*multiply)(const IndexedProduct<T>& product, int64_t first_column, int64_t columns,
                   int64_t first_term, int64_t terms, bool add, T* scratch);
  void (*copy_padded)(const PaddedCopy<T>& copy);
  // out[i] = the sum of `parts` vectors of length n, each behind the one before; or it is added.
  void (*sum_parts)(T* out, const T* parts, int64_t count, int64_t n);
};
using ConvolutionKernels = RealKernels<ConvolutionKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(ConvolutionKernels, convolution_kernels)
