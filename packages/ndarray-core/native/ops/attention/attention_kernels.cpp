// Compiled once per instruction set.
#include "ops/attention/attention_kernels.hpp"

#include "cpu/lanes.hpp"
#include "ops/elementwise/formulas.hpp"
#include "ops/matmul/pack.hpp"

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

// How many queries lie side by side, in the order of the micro-kernel's panels.
template <typename T>
constexpr int panel = Blocking<T>::column_tile;
static_assert(lane_count % panel<float> == 0);

template <typename T>
void pack_queries(T* to, const T* from, int64_t from_stride, int64_t queries, int64_t depth,
                  T scale) {
  pack_columns(to, from, 1, from_stride, queries, depth);
  over_lanes(round_up(queries, panel<T>) * depth, [=](int64_t i, int) { to[i] *= scale; });
}

// scores (keys, panel) + mask, in place. The mask's rows are queries: a few keys at a time, it is
// turned around first.
template <typename T>
ND_INLINE void mask_panel(T* scores, int64_t keys, int64_t queries, const BlockMask<T>& mask) {
  constexpr int64_t step = 64;
  alignas(64) T rows[panel<T> * step], columns[step * panel<T>];
  for (int64_t k = 0; k < keys && (mask.added || mask.allowed); k += step) {
    const int64_t count = smaller(step, keys - k);
    T* const seen = scores + k * panel<T>;
    if (mask.added) {
      pack_columns(columns, mask.added + k, 1, mask.row_stride, queries, count);
      over_lanes(count * panel<T>, [&](int64_t i, int) { seen[i] += columns[i]; });
      continue;
    }
    for (int64_t q = 0; q < queries; ++q) {
      const uint8_t* const allowed = mask.allowed + q * mask.row_stride + k;
      for (int64_t i = 0; i < count; ++i) rows[q * step + i] = allowed[i] ? T(1) : T(0);
    }
    pack_columns(columns, rows, 1, step, queries, count);
    over_lanes(count * panel<T>,
               [&](int64_t i, int) { seen[i] = columns[i] == 0 ? minus_infinity<T> : seen[i]; });
  }
  if (!mask.causal) return;
  for (int64_t k = mask.first_limit < 0 ? 0 : mask.first_limit; k < keys; ++k) {
    for (int i = 0; i < panel<T>; ++i) {
      T& score = scores[k * panel<T> + i];
      score = k < mask.first_limit + i ? score : minus_infinity<T>;
    }
  }
}

// Lanes are a few queries' panels: one value for each query of them, in all of them.
template <typename T>
ND_INLINE void repeat(T (&lanes)[lane_count], const T* values) {
  for (int k = 0; k < lane_count; ++k) lanes[k] = values[k % panel<T>];
}

template <typename T>
void exponentials(T* scores, int64_t keys, int64_t queries, const BlockMask<T>& mask, T* largest,
                  T* total, T* out, int64_t width) {
  mask_panel(scores, keys, queries, mask);
  T now[lane_count], shift[lane_count], sum[lane_count] = {};
  repeat(now, largest);
  over_lanes(keys * panel<T>, [&](int64_t i, int k) { now[k] = m::maximum(now[k], scores[i]); });
  combine_lanes<Maximum>(now, panel<T>);
  repeat(now, now);
  // No key seen yet: subtracting 0 leaves exp(-inf) = 0.
  for (int k = 0; k < lane_count; ++k) shift[k] = now[k] == minus_infinity<T> ? T(0) : now[k];
  over_lanes(keys * panel<T>, [&](int64_t i, int k) {
    scores[i] = m::bounded_exp(scores[i] - shift[k]);
    sum[k] += scores[i];
  });
  combine_lanes<Sum>(sum, panel<T>);
  T correction[lane_count];
  bool changed = false;
  for (int k = 0; k < panel<T>; ++k) {
    changed |= largest[k] != now[k];
    correction[k] = m::bounded_exp(largest[k] - shift[k]);
    total[k] = total[k] * correction[k] + sum[k];
    largest[k] = now[k];
  }
  if (!changed) return;
  repeat(correction, correction);
  over_lanes(width * panel<T>, [&](int64_t i, int k) { out[i] *= correction[k]; });
}

template <typename T>
void finish(T* out, int64_t out_stride, T* logsumexp, T* from, const T* largest, const T* total,
            int64_t queries, int64_t width) {
  T scale[lane_count];
  repeat(scale, total);
  for (int k = 0; k < lane_count; ++k) scale[k] = scale[k] == 0 ? T(0) : 1 / scale[k];
  over_lanes(width * panel<T>, [&](int64_t i, int k) { from[i] *= scale[k]; });
  for (int64_t q = 0; q < queries; ++q) logsumexp[q] = largest[q] + m::log(total[q]);
  constexpr int64_t square = SmallVector<T>::lanes;
  constexpr int64_t lines[] = {0, panel<T>, 2 * panel<T>, 3 * panel<T>};
  for (int64_t q = 0; q < queries; q += square, out += square * out_stride) {
    int64_t w = 0;
    for (; w + square <= width && q + square <= queries; w += square) {
      transpose_square(out + w, out_stride, from + w * panel<T> + q, lines);
    }
    for (; w < width; ++w) {
      for (int64_t i = q; i < smaller(q + square, queries); ++i) {
        out[(i - q) * out_stride + w] = from[w * panel<T> + i];
      }
    }
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
constexpr AttentionKernelsOf<T> kernels_of = {pack_queries<T>, exponentials<T>, finish<T>,
                                              gradients<T>, row_products<T>};
constexpr AttentionKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const AttentionKernels& attention_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
