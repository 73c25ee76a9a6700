// Compiled once per instruction set.
#include "ops/activation/activation_kernels.hpp"

#include "ops/elementwise/formulas.hpp"

namespace nd::cpu::ND_ISA {
namespace {

// Each function is x * factor(x), and has the derivative slope(x).

// The distribution function of the normal distribution.
struct Gelu {
  template <typename T>
  static T factor(T x) {
    constexpr T sqrt_half = static_cast<T>(0.70710678118654752);
    return static_cast<T>(0.5) + static_cast<T>(0.5) * m::erf(x * sqrt_half);
  }
  template <typename T>
  static T slope(T x) {
    constexpr T density_at_0 = static_cast<T>(0.39894228040143268);  // 1 / sqrt(2 pi)
    return factor(x) + x * (density_at_0 * m::exp(x * x * static_cast<T>(-0.5)));
  }
};

struct GeluTanh {
  template <typename T>
  static T tanh_of(T x) {
    constexpr T scale = static_cast<T>(0.79788456080286536);  // sqrt(2 / pi)
    return m::tanh(scale * (x + static_cast<T>(0.044715) * x * x * x));
  }
  template <typename T>
  static T factor(T x) {
    return static_cast<T>(0.5) + static_cast<T>(0.5) * tanh_of(x);
  }
  template <typename T>
  static T slope(T x) {
    constexpr T scale = static_cast<T>(0.79788456080286536), cubic = static_cast<T>(3 * 0.044715);
    const T t = tanh_of(x), half = static_cast<T>(0.5);
    return half + half * t + half * x * (1 - t * t) * (scale * (1 + cubic * x * x));
  }
};

struct Silu {
  template <typename T>
  static T factor(T x) {
    return m::sigmoid(x);
  }
  template <typename T>
  static T slope(T x) {
    const T s = m::sigmoid(x);
    return s * (1 + x * (1 - s));
  }
};

template <typename Function, typename T>
void forward(T* out, const T* x, int64_t count) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) out[i] = x[i] * Function::factor(x[i]);
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
