// Compiled once per instruction set. A row is read from memory once: the steps after the first find
// it in the cache.
#include "ops/softmax/softmax_kernels.hpp"

#include "cpu/lanes.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename T>
void softmax(T* out, const T* x, int64_t rows, int64_t length) {
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
void softmax_gradient(T* result, const T* gradient, const T* out, int64_t rows, int64_t length) {
  for (int64_t row = 0; row < rows; ++row) {
    const T total = sum_over<T>(length, [=](int64_t i) { return gradient[i] * out[i]; });
#pragma GCC ivdep
    for (int64_t i = 0; i < length; ++i) result[i] = out[i] * (gradient[i] - total);
    gradient += length, out += length, result += length;
  }
}

template <typename T>
void log_softmax(T* out, const T* x, int64_t rows, int64_t length) {
  for (int64_t row = 0; row < rows; ++row, x += length, out += length) {
    const T largest = max_of(x, length);
    const T total = sum_over<T>(length, [=](int64_t i) { return m::bounded_exp(x[i] - largest); });
    const T log_total = m::log(total);
#pragma GCC ivdep
    for (int64_t i = 0; i < length; ++i) out[i] = (x[i] - largest) - log_total;
  }
}

template <typename T>
void log_softmax_gradient(T* result, const T* gradient, const T* out, int64_t rows,
                          int64_t length) {
  for (int64_t row = 0; row < rows; ++row) {
    const T total = sum_over<T>(length, [=](int64_t i) { return gradient[i]; });
#pragma GCC ivdep
    for (int64_t i = 0; i < length; ++i) result[i] = gradient[i] - m::exp(out[i]) * total;
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
