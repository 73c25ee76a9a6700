// Compiled once per instruction set. A row is read from memory once: the steps after the first find
// it in the cache.
#include "ops/softmax/softmax_kernels.hpp"

#include "cpu/lanes.hpp"
#include "cpu/stream_stores.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// What is written twice stays in the cache.
template <typename T>
void softmax(T* out, const T* x, int64_t rows, int64_t length, bool) {
  for (int64_t row = 0; row < rows; ++row, x += length, out += length) {
    const T largest = max_of(x, length);
    const T total =
        sum_over<T>(length, [=](int64_t i) { return out[i] = m::bounded_exp(x[i] - largest); });
    const T scale = 1 / total;
#pragma GCC ivdep
    for (int64_t i = 0; i < length; ++i) out[i] *= scale;
  }
}

template <typename T>
void softmax_gradient(T* result, const T* gradient, const T* out, int64_t rows, int64_t length,
                      bool streams) {
  for (int64_t row = 0; row < rows; ++row) {
    const T total = sum_over<T>(length, [=](int64_t i) { return gradient[i] * out[i]; });
    write_row(result, length, streams, [=](T* to, int64_t first, int64_t n) {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) to[i] = out[first + i] * (gradient[first + i] - total);
    });
    gradient += length, out += length, result += length;
  }
}

template <typename T>
void log_softmax(T* out, const T* x, int64_t rows, int64_t length, bool streams) {
  for (int64_t row = 0; row < rows; ++row, x += length, out += length) {
    const T largest = max_of(x, length);
    const T total = sum_over<T>(length, [=](int64_t i) { return m::bounded_exp(x[i] - largest); });
    const T log_total = m::log(total);
    write_row(out, length, streams, [=](T* to, int64_t first, int64_t n) {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) to[i] = (x[first + i] - largest) - log_total;
    });
  }
}

template <typename T>
void log_softmax_gradient(T* result, const T* gradient, const T* out, int64_t rows, int64_t length,
                          bool streams) {
  for (int64_t row = 0; row < rows; ++row) {
    const T total = sum_over<T>(length, [=](int64_t i) { return gradient[i]; });
    write_row(result, length, streams, [=](T* to, int64_t first, int64_t n) {
#pragma GCC ivdep
      for (int64_t i = 0; i < n; ++i) {
        to[i] = gradient[first + i] - m::exp(out[first + i]) * total;
      }
    });
    gradient += length, out += length, result += length;
  }
}

template <typename T>
constexpr SoftmaxKernelsOf<T> kernels_of = {softmax<T>, log_softmax<T>, softmax_gradient<T>,
                                            log_softmax_gradient<T>};
constexpr SoftmaxKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const SoftmaxKernels& softmax_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
