// Normalisation of channels on the `cuda` devices: x (N, C, S) is N * C rows of S elements. What is
// summed over the samples is summed row by row, and then in order.
#include "cuda/cuda_backend.hpp"
#include "ops/normalization/channel_sums.hpp"

namespace nd::cuda {
namespace {

// For each row its mean, and the sum of squared distances from it.
template <typename T, int n, bool kept>
__global__ void __launch_bounds__(most_row_threads)
    row_moments(T* const means, T* const squares, const T* const x, const RowLayout layout) {
  ND_DYNAMIC_SHARED(T, memory);
  const Row<T, n> row(layout);
  const RowOperand<T, n, kept> values(row, x, memory);
  const T count = static_cast<T>(row.length);
  const T mean = row.sum([&](int64_t i) { return values.load(i); }) / count;
  const T total = row.sum([&](int64_t i) {
    Vector<T, n> terms = values.again(i);
    for (int k = 0; k < n; ++k) terms[k] = (terms[k] - mean) * (terms[k] - mean);
    return terms;
  });
  if (!row.is_first_thread()) return;
  means[row.index] = mean;
  squares[row.index] = total;
}

// From the moments of its rows, which have one length, mean and variance of each channel: a warp
// for each.
template <typename T>
__global__ void __launch_bounds__(32)
    channel_moments(T* const mean, T* const variance, const T* const means, const T* const squares,
                    const int64_t samples, const int64_t channels, const int64_t length) {
  const int64_t channel = blockIdx.x;
  T total = 0;
  for (int64_t i = threadIdx.x; i < samples; i += 32) total += means[i * channels + channel];
  const T own_mean = warp_total<Sum>(total) / static_cast<T>(samples);
  total = 0;
  for (int64_t i = threadIdx.x; i < samples; i += 32) {
    const T difference = means[i * channels + channel] - own_mean;
    total += squares[i * channels + channel] + difference * difference * static_cast<T>(length);
  }
  total = warp_total<Sum>(total);
  if (threadIdx.x != 0) return;
  mean[channel] = own_mean;
  variance[channel] = total / static_cast<T>(samples * length);
}

template <typename T>
struct Affine {
  T center, scale, shift;
};

// out = (x - center) * scale + shift, where affine(row) -> Affine<T>
template <typename T, int n, typename RowAffine>
__global__ void __launch_bounds__(most_row_threads)
    affine_rows(T* const out, const T* const x, const RowAffine affine, const RowLayout layout) {
  const Row<T, n> row(layout);
  if (!row.exists) return;
  const Affine<T> own = affine(row.index);
  const int64_t first = row.index * row.length;
  row.for_each([&](int64_t i) {
    Vector<T, n> results = load_vector<n>(x + first + i);
    for (int k = 0; k < n; ++k) results[k] = (results[k] - own.center) * own.scale + own.shift;
    store_vector(out + first + i, results);
  });
}

// out = gradient * scale + ((x - center) * slope + shift)
template <typename T>
struct AffineGradient {
  T scale, center, slope, shift;
};
template <typename T, int n, typename RowAffine>
__global__ void __launch_bounds__(most_row_threads)
    affine_gradient_rows(T* const out, const T* const gradient, const T* const x,
                         const RowAffine affine, const RowLayout layout) {
  const Row<T, n> row(layout);
  if (!row.exists) return;
  const AffineGradient<T> own = affine(row.index);
  const int64_t first = row.index * row.length;
  row.for_each([&](int64_t i) {
    Vector<T, n> results = load_vector<n>(gradient + first + i);
    const Vector<T, n> values = load_vector<n>(x + first + i);
    for (int k = 0; k < n; ++k) {
      results[k] = results[k] * own.scale + ((values[k] - own.center) * own.slope + own.shift);
    }
    store_vector(out + first + i, results);
  });
}

// What a row needs to know of its channel. Vectors that are null: 1 and 0.
template <typename T>
struct BatchAffine {
  const T *mean, *variance, *weight, *bias;
  int64_t channels;
  T eps;

  __device__ __forceinline__ Affine<T> operator()(int64_t row) const {
    const int64_t c = row % channels;
    const T rstd = reciprocal_deviation(variance[c], eps);
    return {mean[c], rstd * (weight ? weight[c] : T(1)), bias ? bias[c] : T(0)};
  }
};
template <typename T>
struct ChannelAffine {
  const T *scale, *shift;
  int64_t channels;

  __device__ __forceinline__ Affine<T> operator()(int64_t row) const {
    const int64_t c = row % channels;
    return {T(0), scale[c], shift ? shift[c] : T(0)};
  }
};
template <typename T>
struct BatchGradient {
  const T *mean, *variance, *weight, *of_weight, *of_bias;
  int64_t channels;
  T count, eps;

  __device__ __forceinline__ AffineGradient<T> operator()(int64_t row) const {
    const int64_t c = row % channels;
    const T rstd = reciprocal_deviation(variance[c], eps);
    const T scale = rstd * (weight ? weight[c] : T(1));
    return {scale, mean[c], -scale * rstd * of_weight[c] / count, -scale * of_bias[c] / count};
  }
};
template <typename T>
struct BatchStatistics {
  const T *mean, *variance;
  int64_t channels;
  T eps;

