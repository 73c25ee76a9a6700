// Compiled once per instruction set.
#include "ops/activation/activation_kernels.hpp"

#include "ops/activation/functions.hpp"

namespace nd::cpu::ND_ISA {
namespace {

template <typename Function, typename T>
void forward(T* out, const T* x, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) out[i] = Function::value(x[i]);
}

template <typename Function, typename T>
void backward(T* result, const T* gradient, const T* x, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) result[i] = gradient[i] * Function::slope(x[i]);
}

template <typename T>
constexpr ActivationKernelsOf<T> kernels_of = {forward<Gelu, T>,      forward<GeluTanh, T>,
                                               forward<Silu, T>,      backward<Gelu, T>,
                                               backward<GeluTanh, T>, backward<Silu, T>};
constexpr ActivationKernels kernels = {kernels_of<float>, kernels_of<double>};

}  // namespace

const ActivationKernels& activation_kernels() { return kernels; }

}  // namespace nd::cpu::ND_ISA
