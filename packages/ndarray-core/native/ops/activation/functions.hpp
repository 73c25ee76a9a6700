// Activation functions: each has a value and its derivative, the slope. In a namespace of each
// file's own: a kernel compiled for one instruction set must not lend its copy to the others.
//
// Largest error of a float's value in units in the last place, seen in a hundred thousand floats of
// each range, with and without fused multiply-add: silu 2.1; both forms of gelu 3 + 2 x^2 for
// negative x, where an exponent of the size of x^2 is rounded once, and 2.5 for others. Far out,
// silu (from -88.8), gelu (from -7.2) and gelu by tanh (from -10) are -0.
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
  ND_INLINE T value(T x) {
    return x * normal_distribution(x);
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    constexpr T density_at_0 = static_cast<T>(0.39894228040143268);  // 1 / sqrt(2 pi)
    return normal_distribution(x) + x * (density_at_0 * m::exp(x * x * static_cast<T>(-0.5)));
  }
};

// Not by m::sigmoid: its accuracy far out is not needed where values become small beside x.
template <typename T>
ND_INLINE T times_sigmoid(T x, T y) {
  return x / (1 + m::exp(-y));
}

// The sigmoid of 2 y is 1/2 + tanh(y) / 2 with the digits that tanh near -1 would lose.
struct GeluTanh {
  template <typename T>
  ND_INLINE T twice_y(T x) {
    constexpr T linear = static_cast<T>(1.5957691216057308);   // 2 sqrt(2 / pi)
    constexpr T cubic = static_cast<T>(0.071354816272600255);  // 0.044715 times it
    return x * m::mul_add(cubic, x * x, linear);
  }
  template <typename T>
  ND_INLINE T value(T x) {
    return times_sigmoid(x, twice_y(x));
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    constexpr T linear = static_cast<T>(1.5957691216057308);
    constexpr T cubic = static_cast<T>(3 * 0.071354816272600255);
    const T s = times_sigmoid(T(1), twice_y(x));
    return s + x * (s * (1 - s)) * m::mul_add(cubic, x * x, linear);
  }
};

struct Silu {
  template <typename T>
  ND_INLINE T value(T x) {
    return times_sigmoid(x, x);
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    const T s = times_sigmoid(T(1), x);
    return s * (1 + x * (1 - s));
  }
};

}  // namespace
}  // namespace nd
