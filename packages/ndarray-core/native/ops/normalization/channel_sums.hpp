// The gradients of what scales and shifts the channels of x (N, C, S), which are N * C rows.
#pragma once

#include "cuda/column_sums.hpp"
#include "cuda/rows.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd::cuda {

struct ChannelSizes {
  int64_t samples, channels, length;
  explicit ChannelSizes(const Array& x)
      : samples(x.shape()[0]), channels(x.shape()[1]), length(x.shape()[2]) {}
  int64_t rows() const { return samples * channels; }
};

template <typename T>
struct Statistics {
  T mean, rstd;  // 1 / standard deviation
};
template <typename T>
__device__ __forceinline__ T reciprocal_deviation(T variance, T eps) {
  return 1 / m::sqrt(variance + eps);
}

// The sums over each row of the gradient times the normalised x, and of the gradient.
// statistics(row) -> Statistics<T>
template <typename T, int n, typename RowStatistics>
__global__ void __launch_bounds__(most_row_threads, 1)  // whatever registers that takes
    gradient_sums(T* const products, T* const plain, const T* const gradient, const T* const x,
                  const RowStatistics statistics, const RowLayout layout) {
  const Row<T, n> row(layout);
  const Statistics<T> own = row.exists ? statistics(row.index) : Statistics<T>{0, 0};
  const T *const gradients = gradient + row.index * row.length,
                 *values = x + row.index * row.length;
  const T product = row.sum([&](int64_t i) {
    Vector<T, n> terms = load_vector<n>(gradients + i);
    const Vector<T, n> v = load_vector<n>(values + i);
    for (int k = 0; k < n; ++k) terms[k] *= v[k] - own.mean;
    return terms;
  });
  const T total = row.sum([&](int64_t i) { return load_vector<n>(gradients + i); });
  if (!row.is_first_thread()) return;
  products[row.index] = product * own.rstd;
  plain[row.index] = total;
}

// of_scale and of_shift (C); either may be null.
template <typename T, typename RowStatistics>
void sum_channels(T* of_scale, T* of_shift, const Array& gradient, const Array& x,
                  const RowStatistics& statistics, cudaStream_t stream) {
  const ChannelSizes sizes(x);
  const Array sums = temporary(x, x.dtype(), {2, sizes.rows()});
  T *const products = elements<T>(sums), *const plain = products + sizes.rows();
  for_rows<T>(sizes.rows(), sizes.length, 0, {elements<T>(gradient), elements<T>(x)},
              [&]<int n, bool kept>(const RowLaunch& rows) {
                launch(gradient_sums<T, n, RowStatistics>, rows.grid(), rows.threads, 0, stream,
                       products, plain, elements<T>(gradient), elements<T>(x), statistics,
                       rows.layout);
              });
  sum_columns(of_scale, of_shift, SumsOfParts<T>{products, plain, sizes.channels}, sizes.samples,
              sizes.channels, x, stream);
}

}  // namespace nd::cuda
