// Normalisation of rows on the `cuda` devices: a group of threads for each row, which is read from
// memory once. A group of channels is a row, too. Mean first, then squared distances from it: the
// difference of two large sums would lose digits.
#include "cuda/cuda_backend.hpp"
#include "cuda/walk.hpp"
#include "ops/normalization/channel_sums.hpp"

namespace nd::cuda {
namespace {

template <int n, typename T>
__device__ __forceinline__ Vector<T, n> filled(T value) {
  Vector<T, n> result;
  for (int k = 0; k < n; ++k) result[k] = value;
  return result;
}

// Of each element of a row. Null: 1 and 0.
template <typename T>
struct ElementWeights {
  const T *weight, *bias;

  template <int n>
  __device__ __forceinline__ Vector<T, n> scales(int64_t, int64_t i) const {
    return weight ? load_vector<n>(weight + i) : filled<n>(T(1));
  }
  template <int n>
  __device__ __forceinline__ Vector<T, n> shifts(int64_t, int64_t i) const {
    return bias ? load_vector<n>(bias + i) : filled<n>(T(0));
  }
};

// Of each channel, where a row is a group of them.
template <typename T>
struct ChannelWeights {
  const T *weight, *bias;
  int64_t groups, per_group, length;  // length: of a channel
  Divider divider;

  ChannelWeights(const T* weight, const T* bias, const ChannelSizes& sizes, int64_t groups)
      : weight(weight),
        bias(bias),
        groups(groups),
        per_group(sizes.channels / groups),
        length(sizes.length),
        divider(static_cast<uint32_t>(std::min(sizes.length, int64_t{1} << 31))) {}

