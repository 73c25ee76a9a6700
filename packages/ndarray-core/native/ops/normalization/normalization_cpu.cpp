// Normalisation of rows on the `cpu` device; of channels: channels_cpu.cpp. Threads share the rows.
// The gradients of weight and bias are sums over all rows: each part of the rows makes its own, and
// these are added up in order.
#include "core/allow_threads.hpp"
#include "cpu/cpu_backend.hpp"
#include "cpu/streaming.hpp"
#include "ops/normalization/normalization_kernels.hpp"

namespace nd::cpu {
namespace {

template <typename T>
const NormalizationKernelsOf<T>& kernels() {
  static const NormalizationKernels& selected = ND_SELECT_KERNELS(normalization_kernels);
  return selected.of<T>();
}

// The vector, or one of equal numbers in its place.
Array vector_or(const Array* given, double value, DType dtype, int64_t length) {
  if (given) return *given;
  const Array vector{cpu_backend().allocate(dtype, length), Layout({length})};
  fill(vector, Scalar{Kind::floating, 0, value});
  return vector;
}

template <typename T>
void norm(typename NormalizationKernelsOf<T>::Norm kernel, const Array& out, const Array& x,
          const Array* weight, const Array* bias, double eps) {
  const int64_t length = x.shape()[1];
  const Array scale = vector_or(weight, 1, x.dtype(), length);
  const Array shift = vector_or(bias, 0, x.dtype(), length);
  const bool streams = is_streamed(out, length);
  for_each_rows(x.shape()[0], length, [&](int64_t first, int64_t count) {
    kernel(elements<T>(out) + first * length, elements<T>(x) + first * length, elements<T>(scale),
           elements<T>(shift), count, length, static_cast<T>(eps), streams);
  });
}

template <typename T>
void norm_gradient(typename NormalizationKernelsOf<T>::NormGradient kernel, const Array* of_x,
                   const Array* of_weight, const Array* of_bias, const Array& gradient,
                   const Array& x, const Array* weight, double eps) {
  const int64_t rows = x.shape()[0], length = x.shape()[1];
  const Array scale = vector_or(weight, 1, x.dtype(), length);
  constexpr int64_t most_parts = 64;
  const int64_t part = divide_up(rows, std::min(most_parts, divide_up(x.size(), parallel_grain)));
  const int64_t parts = divide_up(rows, part);
  const bool sums = of_weight || of_bias, streams = of_x && is_streamed(*of_x, length);
  const Array partial{cpu_backend().allocate(x.dtype(), sums ? parts * 2 * length : 0),
                      Layout({sums ? parts : 0, 2, length})};
  if (sums) fill(partial, Scalar{Kind::floating, 0, 0});
  parallel_for(parts, [&](int64_t i) {
    const int64_t first = i * part * length;
    T* const own = sums ? elements<T>(partial) + i * 2 * length : nullptr;
    kernel(of_x ? elements<T>(*of_x) + first : nullptr, own, sums ? own + length : nullptr,
           elements<T>(gradient) + first, elements<T>(x) + first, elements<T>(scale),
           std::min(part, rows - i * part), length, static_cast<T>(eps), streams);
  });
  for (int which = 0; which < 2; ++which) {
    const Array* const total = which == 0 ? of_weight : of_bias;
    if (!total) continue;
    const Array row = total->view(*total->layout.reshape({1, length}));
    reduce(ReduceOp::sum, row, partial.view(partial.layout.index(1, which)), {0});
  }
}

}  // namespace

void layer_norm(const Array& out, const Array& x, const Array* weight, const Array* bias,
                double eps) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(),
                [&]<typename T>() { norm<T>(kernels<T>().layer_norm, out, x, weight, bias, eps); });
}
void rms_norm(const Array& out, const Array& x, const Array* weight, double eps) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    norm<T>(kernels<T>().rms_norm, out, x, weight, nullptr, eps);
  });
}
void layer_norm_gradient(const Array* of_x, const Array* of_weight, const Array* of_bias,
                         const Array& gradient, const Array& x, const Array* weight, double eps) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    norm_gradient<T>(kernels<T>().layer_norm_gradient, of_x, of_weight, of_bias, gradient, x,
                     weight, eps);
  });
}
void rms_norm_gradient(const Array* of_x, const Array* of_weight, const Array& gradient,
                       const Array& x, const Array* weight, double eps) {
  AllowThreads allow(x.size());
  dispatch_real(x.dtype(), [&]<typename T>() {
    norm_gradient<T>(kernels<T>().rms_norm_gradient, of_x, of_weight, nullptr, gradient, x, weight,
                     eps);
  });
}

}  // namespace nd::cpu
