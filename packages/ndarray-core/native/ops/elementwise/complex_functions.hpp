// The functions of complex numbers behind unary.inc and binary.inc: the C library's, whose branch
// cuts and special values are those of C99's Annex G, which NumPy and the Array API standard
// follow; and what the library lacks.
#pragma once

#include "core/half.hpp"

#if defined(__CUDACC__)
#include <cuda/std/complex>
#endif

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

template <typename T>
concept Complex = is_complex_type<T>;
template <Complex T>
using RealOf = typename real_part_of<T>::type;

// A real constant as a T.
template <typename T>
ND_INLINE T constant(typename real_part_of<T>::type x) {
  if constexpr (is_complex_type<T>) {
    return complex_number(x, typename real_part_of<T>::type(0));
  } else {
    return x;
  }
}

template <typename T>
ND_INLINE bool equal(T x, T y) {
  if constexpr (is_complex_type<T>) {
    return __real__ x == __real__ y && __imag__ x == __imag__ y;
  } else {
    return x == y;
  }
}

// The schoolbook product, as NumPy's. Like `equal` spelled out: for the language's own operators
// nvcc asks for functions that a GPU has not.
template <typename T>
ND_INLINE T multiply(T x, T y) {
  if constexpr (is_complex_type<T>) {
    return complex_number(__real__ x * __real__ y - __imag__ x * __imag__ y,
                          __real__ x * __imag__ y + __imag__ x * __real__ y);
  } else {
    return static_cast<T>(x * y);
  }
}

