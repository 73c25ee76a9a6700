// What attention does between its matrix products, on blocks of scores. Blocks are dense.
#pragma once

#include "cpu/isa.hpp"
#include "cpu/real_types.hpp"

namespace nd::cpu {

// What is added to or masked from scores. Rows are queries, columns keys.
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
  // Forward, queries are handled in panels of `panel` of them side by side, as the micro-kernel's
  // columns are; the last ones of a panel may be padding, zeros.
  //
  // For one panel; the mask has a row for each of `queries` in it. scores (keys, panel) ->
  // exp(scores + mask - largest), where largest (panel), the largest so far, takes in these scores;
  // total (panel), the sum of exponentials so far, is corrected for that and takes them in, and so
  // does out (width, panel).
  void (*exponentials)(T* scores, int64_t keys, int64_t queries, const BlockMask<T>& mask,
                       T* largest, T* total, T* out, int64_t width);
  // The rows of out, which are out_stride apart, = the columns of `panel` (width, panel) / total,
  // and logsumexp = largest + log(total), for so many queries; zeros and -inf where no key was
  // seen. Scales `panel`.
  void (*finish)(T* out, int64_t out_stride, T* logsumexp, T* panel, const T* largest,
                 const T* total, int64_t queries, int64_t width);
  // Backward, keys are handled in panels of them side by side, and queries are rows.
  // to (rows, panel) = -values, one for each row.
  void (*subtract_from_zero)(T* to, const T* values, int64_t rows);
  // Of rows [first, rows) and `columns` keys of a panel: scores, less the logsumexp -> the weights
  // exp(scores + mask), and of_weights, less what lies along out -> the gradient of the scores,
  // weights * of_weights * scale.
  void (*gradients)(T* scores, T* of_weights, int64_t first, int64_t rows, int64_t columns, T scale,
                    const BlockMask<T>& mask);
  // The rows of out, which are out_stride apart, = the columns of `panel` (width, panel).
  void (*turn_panel)(T* out, int64_t out_stride, const T* panel, int64_t columns, int64_t width);
  // x *= scale
  void (*scale)(T* x, int64_t count, T scale);
  // out[row] = the sum of x * y
  void (*row_products)(T* out, const T* x, int64_t x_stride, const T* y, int64_t y_stride,
                       int64_t rows, int64_t columns);
};
using AttentionKernels = RealKernels<AttentionKernelsOf>;

}  // namespace nd::cpu

ND_DECLARE_KERNELS(AttentionKernels, attention_kernels)