  __device__ __forceinline__ Statistics<T> operator()(int64_t row) const {
    const int64_t c = row % channels;
    return {mean[c], reciprocal_deviation(variance[c], eps)};
  }
};
template <typename T>
struct AsItIs {
  __device__ __forceinline__ Statistics<T> operator()(int64_t) const { return {T(0), T(1)}; }
};

template <typename T, typename RowAffine>
void apply_affine(const Array& out, const Array& x, const RowAffine& affine, cudaStream_t stream) {
  const ChannelSizes sizes(x);
  for_rows<T>(sizes.rows(), sizes.length, 0, {elements<T>(out), elements<T>(x)},
              [&]<int n, bool kept>(const RowLaunch& rows) {
                launch(affine_rows<T, n, RowAffine>, rows.grid_of_elements(), rows.threads, 0,
                       stream, elements<T>(out), elements<T>(x), affine, rows.layout);
              });
}

}  // namespace

void batch_norm(const Array& out, const Array& mean, const Array& variance, const Array& x,
                const Array* weight, const Array* bias, double eps) {
  const cudaStream_t stream = enter({&out, &mean, &variance, &x, weight, bias});
  const ChannelSizes sizes(x);
  const Array moments = temporary(x, x.dtype(), {2, sizes.rows()});
  dispatch_real(x.dtype(), [&]<typename T>() {
    T *const means = elements<T>(moments), *const squares = means + sizes.rows();
    for_rows<T>(sizes.rows(), sizes.length, 1, {elements<T>(x)},
                [&]<int n, bool kept>(const RowLaunch& rows) {
                  launch(row_moments<T, n, kept>, rows.grid(), rows.threads, rows.shared_bytes,
                         stream, means, squares, elements<T>(x), rows.layout);
                });
    launch(channel_moments<T>, static_cast<unsigned>(sizes.channels), 32, 0, stream,
           elements<T>(mean), elements<T>(variance), means, squares, sizes.samples, sizes.channels,
           sizes.length);
    const BatchAffine<T> affine{elements<T>(mean), elements<T>(variance), elements<T>(weight),
                                elements<T>(bias), sizes.channels,        static_cast<T>(eps)};
    apply_affine<T>(out, x, affine, stream);
  });
}

void batch_norm_gradient(const Array* of_x, const Array* of_weight, const Array* of_bias,
                         const Array& gradient, const Array& x, const Array* weight,
                         const Array& mean, const Array& variance, double eps) {
  const cudaStream_t stream =
      enter({of_x, of_weight, of_bias, &gradient, &x, weight, &mean, &variance});
  const ChannelSizes sizes(x);
  // The gradient of x needs both.
  const Array scale = of_weight ? *of_weight : temporary(x, x.dtype(), {sizes.channels});
  const Array shift = of_bias ? *of_bias : temporary(x, x.dtype(), {sizes.channels});
  dispatch_real(x.dtype(), [&]<typename T>() {
    const BatchStatistics<T> statistics{elements<T>(mean), elements<T>(variance), sizes.channels,
                                        static_cast<T>(eps)};
    sum_channels(elements<T>(scale), elements<T>(shift), gradient, x, statistics, stream);
    if (!of_x) return;
    const BatchGradient<T> affine{elements<T>(mean),
                                  elements<T>(variance),
                                  elements<T>(weight),
                                  elements<T>(scale),
                                  elements<T>(shift),
                                  sizes.channels,
                                  static_cast<T>(sizes.samples * sizes.length),
                                  static_cast<T>(eps)};
    for_rows<T>(sizes.rows(), sizes.length, 0,
                {elements<T>(of_x), elements<T>(gradient), elements<T>(x)},
                [&]<int n, bool kept>(const RowLaunch& rows) {
                  launch(affine_gradient_rows<T, n, BatchGradient<T>>, rows.grid_of_elements(),
                         rows.threads, 0, stream, elements<T>(of_x), elements<T>(gradient),
                         elements<T>(x), affine, rows.layout);
                });
  });
}

void channel_affine(const Array& out, const Array& x, const Array& scale, const Array& shift) {
  const cudaStream_t stream = enter({&out, &x, &scale, &shift});
  dispatch_real(x.dtype(), [&]<typename T>() {
    const ChannelAffine<T> affine{elements<T>(scale), elements<T>(shift), x.shape()[1]};
    apply_affine<T>(out, x, affine, stream);
  });
}

void channel_affine_gradient(const Array* of_x, const Array* of_scale, const Array* of_shift,
                             const Array& gradient, const Array& x, const Array& scale) {
  const cudaStream_t stream = enter({of_x, of_scale, of_shift, &gradient, &x, &scale});
  dispatch_real(x.dtype(), [&]<typename T>() {
    if (of_x) {
      const ChannelAffine<T> affine{elements<T>(scale), nullptr, x.shape()[1]};
      apply_affine<T>(*of_x, gradient, affine, stream);
    }
    if (!of_scale && !of_shift) return;
    sum_channels(elements<T>(of_scale), elements<T>(of_shift), gradient, x, AsItIs<T>{}, stream);
  });
}

}  // namespace nd::cuda
