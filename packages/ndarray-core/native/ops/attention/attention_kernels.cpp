// Compiled once per instruction set.
#include "ops/attention/attention_kernels.hpp"

#include "cpu/lanes.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename T>
constexpr T minus_infinity = -static_cast<T>(__builtin_inff());

// How many columns of a row are seen, if causal; the others are set to 0 in the end.
template <typename T>
ND_INLINE int64_t seen_columns(const BlockMask<T>& mask, int64_t row, int64_t columns) {
  if (!mask.causal) return columns;
  const int64_t limit = mask.first_limit + row;
  return limit < 0 ? 0 : limit < columns ? limit : columns;
}
template <typename T>
ND_INLINE void clear(T* from, T* to) {
  __builtin_memset(from, 0, static_cast<size_t>(to - from) * sizeof(T));
}

// scores * scale + mask for one row, in place; returns the largest of them.
template <typename T>
ND_INLINE T scale_and_mask(T* scores, int64_t row, int64_t columns, T scale,
                           const BlockMask<T>& mask) {
  const T* const added = mask.added + (mask.added ? row * mask.row_stride : 0);
  const uint8_t* const allowed = mask.allowed + (mask.allowed ? row * mask.row_stride : 0);
  const T lowest = minus_infinity<T>;
  if (added) {
    return total_over<Maximum, T>(
        columns, lowest, [=](int64_t i) { return scores[i] = scores[i] * scale + added[i]; });
  }
  if (allowed) {
    return total_over<Maximum, T>(columns, lowest, [=](int64_t i) {
      return scores[i] = allowed[i] ? scores[i] * scale : lowest;
    });
  }
  return total_over<Maximum, T>(columns, lowest,
                                [=](int64_t i) { return scores[i] = scores[i] * scale; });
}

template <typename T>
void exponentials(T* scores, int64_t rows, int64_t columns, T scale, const BlockMask<T>& mask,
                  T* largest, T* total, T* out, int64_t out_stride, int64_t out_columns) {
  for (int64_t row = 0; row < rows; ++row, scores += columns, out += out_stride) {
    const int64_t seen = seen_columns(mask, row, columns);
    clear(scores + seen, scores + columns);
    if (seen == 0) continue;
    const T before = largest[row];
    const T now = m::maximum(before, scale_and_mask(scores, row, seen, scale, mask));
    // No key seen yet: subtracting 0 leaves exp(-inf) = 0.
    const T shift = now == minus_infinity<T> ? T(0) : now;
    const T sum =
        sum_over<T>(seen, [=](int64_t i) { return scores[i] = m::bounded_exp(scores[i] - shift); });
    largest[row] = now;
    if (before == now || before == minus_infinity<T>) {  // and out is 0 in the second case
      total[row] += sum;
      continue;
    }
    const T correction = m::exp(before - now);
    total[row] = total[row] * correction + sum;
#pragma GCC ivdep
    for (int64_t i = 0; i < out_columns; ++i) out[i] *= correction;
  }
}

template <typename T>
void finish(T* out, int64_t out_stride, T* logsumexp, const T* largest, const T* total,
            int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; ++row, out += out_stride) {
    logsumexp[row] = largest[row] + m::log(total[row]);
    const T scale = total[row] == 0 ? T(0) : 1 / total[row];
#pragma GCC ivdep
    for (int64_t i = 0; i < columns; ++i) out[i] *= scale;
  }
}

template <typename T>
void gradients(T* scores, T* of_weights, int64_t rows, int64_t columns, T scale,
               const BlockMask<T>& mask, const T* logsumexp, const T* along) {
  for (int64_t row = 0; row < rows; ++row, scores += columns, of_weights += columns) {
    const int64_t seen = seen_columns(mask, row, columns);
    clear(scores + seen, scores + columns);
    clear(of_weights + seen, of_weights + columns);
    scale_and_mask(scores, row, seen, scale, mask);
    const T shift = logsumexp[row] == minus_infinity<T> ? T(0) : logsumexp[row];
    const T taken = along[row];
#pragma GCC ivdep
    for (int64_t i = 0; i < seen; ++i) {
      const T weight = m::bounded_exp(scores[i] - shift);
      scores[i] = weight;
      of_weights[i] = weight * (of_weights[i] - taken) * scale;
    }
  }
}

template <typename T>
void row_products(T* out, const T* x, int64_t x_stride, const T* y, int64_t y_stride, int64_t rows,
                  int64_t columns) {
  for (int64_t row = 0; row < rows; ++row, x += x_stride, y += y_stride) {
    out[row] = sum_over<T>(columns, [=](int64_t i) { return x[i] * y[i]; });
  }
}

template <typename T>
constexpr AttentionKernelsOf<T> kernels_of = {exponentials<T>, finish<T>, gradients<T>,
                                              row_products<T>};
constexpr AttentionKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const AttentionKernels& attention_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
