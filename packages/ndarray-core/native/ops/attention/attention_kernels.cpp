// Compiled once per instruction set.
#include "ops/attention/attention_kernels.hpp"

#include "cpu/lanes.hpp"
#include "ops/elementwise/formulas.hpp"
#include "ops/matmul/pack.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename T>
constexpr T minus_infinity = -static_cast<T>(__builtin_inff());

// How many queries lie side by side, in the order of the micro-kernel's panels.
template <typename T>
constexpr int panel = Blocking<T>::column_tile;
static_assert(lane_count % panel<float> == 0);

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
  combine_lanes<Maximum, panel<T>>(now);
  repeat(now, now);
  // No key seen yet: subtracting 0 leaves exp(-inf) = 0.
  for (int k = 0; k < lane_count; ++k) shift[k] = now[k] == minus_infinity<T> ? T(0) : now[k];
  over_lanes(keys * panel<T>, [&](int64_t i, int k) {
    scores[i] = m::bounded_exp(scores[i] - shift[k]);
    sum[k] += scores[i];
  });
  combine_lanes<Sum, panel<T>>(sum);
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
void turn_panel(T* out, int64_t out_stride, const T* from, int64_t columns, int64_t width) {
  constexpr int64_t square = SmallVector<T>::lanes;
  constexpr int64_t lines[] = {0, panel<T>, 2 * panel<T>, 3 * panel<T>};
  for (int64_t q = 0; q < columns; q += square, out += square * out_stride) {
    int64_t w = 0;
    for (; w + square <= width && q + square <= columns; w += square) {
      transpose_square(out + w, out_stride, from + w * panel<T> + q, lines);
    }
    for (; w < width; ++w) {
      for (int64_t i = q; i < smaller(q + square, columns); ++i) {
        out[(i - q) * out_stride + w] = from[w * panel<T> + i];
      }
    }
  }
}

template <typename T>
void finish(T* out, int64_t out_stride, T* logsumexp, T* from, const T* largest, const T* total,
            int64_t queries, int64_t width) {
  T scale[lane_count];
  repeat(scale, total);
  for (int k = 0; k < lane_count; ++k) scale[k] = scale[k] == 0 ? T(0) : 1 / scale[k];
  over_lanes(width * panel<T>, [&](int64_t i, int k) { from[i] *= scale[k]; });
  for (int64_t q = 0; q < queries; ++q) logsumexp[q] = largest[q] + m::log(total[q]);
  turn_panel(out, out_stride, from, queries, width);
}

template <typename T>
void subtract_from_zero(T* to, const T* values, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row, to += panel<T>) {
    const Vector<T> spread = Vector<T>{} - values[row];
    store(to, spread);
    store(to + Blocking<T>::lanes, spread);
  }
}

// scores + mask, in place, for rows [first, rows) and `columns` keys of a panel.
template <typename T>
ND_INLINE void mask_keys(T* scores, int64_t first, int64_t rows, int64_t columns,
                         const BlockMask<T>& mask) {
  for (int64_t row = first; row < rows && (mask.added || mask.allowed); ++row) {
    T* const seen = scores + row * panel<T>;
    if (mask.added) {
      const T* const added = mask.added + row * mask.row_stride;
      for (int64_t i = 0; i < columns; ++i) seen[i] += added[i];
    } else {
      const uint8_t* const allowed = mask.allowed + row * mask.row_stride;
      for (int64_t i = 0; i < columns; ++i) seen[i] = allowed[i] ? seen[i] : minus_infinity<T>;
    }
  }
  if (!mask.causal) return;
  // All keys are seen from the row on that sees the last one.
  for (int64_t row = first; row < smaller(rows, columns - mask.first_limit); ++row) {
    for (int64_t i = 0; i < columns; ++i) {
      T& score = scores[row * panel<T> + i];
      score = i < mask.first_limit + row ? score : minus_infinity<T>;
    }
  }
}

template <typename T>
void gradients(T* scores, T* of_weights, int64_t first, int64_t rows, int64_t columns, T scale,
               const BlockMask<T>& mask) {
  mask_keys(scores, first, rows, columns, mask);
  scores += first * panel<T>;
  of_weights += first * panel<T>;
  over_lanes((rows - first) * panel<T>, [=](int64_t i, int) {
    scores[i] = m::bounded_exp(scores[i]);
    of_weights[i] = scores[i] * of_weights[i] * scale;
  });
}

template <typename T>
void scale_all(T* x, int64_t count, T scale) {
  over_lanes(count, [=](int64_t i, int) { x[i] *= scale; });
}

template <typename T>
void row_products(T* out, const T* x, int64_t x_stride, const T* y, int64_t y_stride, int64_t rows,
                  int64_t columns) {
  for (int64_t row = 0; row < rows; ++row, x += x_stride, y += y_stride) {
    out[row] = sum_over<T>(columns, [=](int64_t i) { return x[i] * y[i]; });
  }
}

template <typename T>
constexpr AttentionKernelsOf<T> kernels_of = {exponentials<T>, finish<T>,     subtract_from_zero<T>,
                                              gradients<T>,    turn_panel<T>, scale_all<T>,
                                              row_products<T>};
constexpr AttentionKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const AttentionKernels& attention_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
