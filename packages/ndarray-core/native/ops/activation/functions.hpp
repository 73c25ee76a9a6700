// Activation functions: each has a value and its derivative, the slope. In a namespace of each
// file's own: a kernel compiled for one instruction set must not lend its copy to the others.
//
// Largest error of a float's value in units in the last place, seen in a hundred thousand floats of
// each range, with and without fused multiply-add: gelu 3.5, and by tanh 2.5; of negative x, where
// an exponent of the size of x^2 is rounded once, gelu 3.5 + 2 x^2, and by tanh 3 + 2 x^2. Of silu,
// seen in sixteen million floats, 2.4.
// Far out, silu (from -88.8), gelu (from -13.2) and gelu by tanh (from -10) are -0.
#pragma once

#include "ops/elementwise/formulas.hpp"

namespace nd {
namespace {

// Of the normal distribution: the share below x, and exp(-x * x / 2), by which the density falls.
template <typename T>
struct Normal {
  T below, bell;
};
// The tail is bell times Mills' ratio, here a polynomial of 1 - 1 / (1 + 0.3 |x|), which keeps the
// digits that 1 + erf would lose, until both are 0 from |x| = 13.2. The quotient is found beside
// the exponential, not after it. The polynomial is minimax (Lawson's weighted least squares at
// Chebyshev nodes), fitted for this file.
ND_INLINE Normal<float> normal(float x) {
  const float exponent = x * x * -0.721347520f;  // of 2
  const float bell = m::short_exp2(exponent < -127.0f ? -127.0f : exponent);
  const float magnitude = __builtin_fabsf(x), scaled = 0.3f * (magnitude < 1e9f ? magnitude : 1e9f);
  const float u = scaled / (1 + scaled);
  const float ratio = m::polynomial(u, 0.5f, -1.329810739e+00f, 1.448074341e+00f, -7.008494139e-01f,
                                    -4.673712328e-02f, 1.138443127e-01f, 1.104656458e-01f,
                                    -1.314080507e-01f, 3.642097861e-02f);
  const float tail = bell * ratio;
  return {m::signbit(x) ? tail : 1 - tail, bell};
}
ND_INLINE Normal<double> normal(double x) {
  return {0.5 + 0.5 * m::erf(x * 0.70710678118654752), m::exp(x * x * -0.5)};
}

struct Gelu {
  template <typename T>
  ND_INLINE T value(T x) {
    return x * normal(x).below;
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    constexpr T density_at_0 = static_cast<T>(0.39894228040143268);  // 1 / sqrt(2 pi)
    const Normal<T> at_x = normal(x);
    return at_x.below + x * (density_at_0 * at_x.bell);
  }
};

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
    return m::times_sigmoid(x, twice_y(x));
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    constexpr T linear = static_cast<T>(1.5957691216057308);
    constexpr T cubic = static_cast<T>(3 * 0.071354816272600255);
    const T s = m::times_sigmoid(T(1), twice_y(x));
    return s + x * (s * (1 - s)) * m::mul_add(cubic, x * x, linear);
  }
};

struct Silu {
  template <typename T>
  ND_INLINE T value(T x) {
    return m::times_sigmoid(x, x);
  }
  template <typename T>
  ND_INLINE T slope(T x) {
    const T s = m::times_sigmoid(T(1), x);
    return s * (1 + x * (1 - s));
  }
};

}  // namespace
}  // namespace nd
