// The functions of complex numbers behind unary.inc and binary.inc: the C library's, whose branch
// cuts and special values are those of C99's Annex G, which NumPy and the Array API standard
// follow; and what the library lacks.
#pragma once

#include "core/half.hpp"

namespace nd::m {

ND_INLINE complex64 complex_number(float real, float imaginary) {
  complex64 number;
  __real__ number = real;
  __imag__ number = imaginary;
  return number;
}
ND_INLINE complex128 complex_number(double real, double imaginary) {
  complex128 number;
  __real__ number = real;
  __imag__ number = imaginary;
  return number;
}

#define ND_LIBRARY(name)                                                   \
  ND_INLINE complex128 name(complex128 x) { return __builtin_c##name(x); } \
  ND_INLINE complex64 name(complex64 x) { return __builtin_c##name##f(x); }
ND_LIBRARY(sqrt)
ND_LIBRARY(exp)
ND_LIBRARY(log)
ND_LIBRARY(sin)
ND_LIBRARY(cos)
ND_LIBRARY(tan)
ND_LIBRARY(asin)
ND_LIBRARY(acos)
ND_LIBRARY(atan)
ND_LIBRARY(sinh)
ND_LIBRARY(cosh)
ND_LIBRARY(asinh)
ND_LIBRARY(acosh)
ND_LIBRARY(atanh)
#undef ND_LIBRARY

template <typename T>
concept Complex = is_complex_type<T>;
template <Complex T>
using RealOf = typename real_part_of<T>::type;

ND_INLINE float abs(complex64 x) { return __builtin_cabsf(x); }
ND_INLINE double abs(complex128 x) { return __builtin_cabs(x); }

template <typename T>
ND_INLINE T conj(T x) {
  if constexpr (is_complex_type<T>) {
    return complex_number(__real__ x, -__imag__ x);
  } else {
    return x;
  }
}
template <typename T>
ND_INLINE typename real_part_of<T>::type real(T x) {
  if constexpr (is_complex_type<T>) {
    return __real__ x;
  } else {
    return x;
  }
}
template <typename T>
ND_INLINE typename real_part_of<T>::type imag([[maybe_unused]] T x) {
  if constexpr (is_complex_type<T>) {
    return __imag__ x;
  } else {
    return T(0);
  }
}

template <Complex T>
ND_INLINE T log2(T x) {
  return log(x) * RealOf<T>(1.442695040888963407359924681001892137L);  // 1 / ln 2
}
template <Complex T>
ND_INLINE T log10(T x) {
  return log(x) * RealOf<T>(0.434294481903251827651128918916605082L);  // 1 / ln 10
}

// The library gives the imaginary zero of tanh(infinity + ib) the sign of sin 2b, as C11 does; by
// the Array API standard it has the sign of b.
template <Complex T>
ND_INLINE T tanh(T x) {
  using R = RealOf<T>;
  const R a = __real__ x, b = __imag__ x;
  if constexpr (sizeof(R) == 4) {
    const bool at_infinity = __builtin_isinf(a) && __builtin_isfinite(b);
    return at_infinity ? complex_number(__builtin_copysignf(1, a), __builtin_copysignf(0, b))
                       : __builtin_ctanhf(x);
  } else {
    const bool at_infinity = __builtin_isinf(a) && __builtin_isfinite(b);
    return at_infinity ? complex_number(__builtin_copysign(1, a), __builtin_copysign(0, b))
                       : __builtin_ctanh(x);
  }
}

// e^x - 1 = (e^a cos b - 1) + i e^a sin b, and cos b = 1 - 2 sin(b/2)^2 keeps what is small. Of
// infinities and NaN that makes NaN, so there it is e^x, which knows them, minus 1.
template <Complex T>
ND_INLINE T expm1(T x) {
  using R = RealOf<T>;
  const R a = __real__ x, b = __imag__ x;
  if (!__builtin_isfinite(a) || !__builtin_isfinite(b)) {
    const T exponential = exp(x);
    return complex_number(__real__ exponential - 1, __imag__ exponential);
  }
  // + 0 makes a negative zero, of expm1(-0 + 0i), the positive one that the standard wants.
  if constexpr (sizeof(R) == 4) {
    const R half = __builtin_sinf(b / 2);
    return complex_number(__builtin_expm1f(a) * __builtin_cosf(b) - 2 * half * half + 0,
                          __builtin_expf(a) * __builtin_sinf(b));
  } else {
    const R half = __builtin_sin(b / 2);
    return complex_number(__builtin_expm1(a) * __builtin_cos(b) - 2 * half * half + 0,
                          __builtin_exp(a) * __builtin_sin(b));
  }
}

// ln|1 + x| = log1p(a (2 + a) + b^2) / 2: exact where x is small, where 1 + x would lose digits.
template <Complex T>
ND_INLINE T log1p(T x) {
  using R = RealOf<T>;
  const R a = __real__ x, b = __imag__ x;
  const bool is_small = a > R(-0.5) && a < R(0.5) && b > R(-0.5) && b < R(0.5);
  if (!is_small) return log(complex_number(a + 1, b));
  if constexpr (sizeof(R) == 4) {
    return complex_number(__builtin_log1pf(a * (2 + a) + b * b) / 2, __builtin_atan2f(b, 1 + a));
  } else {
    return complex_number(__builtin_log1p(a * (2 + a) + b * b) / 2, __builtin_atan2(b, 1 + a));
  }
}

template <Complex T>
ND_INLINE T round(T x) {
  if constexpr (sizeof(T) == 8) {
    return complex_number(__builtin_rintf(__real__ x), __builtin_rintf(__imag__ x));
  } else {
    return complex_number(__builtin_rint(__real__ x), __builtin_rint(__imag__ x));
  }
}

// Of a complex number by zero: both parts by zero.
template <typename T>
ND_INLINE T divide(T x, T y) {
  if constexpr (is_complex_type<T>) {
    if (y == T(0)) {
      const RealOf<T> zero = 0;
      return complex_number(__real__ x / zero, __imag__ x / zero);
    }
  }
  return x / y;
}

// x / |x|, and 0 of 0. Halves of large parts have a magnitude that is not too large.
template <Complex T>
ND_INLINE T sign(T x) {
  using R = RealOf<T>;
  const R a = __real__ x / 2, b = __imag__ x / 2;
  const R halves = abs(complex_number(a, b));
  if (halves < R(1)) {  // where halving may have lost something
    const R magnitude = abs(x);
    return magnitude == 0 ? T(0) : complex_number(__real__ x / magnitude, __imag__ x / magnitude);
  }
  return complex_number(a / halves, b / halves);
}

template <Complex T>
ND_INLINE bool isnan(T x) {
  return __builtin_isnan(__real__ x) || __builtin_isnan(__imag__ x);
}
template <Complex T>
ND_INLINE bool isinf(T x) {
  return __builtin_isinf(__real__ x) || __builtin_isinf(__imag__ x);
}
template <Complex T>
ND_INLINE bool isfinite(T x) {
  return __builtin_isfinite(__real__ x) && __builtin_isfinite(__imag__ x);
}

// Small whole powers by squaring, which is exact where the product is; else e^(y ln x).
template <Complex T>
ND_INLINE T pow(T x, T y) {
  using R = RealOf<T>;
  const R exponent = __real__ y;
  if (__imag__ y == 0 && exponent >= R(-100) && exponent <= R(100)) {
    const int whole = static_cast<int>(exponent);
    if (static_cast<R>(whole) == exponent) {
      T result = T(1), power = x;
      for (int rest = whole < 0 ? -whole : whole; rest != 0; rest /= 2) {
        if (rest % 2 == 1) result = result * power;
        power = power * power;
      }
      return whole < 0 ? T(1) / result : result;
    }
  }
  if (x == T(0) && exponent > 0) return T(0);
  if constexpr (sizeof(R) == 4) {
    return __builtin_cpowf(x, y);
  } else {
    return __builtin_cpow(x, y);
  }
}

}  // namespace nd::m
