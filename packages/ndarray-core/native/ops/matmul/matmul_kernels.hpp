// The kernels of matmul_kernels.cpp, one table per instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/isa.hpp"

namespace nd::cpu {

// Element (i, j) lies at data[i * row_stride + j * column_stride]; strides in elements, any sign.
struct MatrixView {
  const void* data;
  int64_t row_stride, column_stride;
};

// Indices [begin, end).
struct Span {
  int64_t begin, end;
};

// For one element type. Integers wrap around, so signed and unsigned ones share a kernel. How a
// product is cut into blocks of rows and columns changes no bit of the result: every element is
// summed over k in the same order, which depends on k alone.
struct MatmulKernel {
  int64_t row_tile, column_tile;  // of the micro-kernel: blocks that are multiples of it fit best
  int64_t (*block_depth)(int64_t k);  // into which parts k is cut
  // Bytes of scratch memory that multiply() or multiply_packed() needs.
  size_t (*workspace)(int64_t m, int64_t n, int64_t k);
  // out (m, n) = x (m, k) @ y (k, n), k > 0; rows of out are dense and out_stride apart.
  void (*multiply)(void* out, int64_t out_stride, MatrixView x, MatrixView y, int64_t m, int64_t n,
                   int64_t k, void* workspace);
  // The same in two steps, for one part of k, so that several threads can share the packed y: n is
  // rounded up to column_tile there, and column j (a multiple of it) starts at element j * depth.
  void (*pack_y)(void* packed, MatrixView y, int64_t n, int64_t depth);
  void (*multiply_packed)(void* out, int64_t out_stride, MatrixView x, const void* packed_y,
                          int64_t m, int64_t n, int64_t depth, bool add, void* workspace);
  // The same for one panel of y, (depth, column_tile), and x packed, too: in tiles of rows, once
  // for many panels. Memory for x has round_up(m, row_tile) * depth elements.
  void (*pack_x)(void* packed, MatrixView x, int64_t m, int64_t depth);
  // out (m, column_tile) = or += x (m, depth) @ y (depth, column_tile), out and y dense; of out
  // these rows alone, and of the sums these terms. The rows of a tile are written together.
  void (*multiply_panel)(void* out, const void* packed_x, int64_t m, int64_t depth, const void* y,
                         Span rows, Span terms, bool add);
  // out (m, n) = or += x (m, depth) @ y, packed, where x consists of such panels itself, dense ones
  // of column_tile columns, x_panel elements apart.
  void (*multiply_panels)(void* out, int64_t out_stride, const void* x, int64_t x_panel,
                          const void* packed_y, int64_t m, int64_t n, int64_t depth, bool add);
  // multiply() for few rows, where reading y is the work: every element is read once, in the order
  // in which it lies. One of y's strides is 1.
  void (*multiply_thin)(void* out, int64_t out_stride, MatrixView x, MatrixView y, int64_t m,
                        int64_t n, int64_t k);
  // out (n) = the sum of `parts` dense rows of length n, from the first to the last.
  void (*sum_rows)(void* out, const void* rows, int64_t parts, int64_t n);
};

struct MatmulKernels {
  MatmulKernel uint8, uint16, uint32, uint64, float32, float64;
};

}  // namespace nd::cpu

ND_DECLARE_KERNELS(MatmulKernels, matmul_kernels)
