// Activation functions: each is x * factor(x), and has the derivative slope(x). In a namespace of
// each file's own: a kernel compiled for one instruction set must not lend its copy to the others.
#pragma once

#include "ops/elementwise/formulas.hpp"

namespace nd {
namespace {

// The distribution function of the normal distribution.
struct Gelu {
  template <typename T>
  ND_INLINE T factor(T x) {
    constexpr T sqrt_half = static_cast<T>(0.70710678118654752);
    return static_cast<T>(0.5) + static_cast<T>(0.5) * m::erf(x * sqrt_half);
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    constexpr T density_at_0 = static_cast<T>(0.39894228040143268);  // 1 / sqrt(2 pi)
    return factor(x) + x * (density_at_0 * m::exp(x * x * static_cast<T>(-0.5)));
  }
};

struct GeluTanh {
  template <typename T>
  ND_INLINE T tanh_of(T x) {
    constexpr T scale = static_cast<T>(0.79788456080286536);  // sqrt(2 / pi)
    return m::tanh(scale * (x + static_cast<T>(0.044715) * x * x * x));
  }
  template <typename T>
  ND_INLINE T factor(T x) {
    return static_cast<T>(0.5) + static_cast<T>(0.5) * tanh_of(x);
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    constexpr T scale = static_cast<T>(0.79788456080286536), cubic = static_cast<T>(3 * 0.044715);
    const T t = tanh_of(x), half = static_cast<T>(0.5);
    return half + half * t + half * x * (1 - t * t) * (scale * (1 + cubic * x * x));
  }
};

struct Silu {
  template <typename T>
  ND_INLINE T factor(T x) {
    return m::sigmoid(x);
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    const T s = m::sigmoid(x);
    return s * (1 + x * (1 - s));
  }
};

}  // namespace
}  // namespace nd