  __device__ __forceinline__ int64_t channel(int64_t row, int64_t i) const {
    const int64_t in_group =
        i < int64_t{1} << 31 ? divider.quotient(static_cast<uint32_t>(i)) : i / length;
    return row % groups * per_group + in_group;
  }
  template <int n>
  __device__ __forceinline__ Vector<T, n> scales(int64_t row, int64_t i) const {
    return filled<n>(weight ? weight[channel(row, i)] : T(1));
  }
  template <int n>
  __device__ __forceinline__ Vector<T, n> shifts(int64_t row, int64_t i) const {
    return filled<n>(bias ? bias[channel(row, i)] : T(0));
  }
};

// Loads the row. Without centring, the mean counts as 0.
template <bool centred, typename T, int n, bool kept>
__device__ __forceinline__ Statistics<T> statistics_of(const Row<T, n>& row,
                                                       const RowOperand<T, n, kept>& values,
                                                       T eps) {
  const T count = static_cast<T>(row.length);
  T mean = 0;
  if constexpr (centred) mean = row.sum([&](int64_t i) { return values.load(i); }) / count;
  const T squares = row.sum([&](int64_t i) {
    Vector<T, n> terms = centred ? values.again(i) : values.load(i);
    for (int k = 0; k < n; ++k) terms[k] = (terms[k] - mean) * (terms[k] - mean);
    return terms;
  });
  return {mean, reciprocal_deviation(squares / count, eps)};
}

template <typename T, int n, bool kept, bool centred, typename Weights>
__global__ void __launch_bounds__(most_row_threads, 1)  // whatever registers that takes
    norm_rows(T* const out, const T* const x, const Weights weights, const T eps,
              const RowLayout layout) {
  ND_DYNAMIC_SHARED(T, memory);
  const Row<T, n> row(layout);
  const RowOperand<T, n, kept> values(row, x, memory);
  const Statistics<T> own = statistics_of<centred>(row, values, eps);
  T* const to = out + row.index * row.length;
  row.for_each([&](int64_t i) {
    const Vector<T, n> scale = weights.template scales<n>(row.index, i);
    const Vector<T, n> shift = weights.template shifts<n>(row.index, i);
    Vector<T, n> results = values.again(i);
    for (int k = 0; k < n; ++k)
      results[k] = (results[k] - own.mean) * own.rstd * scale[k] + shift[k];
    store_vector(to + i, results);
  });
}

// of_x and statistics (rows) may be null.
template <typename T, int n, bool kept, bool centred, typename Weights>
__global__ void __launch_bounds__(most_row_threads, 1)  // whatever registers that takes
    norm_gradient_rows(T* const of_x, Statistics<T>* const statistics, const T* const gradient,
                       const T* const x, const Weights weights, const T eps,
                       const RowLayout layout) {
  ND_DYNAMIC_SHARED(T, memory);
  const Row<T, n> row(layout);
  const RowOperand<T, n, kept> gradients(row, gradient, memory, 0, 2), values(row, x, memory, 1, 2);
  const Statistics<T> own = statistics_of<centred>(row, values, eps);
  if (statistics && row.is_first_thread()) statistics[row.index] = own;
  if (!of_x) return;
  // Of the gradient of the normalised row, what the mean and the deviation take away again.
  const auto weighted = [&](Vector<T, n> terms, int64_t i) {
    const Vector<T, n> scale = weights.template scales<n>(row.index, i);
    for (int k = 0; k < n; ++k) terms[k] *= scale[k];
    return terms;
  };
  const auto normalized = [&](int64_t i) {
    Vector<T, n> results = values.again(i);
    for (int k = 0; k < n; ++k) results[k] = (results[k] - own.mean) * own.rstd;
    return results;
  };
  const T total = row.sum([&](int64_t i) { return weighted(gradients.load(i), i); });
  const T along_mean = centred ? total : T(0);
  const T along_x = row.sum([&](int64_t i) {
    Vector<T, n> terms = weighted(gradients.again(i), i);
    const Vector<T, n> y = normalized(i);
    for (int k = 0; k < n; ++k) terms[k] *= y[k];
    return terms;
  });
  const T share = own.rstd / static_cast<T>(row.length);
  row.for_each([&](int64_t i) {
    Vector<T, n> results = weighted(gradients.again(i), i);
    const Vector<T, n> y = normalized(i);
    for (int k = 0; k < n; ++k) {
      results[k] = own.rstd * results[k] - share * (along_mean + y[k] * along_x);
    }
    store_vector(of_x + row.index * row.length + i, results);
  });
}

// The gradients of the weights of elements: terms of sums over the rows.
template <typename T>
struct WeightTerms {
  const T *gradient, *x;
  const Statistics<T>* statistics;
  int64_t length;
  __device__ __forceinline__ TwoSums<T> operator()(int64_t row, int64_t column) const {
    const auto [mean, rstd] = statistics[row];
    const T g = gradient[row * length + column];
    return {g * ((x[row * length + column] - mean) * rstd), g};
  }
};

template <typename T>
struct GroupStatistics {
  const Statistics<T>* groups;
  int64_t per_group;
  __device__ __forceinline__ Statistics<T> operator()(int64_t row) const {
    return groups[row / per_group];
  }
};

// x as (rows, length). Vectors of elements stay within segments, which may have one weight each.
struct NormSizes {
  int64_t rows, length, segment;
};

template <bool centred, typename T, typename Weights>
void norm(const Array& out, const Array& x, const Weights& weights, const NormSizes& sizes,
          double eps, cudaStream_t stream) {
  for_rows<T>(sizes.rows, sizes.length, sizes.segment, 1,
              {elements<T>(out), elements<T>(x), weights.weight, weights.bias},
              [&]<int n, bool kept>(const RowLaunch& rows) {
                launch(norm_rows<T, n, kept, centred, Weights>, rows.grid(), rows.threads,
                       rows.shared_bytes, stream, elements<T>(out), elements<T>(x), weights,
                       static_cast<T>(eps), rows.layout);
              });
}

template <bool centred, typename T, typename Weights>
void norm_gradient(const Array* of_x, Statistics<T>* statistics, const Array& gradient,
                   const Array& x, const Weights& weights, const NormSizes& sizes, double eps,
                   cudaStream_t stream) {
  for_rows<T>(sizes.rows, sizes.length, sizes.segment, 2,
              {elements<T>(of_x), elements<T>(gradient), elements<T>(x), weights.weight},
              [&]<int n, bool kept>(const RowLaunch& rows) {
                launch(norm_gradient_rows<T, n, kept, centred, Weights>, rows.grid(), rows.threads,
                       rows.shared_bytes, stream, elements<T>(of_x), statistics,
                       elements<T>(gradient), elements<T>(x), weights, static_cast<T>(eps),
                       rows.layout);
              });
}

// Mean and deviation of each row, for sums over the rows.
Array statistics_like(const Array& x, int64_t rows) { return temporary(x, x.dtype(), {rows, 2}); }

template <bool centred>
void norm_of_rows(const Array& out, const Array& x, const Array* weight, const Array* bias,
                  double eps) {
  const cudaStream_t stream = enter({&out, &x, weight, bias});
  const NormSizes sizes{x.shape()[0], x.shape()[1], x.shape()[1]};
  dispatch_real(x.dtype(), [&]<typename T>() {
    norm<centred, T>(out, x, ElementWeights<T>{elements<T>(weight), elements<T>(bias)}, sizes, eps,
                     stream);
  });
}

template <bool centred>
void norm_of_rows_gradient(const Array* of_x, const Array* of_weight, const Array* of_bias,
                           const Array& gradient, const Array& x, const Array* weight, double eps) {
  const cudaStream_t stream = enter({of_x, of_weight, of_bias, &gradient, &x, weight});
  const int64_t rows = x.shape()[0], length = x.shape()[1];
  const Array kept = statistics_like(x, of_weight || of_bias ? rows : 0);
  dispatch_real(x.dtype(), [&]<typename T>() {
    auto* const statistics =
        of_weight || of_bias ? reinterpret_cast<Statistics<T>*>(kept.data()) : nullptr;
    norm_gradient<centred, T>(of_x, statistics, gradient, x,
                              ElementWeights<T>{elements<T>(weight), nullptr},
                              {rows, length, length}, eps, stream);
    if (!statistics) return;
    sum_columns(elements<T>(of_weight), elements<T>(of_bias),
                WeightTerms<T>{elements<T>(gradient), elements<T>(x), statistics, length}, rows,
                length, x, stream);
  });
}

}  // namespace

void layer_norm(const Array& out, const Array& x, const Array* weight, const Array* bias,
                double eps) {
  norm_of_rows<true>(out, x, weight, bias, eps);
}
void rms_norm(const Array& out, const Array& x, const Array* weight, double eps) {
  norm_of_rows<false>(out, x, weight, nullptr, eps);
}
void layer_norm_gradient(const Array* of_x, const Array* of_weight, const Array* of_bias,
                         const Array& gradient, const Array& x, const Array* weight, double eps) {
  norm_of_rows_gradient<true>(of_x, of_weight, of_bias, gradient, x, weight, eps);
}
void rms_norm_gradient(const Array* of_x, const Array* of_weight, const Array& gradient,
                       const Array& x, const Array* weight, double eps) {
  norm_of_rows_gradient<false>(of_x, of_weight, nullptr, gradient, x, weight, eps);
}

void group_norm(const Array& out, const Array& x, const Array* weight, const Array* bias,
                int64_t groups, double eps) {
  const cudaStream_t stream = enter({&out, &x, weight, bias});
  const ChannelSizes sizes(x);
  const NormSizes rows{sizes.samples * groups, sizes.channels / groups * sizes.length,
                       sizes.length};
  dispatch_real(x.dtype(), [&]<typename T>() {
    norm<true, T>(out, x, ChannelWeights<T>(elements<T>(weight), elements<T>(bias), sizes, groups),
                  rows, eps, stream);
  });
}

void group_norm_gradient(const Array* of_x, const Array* of_weight, const Array* of_bias,
                         const Array& gradient, const Array& x, const Array* weight, int64_t groups,
                         double eps) {
  const cudaStream_t stream = enter({of_x, of_weight, of_bias, &gradient, &x, weight});
  const ChannelSizes sizes(x);
  const int64_t per_group = sizes.channels / groups;
  const NormSizes rows{sizes.samples * groups, per_group * sizes.length, sizes.length};
  const Array kept = statistics_like(x, rows.rows);
  dispatch_real(x.dtype(), [&]<typename T>() {
    auto* const statistics = reinterpret_cast<Statistics<T>*>(kept.data());
    norm_gradient<true, T>(of_x, statistics, gradient, x,
                           ChannelWeights<T>(elements<T>(weight), nullptr, sizes, groups), rows,
                           eps, stream);
    if (!of_weight && !of_bias) return;
    sum_channels(elements<T>(of_weight), elements<T>(of_bias), gradient, x,
                 GroupStatistics<T>{statistics, per_group}, stream);
  });
}

}  // namespace nd::cuda
