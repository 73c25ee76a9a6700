// Activation functions: each is x * factor(x), and has the derivative slope(x). In a namespace of
// each file's own: a kernel compiled for one instruction set must not lend its copy to the others.
#pragma once

#include "ops/elementwise/formulas.hpp"

namespace nd {
namespace {

// The distribution function of the normal distribution; a float's as 2^-(1 + a q(a)) for x = -a,
// which keeps the digits that 1 + erf would lose, until 3e-13, and 0 from there. The polynomial is
// minimax (Lawson's weighted least squares at Chebyshev nodes), fitted for this file.
ND_INLINE float normal_distribution(float x) {
  constexpr float farthest = 7.2f;
  const float magnitude = __builtin_fabsf(x);
  const float a = magnitude > farthest ? farthest : magnitude;
  const float exponent =
      -a * m::polynomial(a, 1.151106358e+00f, 4.592015743e-01f, 5.249724537e-02f, -7.021035068e-03f,
                         4.955033364e-05f, 2.637802972e-04f, -7.541078958e-05f, 1.180929485e-05f,
                         -1.126566076e-06f, 6.125171836e-08f, -1.457544863e-09f);
  const float half = 0.5f * m::short_exp2(exponent);
  const float tail = magnitude > farthest ? 0.0f : half;
  return x < 0.0f ? tail : 1.0f - tail;
}
ND_INLINE double normal_distribution(double x) {
  return 0.5 + 0.5 * m::erf(x * 0.70710678118654752);
}

struct Gelu {
  template <typename T>
  ND_INLINE T factor(T x) {
    return normal_distribution(x);
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

// By a sigmoid of one division: the accuracy of m::sigmoid far out is not needed here, where its
// values become small beside x.
struct Silu {
  template <typename T>
  ND_INLINE T factor(T x) {
    return 1 / (1 + m::exp(-x));
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    const T s = factor(x);
    return s * (1 + x * (1 - s));
  }
};

}  // namespace
}  // namespace nd