// A GPU has no C library: there they are libcu++'s, which comes with CUDA.
namespace library {
#if defined(__CUDA_ARCH__)
template <Complex T>
ND_INLINE auto to_number(T x) {
  return ::cuda::std::complex<RealOf<T>>(__real__ x, __imag__ x);
}
#define ND_LIBRARY(name)                                 \
  template <Complex T>                                   \
  ND_INLINE T name(T x) {                                \
    const auto result = ::cuda::std::name(to_number(x)); \
    return complex_number(result.real(), result.imag()); \
  }
template <Complex T>
ND_INLINE T pow(T x, T y) {
  const auto result = ::cuda::std::pow(to_number(x), to_number(y));
  return complex_number(result.real(), result.imag());
}
#else
#define ND_LIBRARY(name)                                                   \
  ND_INLINE complex128 name(complex128 x) { return __builtin_c##name(x); } \
  ND_INLINE complex64 name(complex64 x) { return __builtin_c##name##f(x); }
ND_INLINE complex128 pow(complex128 x, complex128 y) { return __builtin_cpow(x, y); }
ND_INLINE complex64 pow(complex64 x, complex64 y) { return __builtin_cpowf(x, y); }
#endif
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
ND_LIBRARY(tanh)
ND_LIBRARY(asinh)
ND_LIBRARY(acosh)
ND_LIBRARY(atanh)
#undef ND_LIBRARY
}  // namespace library

using library::acos;
using library::acosh;
using library::asin;
using library::asinh;
using library::atan;
using library::atanh;
using library::cos;
using library::cosh;
using library::exp;
using library::log;
using library::sin;
using library::sinh;
using library::sqrt;
using library::tan;

ND_INLINE float abs(complex64 x) { return __builtin_hypotf(__real__ x, __imag__ x); }
ND_INLINE double abs(complex128 x) { return __builtin_hypot(__real__ x, __imag__ x); }
template <typename R>
ND_INLINE bool is_finite_part(R x) {
  return x - x == 0;
}
template <typename R>
ND_INLINE bool is_infinite_part(R x) {
  return x == x && x - x != 0;
}

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
ND_INLINE T scale(T x, RealOf<T> factor) {
  return complex_number(__real__ x * factor, __imag__ x * factor);
}
template <Complex T>
ND_INLINE T log2(T x) {
  return scale(log(x), RealOf<T>(1.442695040888963407359924681001892137L));  // 1 / ln 2
}
template <Complex T>
ND_INLINE T log10(T x) {
  return scale(log(x), RealOf<T>(0.434294481903251827651128918916605082L));  // 1 / ln 10
}

// The library gives the imaginary zero of tanh(infinity + ib) the sign of sin 2b, as C11 does; by
// the Array API standard it has the sign of b.
template <Complex T>
ND_INLINE T tanh(T x) {
  using R = RealOf<T>;
  const R a = __real__ x, b = __imag__ x;
  // 0 * b has the sign of b.
  const bool at_infinity = is_infinite_part(a) && is_finite_part(b);
  return at_infinity ? complex_number(a > 0 ? R(1) : R(-1), 0 * b) : library::tanh(x);
}

// e^x - 1 = (e^a cos b - 1) + i e^a sin b, and cos b = 1 - 2 sin(b/2)^2 keeps what is small. Of
// infinities and NaN that makes NaN, so there it is e^x, which knows them, minus 1.
template <Complex T>
ND_INLINE T expm1(T x) {
  using R = RealOf<T>;
  const R a = __real__ x, b = __imag__ x;
  if (!is_finite_part(a) || !is_finite_part(b)) {
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

// By Smith's method (1962), as NumPy: it divides by the larger part of y first, so that no square
// overflows. Of a complex number by zero: both parts by zero.
template <Complex T>
ND_INLINE T quotient(T x, T y) {
  using R = RealOf<T>;
  const R a = __real__ x, b = __imag__ x, c = __real__ y, d = __imag__ y;
  if (c == 0 && d == 0) return complex_number(a / c, b / c);
  if ((c < 0 ? -c : c) < (d < 0 ? -d : d)) {
    const R ratio = c / d, divisor = c * ratio + d;
    return complex_number((a * ratio + b) / divisor, (b * ratio - a) / divisor);
  }
  const R ratio = d / c, divisor = d * ratio + c;
  return complex_number((b * ratio + a) / divisor, (b - a * ratio) / divisor);
}

template <typename T>
ND_INLINE T divide(T x, T y) {
  if constexpr (is_complex_type<T>) {
    return quotient(x, y);
  } else {
    return x / y;
  }
}

// x / |x|, and 0 of 0. Halves of large parts have a magnitude that is not too large.
template <Complex T>
ND_INLINE T sign(T x) {
  using R = RealOf<T>;
  const R a = __real__ x / 2, b = __imag__ x / 2;
  const R halves = abs(complex_number(a, b));
  if (halves < R(1)) {  // where halving may have lost something
    const R magnitude = abs(x);
    return magnitude == 0 ? constant<T>(0)
                          : complex_number(__real__ x / magnitude, __imag__ x / magnitude);
  }
  return complex_number(a / halves, b / halves);
}

template <Complex T>
ND_INLINE bool isnan(T x) {
  return __real__ x != __real__ x || __imag__ x != __imag__ x;
}
template <Complex T>
ND_INLINE bool isinf(T x) {
  return is_infinite_part(__real__ x) || is_infinite_part(__imag__ x);
}
template <Complex T>
ND_INLINE bool isfinite(T x) {
  return is_finite_part(__real__ x) && is_finite_part(__imag__ x);
}

// Small whole powers by squaring, which is exact where the product is; else e^(y ln x).
template <Complex T>
ND_INLINE T pow(T x, T y) {
  using R = RealOf<T>;
  const R exponent = __real__ y;
  if (__imag__ y == 0 && exponent >= R(-100) && exponent <= R(100)) {
    const int whole = static_cast<int>(exponent);
    if (static_cast<R>(whole) == exponent) {
      T result = constant<T>(1), power = x;
      for (int rest = whole < 0 ? -whole : whole; rest != 0; rest /= 2) {
        if (rest % 2 == 1) result = multiply(result, power);
        power = multiply(power, power);
      }
      return whole < 0 ? quotient(constant<T>(1), result) : result;
    }
  }
  if (equal(x, constant<T>(0)) && exponent > 0) return constant<T>(0);
  return library::pow(x, y);
}

}  // namespace nd::m
