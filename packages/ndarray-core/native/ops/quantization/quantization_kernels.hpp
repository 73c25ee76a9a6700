// The kernels of quantization_kernels.cpp, one table per instruction set.
#pragma once

#include <cstdint>

#include "cpu/isa.hpp"

namespace nd::cpu {

// Rows of a quantised matrix: k numbers each, of 8 or 4 bits, and a scale for each of `groups`
// equal parts.
struct QuantizedRows {
  const char* weight;
  int64_t row_bytes;
  const float* scales;
  int64_t groups, k;
};

struct QuantizedKernel {
  // x in the order in which multiply() reads it.
  void (*arrange)(float* arranged, const float* x, int64_t k);
  // out (m, rows), whose rows lie out_stride apart, = x (m, k), dense and arranged, times the
  // transposed rows.
  void (*multiply)(float* out, int64_t out_stride, const float* x, int64_t m,
                   const QuantizedRows& matrix, int64_t rows);
};

struct QuantizationKernels {
  QuantizedKernel int8, int4;
};

}  // namespace nd::cpu

ND_DECLARE_KERNELS(QuantizationKernels, quantization_kernels)
