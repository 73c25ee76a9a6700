// What attention does between its matrix products, on blocks of scores. Blocks are dense.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

// What is added to or masked from a block of scores. Rows are queries, columns keys.
template <typename T>
struct BlockMask {
  const T* added = nullptr;          // null: nothing is
  const uint8_t* allowed = nullptr;  // null: all are
  int64_t row_stride = 0;            // of either, in elements; columns are dense
  // In row r the columns below first_limit + r are seen, if causal.
  bool causal = false;
  int64_t first_limit = 0;
};

template <typename T>
struct AttentionKernelsOf {
  // scores (rows, columns) -> exp(scores * scale + mask - largest), where largest (rows), the
  // largest so far, takes in these scores; total (rows), the sum of exponentials so far, is
  // corrected for that and takes them in, and so are the rows of out, which are out_stride apart.
  void (*exponentials)(T* scores, int64_t rows, int64_t columns, T scale, const BlockMask<T>& mask,
                       T* largest, T* total, T* out, int64_t out_stride, int64_t out_columns);
  // out /= total, logsumexp = largest + log(total), row by row; zeros and -inf where no key was
  // seen.
  void (*finish)(T* out, int64_t out_stride, T* logsumexp, const T* largest, const T* total,
                 int64_t rows, int64_t columns);
  // scores (rows, columns) -> the weights exp(scores * scale + mask - logsumexp), and
  // of_weights -> the gradient of the scores, weights * (of_weights - along) * scale.
  void (*gradients)(T* scores, T* of_weights, int64_t rows, int64_t columns, T scale,
                    const BlockMask<T>& mask, const T* logsumexp, const T* along);
  // out[row] = the sum of x * y
  void (*row_products)(T* out, const T* x, int64_t x_stride, const T* y, int64_t y_stride,
                       int64_t rows, int64_t columns);
};
using AttentionKernels = RealKernels<AttentionKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(AttentionKernels, attention_kernels)
