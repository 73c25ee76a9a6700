// What the functions of float32_functions.hpp, float64_functions.hpp and wide_functions.hpp are
// made of. Nothing here has a branch or a table, so a loop over any of it is vectorised.
#pragma once

#include <cstdint>

#include "core/half.hpp"

namespace nd::m {

#if defined(__FMA__) || defined(__aarch64__) || defined(__CUDA_ARCH__)
ND_INLINE float mul_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
ND_INLINE double mul_add(double a, double b, double c) { return __builtin_fma(a, b, c); }
#else
ND_INLINE float mul_add(float a, float b, float c) { return a * b + c; }
ND_INLINE double mul_add(double a, double b, double c) { return a * b + c; }
#endif

ND_INLINE int32_t bits_of(float x) { return __builtin_bit_cast(int32_t, x); }
ND_INLINE uint64_t bits_of(double x) { return __builtin_bit_cast(uint64_t, x); }
ND_INLINE float float_of(int32_t bits) { return __builtin_bit_cast(float, bits); }
ND_INLINE double double_of(uint64_t bits) { return __builtin_bit_cast(double, bits); }

// first + second x + third x^2 + ...
template <typename T>
ND_INLINE T polynomial(T, T first) {
  return first;
}
template <typename T, typename... Rest>
ND_INLINE T polynomial(T x, T first, T second, Rest... rest) {
  return mul_add(polynomial(x, second, rest...), x, first);
}

// A number whose quarter turns can be counted and subtracted exactly: sin, cos and tan of others,
// of infinities and NaN, are the C library's. A loop over these alone is vectorised.
template <typename T>
struct NearZero {
  T value;
};
ND_INLINE bool is_near_zero(float x) { return __builtin_fabsf(x) <= 1e9f; }
ND_INLINE bool is_near_zero(double x) { return __builtin_fabs(x) <= 1e6; }

namespace detail {

// Adding it to a smaller number rounds that to a whole one, which the last bits then hold:
// 1.5 * 2^23 and 1.5 * 2^52.
template <typename T>
inline constexpr T whole_shift = 12582912;
template <>
inline constexpr double whole_shift<double> = 6755399441055744;

template <typename T>
ND_INLINE T nearest_whole(T x) {
  return x + whole_shift<T> - whole_shift<T>;
}

ND_INLINE float power_of_two(int32_t n) { return float_of((n + 127) << 23); }  // -126 <= n <= 127
// Of a whole n, -1022 <= n <= 1023.
ND_INLINE double power_of_two(double n) {
  return double_of(bits_of(n + (whole_shift<double> + 1023.0)) << 52);
}

// 2^n (1 + e), where that and 2^n are normal. Below them, from the n on whose 2^n has no bits, 0.
template <typename T, typename N>
ND_INLINE T scaled_normal(N n, T e) {
  const T scale = power_of_two(n);
  return mul_add(scale, e, scale);
}

// A result as a T, and what its rounding dropped.
template <typename T>
struct Rounded {
  T high, low;
};

// x = 2^exponent * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive normal x.
template <typename T>
struct LogParts {
  T exponent, f;
};
ND_INLINE LogParts<float> log_parts(float x) {
  constexpr int32_t sqrt_half = 0x3f3504f3;
  const int32_t above = bits_of(x) - sqrt_half;
  const float significand = float_of((above & 0x7fffff) + sqrt_half);
  return {static_cast<float>(above >> 23), significand - 1.0f};
}
ND_INLINE LogParts<double> log_parts(double x) {
  constexpr uint64_t one = 0x3ff0000000000000, sqrt_half = 0x3fe6a09e667f3bcd;
  const uint64_t above = bits_of(x) + (one - sqrt_half);
  const double significand = double_of((above & 0xfffffffffffff) + sqrt_half);
  // The biased exponent as a double's last bits: vectors of few processors convert 64-bit integers.
  const double exponent = double_of(above >> 52 | bits_of(0x1p52)) - (0x1p52 + 1023.0);
  return {exponent, significand - 1.0};
}

}  // namespace detail
}  // namespace nd::m
