// Numbers of a distribution from the words of the generator. Every step is plain arithmetic in a
// fixed order, so each device makes the same bits.
#pragma once

#include <cstdint>

#include "core/half.hpp"

namespace nd {
namespace {

// In [0, 1), a multiple of 2^-24.
ND_INLINE float uniform_of_words(uint32_t word) {
  return static_cast<float>(static_cast<int32_t>(word >> 8)) * 0x1p-24f;
}

// In [0, 1), a multiple of 2^-53: 32 bits of the first word and 21 of the second. Processors
// convert signed words only, hence the detour over -2^31; every step is exact.
ND_INLINE double uniform_of_words(uint32_t first, uint32_t second) {
  const double high = static_cast<double>(static_cast<int32_t>(first ^ 0x80000000u)) + 0x1p31;
  const double low = static_cast<double>(static_cast<int32_t>(second >> 11));
  return high * 0x1p-32 + low * 0x1p-53;
}

// Of IEEE numbers; and how many terms of the series below leave out less than half a unit of the
// last place.
template <typename T>
struct Format;
template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int mantissa_bits = 23;
  static constexpr Bits sqrt_half = 0x3F3504F3;
  static constexpr int log_terms = 6, circle_terms = 5;
};
template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int mantissa_bits = 52;
  static constexpr Bits sqrt_half = 0x3FE6A09E667F3BCD;
  static constexpr int log_terms = 12, circle_terms = 9;
};

// -ln(u) for normal u in (0, 1]: u = 2^e m with m in [sqrt(1/2), sqrt(2)), and
// ln m = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with s = (m - 1) / (m + 1), |s| < 0.172.
template <typename T>
ND_INLINE T minus_log(T u) {
  using Bits = typename Format<T>::Bits;
  constexpr int shift = Format<T>::mantissa_bits;
  constexpr Bits bias =
      128;  // keeps the shifted number positive: few processors shift signed int64
  Bits bits;
  __builtin_memcpy(&bits, &u, sizeof u);
  const Bits exponent = (bits - Format<T>::sqrt_half + (bias << shift)) >> shift;
  const Bits mantissa = bits - ((exponent - bias) << shift);
  T m;
  __builtin_memcpy(&m, &mantissa, sizeof m);
  const T s = (m - 1) / (m + 1);
  const T square = s * s;
  T series = 0;
  for (int i = Format<T>::log_terms - 1; i >= 1; --i) {
    series = series * square + T(1) / T(2 * i + 1);
  }
  const T ln_m = 2 * s + 2 * s * (square * series);
  constexpr T ln_2 = T(0.6931471805599453094172321214581766L);
  return static_cast<T>(static_cast<int32_t>(bias - exponent)) * ln_2 - ln_m;
}

ND_INLINE float square_root(float x) { return __builtin_sqrtf(x); }
ND_INLINE double square_root(double x) { return __builtin_sqrt(x); }

// cos and sin of 2 pi turns, for turns in [0, 1): to the nearest quarter, which is exact, then by
// Taylor's series for at most an eighth of a turn.
template <typename T>
ND_INLINE void circle(T turns, T& cosine, T& sine) {
  const int32_t quarter = static_cast<int32_t>(turns * 4 + T(0.5));
  const T rest = turns - static_cast<T>(quarter) * T(0.25);
  constexpr T two_pi = T(6.283185307179586476925286766559006L);
  const T angle = rest * two_pi;
  const T square = angle * angle;
  T c = 0, s = 0;
  for (int i = Format<T>::circle_terms; i >= 1; --i) {
    c = (1 - c) * square * (T(1) / T((2 * i - 1) * (2 * i)));
    s = (1 - s) * square * (T(1) / T((2 * i) * (2 * i + 1)));
  }
  c = 1 - c;
  s = angle - angle * s;
  const T x = quarter & 1 ? s : c;
  const T y = quarter & 1 ? c : s;
  cosine = (quarter + 1) & 2 ? -x : x;
  sine = quarter & 2 ? -y : y;
}

// Two numbers of mean 0 and variance 1 from two uniform ones.
template <typename T>
ND_INLINE void normal_pair(T uniform_1, T uniform_2, T& first, T& second) {
  const T radius = square_root(2 * minus_log<T>(1 - uniform_1));
  T cosine, sine;
  circle<T>(uniform_2, cosine, sine);
  first = radius * cosine;
  second = radius * sine;
}

}  // namespace
}  // namespace nd
