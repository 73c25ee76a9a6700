// Compiled once per instruction set. A row is read from memory once: the steps after the first find
// it in the cache. Mean first, then squared distances from it: the difference of two large sums
// would lose digits.
#include "ops/normalization/normalization_kernels.hpp"

#include "cpu/lanes.hpp"
#include "cpu/stream_stores.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename T>
void moments(T* mean, T* squares, const T* x, int64_t length) {
  const T center = sum_over<T>(length, [=](int64_t i) { return x[i]; }) / static_cast<T>(length);
  *mean = center;
  *squares = sum_over<T>(length, [=](int64_t i) { return (x[i] - center) * (x[i] - center); });
}

template <typename T>
void affine(T* out, const T* x, int64_t length, T center, T scale, T shift, bool streams) {
  write_row(out, length, streams, [=](T* to, int64_t first, int64_t n) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) to[i] = (x[first + i] - center) * scale + shift;
  });
}

template <typename T>
void gradient_sums(T* sum, T* product_sum, const T* gradient, const T* x, int64_t length,
                   T center) {
  *sum = sum_over<T>(length, [=](int64_t i) { return gradient[i]; });
  *product_sum = sum_over<T>(length, [=](int64_t i) { return gradient[i] * (x[i] - center); });
}

template <typename T>
void affine_gradient(T* out, const T* gradient, const T* x, int64_t length, T scale, T center,
                     T slope, T shift, bool streams) {
  write_row(out, length, streams, [=](T* to, int64_t first, int64_t n) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      to[i] = gradient[first + i] * scale + ((x[first + i] - center) * slope + shift);
    }
  });
}

template <typename T>
struct Statistics {
  T mean, rstd;  // 1 / standard deviation
};
// Without centring, the mean counts as 0.
template <typename T, bool centred>
ND_INLINE Statistics<T> statistics(const T* x, int64_t length, T eps) {
  T mean = 0, squares;
  if constexpr (centred) {
    moments(&mean, &squares, x, length);
  } else {
    squares = sum_over<T>(length, [=](int64_t i) { return x[i] * x[i]; });
  }
  return {mean, 1 / m::sqrt(squares / static_cast<T>(length) + eps)};
}

template <typename T, bool centred>
void norm(T* out, const T* x, const T* weight, const T* bias, int64_t rows, int64_t length, T eps,
          bool streams) {
  for (int64_t row = 0; row < rows; ++row, x += length, out += length) {
    const Statistics<T> s = statistics<T, centred>(x, length, eps);
    write_row(out, length, streams, [=](T* to, int64_t first, int64_t n) {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        const T normalized = (x[first + i] - s.mean) * s.rstd * weight[first + i];
        to[i] = centred ? normalized + bias[first + i] : normalized;
      }
    });
  }
}

// Adds one row's share to of_weight and of_bias, if `sums`, in the pass that computes what the mean
// and the deviation take away again from the gradient of the row.
template <typename T, bool centred, bool sums>
void row_gradient(T* of_x, T* of_weight, T* of_bias, const T* gradient, const T* x, const T* weight,
                  int64_t length, T eps, bool streams) {
  const Statistics<T> s = statistics<T, centred>(x, length, eps);
  T with_mean[lane_count] = {}, with_x[lane_count] = {};
  over_lanes(length, [=, &with_mean, &with_x](int64_t i, int k) {
    const T normalized = (x[i] - s.mean) * s.rstd, weighted = gradient[i] * weight[i];
    if constexpr (centred) with_mean[k] += weighted;
    with_x[k] += weighted * normalized;
    if constexpr (sums) of_weight[i] += gradient[i] * normalized;
    if constexpr (sums && centred) of_bias[i] += gradient[i];
  });
  if (!of_x) return;
  const T along_mean = combine_lanes<Sum>(with_mean) / static_cast<T>(length);
  const T along_x = combine_lanes<Sum>(with_x) / static_cast<T>(length);
  write_row(of_x, length, streams, [=](T* to, int64_t first, int64_t n) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      const T normalized = (x[first + i] - s.mean) * s.rstd;
      to[i] =
          s.rstd * (gradient[first + i] * weight[first + i] - along_mean - normalized * along_x);
    }
  });
}

template <typename T, bool centred>
void norm_gradient(T* of_x, T* of_weight, T* of_bias, const T* gradient, const T* x,
                   const T* weight, int64_t rows, int64_t length, T eps, bool streams) {
  const auto one = of_weight ? row_gradient<T, centred, true> : row_gradient<T, centred, false>;
  for (int64_t row = 0; row < rows; ++row, x += length, gradient += length) {
    one(of_x, of_weight, of_bias, gradient, x, weight, length, eps, streams);
    if (of_x) of_x += length;
  }
}

template <typename T>
constexpr NormalizationKernelsOf<T> kernels_of = {
    norm<T, true>, norm<T, false>, norm_gradient<T, true>, norm_gradient<T, false>,
    moments<T>,    affine<T>,      gradient_sums<T>,       affine_gradient<T>};
constexpr NormalizationKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const NormalizationKernels& normalization_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
