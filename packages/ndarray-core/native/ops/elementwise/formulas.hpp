// The arithmetic behind unary.inc and binary.inc, for one element: NumPy's results in every corner.
// Written without branches where a loop over it is to be vectorised. Integers wrap around (the
// kernels are compiled with -fwrapv).
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "ops/elementwise/complex_functions.hpp"
#include "ops/elementwise/float32_functions.hpp"
#include "ops/elementwise/float64_functions.hpp"
#include "ops/elementwise/special_functions.hpp"
#include "ops/elementwise/wide_functions.hpp"

namespace nd::m {

template <typename T>
inline constexpr bool is_float = std::is_floating_point_v<T>;

ND_INLINE float sqrt(float x) { return __builtin_sqrtf(x); }
ND_INLINE double sqrt(double x) { return __builtin_sqrt(x); }

// From the C library. For float these are in wide_functions.hpp.
#define ND_LIBRARY(name) \
  ND_INLINE double name(double x) { return __builtin_##name(x); }
ND_LIBRARY(exp2)
ND_LIBRARY(log2)
ND_LIBRARY(log10)
ND_LIBRARY(tan)
ND_LIBRARY(asin)
ND_LIBRARY(acos)
ND_LIBRARY(atan)
ND_LIBRARY(sinh)
ND_LIBRARY(cosh)
ND_LIBRARY(asinh)
ND_LIBRARY(acosh)
ND_LIBRARY(atanh)
ND_LIBRARY(erfc)
#undef ND_LIBRARY
ND_INLINE double atan2(double y, double x) { return __builtin_atan2(y, x); }
ND_INLINE double hypot(double x, double y) { return __builtin_hypot(x, y); }
ND_INLINE double fmod(double x, double y) { return __builtin_fmod(x, y); }

// For float and double.
#define ND_LIBRARY(name)                                                       \
  ND_INLINE double name(double x, double y) { return __builtin_##name(x, y); } \
  ND_INLINE float name(float x, float y) { return __builtin_##name##f(x, y); }
ND_LIBRARY(copysign)
ND_LIBRARY(nextafter)
#undef ND_LIBRARY

template <typename T>
  requires is_float<T>
ND_INLINE T sigmoid(T x) {
  const detail::Rounded<T> e = detail::exp_value(x < 0 ? x : -x);
  const T denominator = 1 + e.high;
  const T numerator = x < 0 ? e.high : T(1);
  const T quotient = numerator / denominator;
  // Without what was rounded off so far, the result could be 2.7 units off.
  const T numerator_low = x < 0 ? e.low : T(0);
  const T denominator_low = e.high - (denominator - 1) + e.low;
  const T error = mul_add(-quotient, denominator_low, numerator_low);
  return mul_add(error, 1 / denominator, quotient);
}

// x times the sigmoid of y, for factors, whose accuracy far out is not needed.
template <typename T>
  requires is_float<T>
ND_INLINE T times_sigmoid(T x, T y) {
  return x / mul_add(T(2), half_exp(-y), T(1));
}

// Near 1/2 from x - 1/2, which is exact, as x / (1 - x) isn't.
ND_INLINE double logit(double x) {
  const bool near = (x > 0.3) & (x < 0.7);
  const double excess = 2.0 * x - 1.0, lesser = x < 0.5 ? x : 1.0 - x;
  const double magnitude = log1p(__builtin_fabs(excess) / lesser);
  return near ? __builtin_copysign(magnitude, excess) : log(x / (1.0 - x));
}

// Rounding leaves integers alone.
#define ND_ROUNDING(name, builtin)            \
  template <typename T>                       \
  ND_INLINE T name(T x) {                     \
    if constexpr (std::is_same_v<T, float>) { \
      return __builtin_##builtin##f(x);       \
    } else if constexpr (is_float<T>) {       \
      return __builtin_##builtin(x);          \
    } else {                                  \
      return x;                               \
    }                                         \
  }
ND_ROUNDING(floor, floor)
ND_ROUNDING(ceil, ceil)
ND_ROUNDING(trunc, trunc)
ND_ROUNDING(round, rint)  // half to even, which is the rounding mode of every process here
#undef ND_ROUNDING

template <typename T>
ND_INLINE T abs(T x) {
  if constexpr (std::is_same_v<T, float>) {
    return __builtin_fabsf(x);
  } else if constexpr (is_float<T>) {
    return __builtin_fabs(x);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<T>(x < 0 ? -x : x);
  } else {
    return x;
  }
}

template <typename T>
ND_INLINE T sign(T x) {
  if constexpr (std::is_unsigned_v<T>) {
    return x != 0;
  } else {
    const T result = static_cast<T>((x > T(0)) - (x < T(0)));
    return x != x ? x : result;
  }
}

template <typename T>
ND_INLINE bool isnan(T x) {
  return x != x;
}
template <typename T>
ND_INLINE bool isinf(T x) {
  if constexpr (is_float<T>) {
    return abs(x) == std::numeric_limits<T>::infinity();
  } else {
    return false;
  }
}
template <typename T>
ND_INLINE bool isfinite(T x) {
  if constexpr (is_float<T>) {
    return abs(x) < std::numeric_limits<T>::infinity();
  } else {
    return true;
  }
}

ND_INLINE bool signbit(float x) { return __builtin_bit_cast(int32_t, x) < 0; }
ND_INLINE bool signbit(double x) { return __builtin_bit_cast(int64_t, x) < 0; }

template <typename T>
ND_INLINE T invert(T x) {
  if constexpr (std::is_same_v<T, bool>) {
    return !x;
  } else {
    return static_cast<T>(~x);
  }
}

// NaN wins.
template <typename T>
ND_INLINE T maximum(T x, T y) {
  return (x >= y) | (x != x) ? x : y;
}
template <typename T>
ND_INLINE T minimum(T x, T y) {
  return (x <= y) | (x != x) ? x : y;
}

// A number wins over NaN.
template <typename T>
ND_INLINE T fmax(T x, T y) {
  return (x >= y) | (y != y) ? x : y;
}
template <typename T>
ND_INLINE T fmin(T x, T y) {
  return (x <= y) | (y != y) ? x : y;
}

// A divisor that the processor accepts: division by 0 and INT_MIN / -1 trap.
template <typename T>
ND_INLINE T safe_divisor(T y) {
  return (y == T(0)) | (std::is_signed_v<T> && y == static_cast<T>(-1)) ? T(1) : y;
}

template <typename T>
  requires std::is_integral_v<T>
ND_INLINE T fmod(T x, T y) {
  return static_cast<T>(x % safe_divisor(y));  // 0 for y = 0 and y = -1
}

template <typename T>
ND_INLINE bool is_negative(T x) {
  if constexpr (std::is_unsigned_v<T>) {
    return false;
  } else {
    return x < 0;
  }
}

// Of r, which is fmod(x, y).
template <typename T>
ND_INLINE T remainder_from(T r, T y) {
  if constexpr (is_float<T>) {
    const T moved = (y < 0) != (r < 0) ? r + y : r;
    return y == 0 ? r : (r == 0 ? copysign(T(0), y) : moved);  // NaN for y = 0
  } else {
    return static_cast<T>((r != 0) & (is_negative(r) != is_negative(y)) ? r + y : r);
  }
}
// Of r, which is fmod(x, y) and exact, as Python's float.__floordiv__. But as the Array API
// standard has it where an operand is infinite: x / y rounded down.
template <typename T>
ND_INLINE T floor_divide_from(T r, T x, T y) {
  const bool finite = isfinite(x) & isfinite(y) & (y != 0);
  const T quotient = (x - r) / y - ((r != 0) & ((y < 0) != (r < 0)) ? T(1) : T(0));
  const T down = floor(quotient);
  const T nearest = quotient - down > T(0.5) ? down + T(1) : down;
  return !finite ? floor(x / y) : (quotient == 0 ? copysign(T(0), x / y) : nearest);
}

template <typename T>
ND_INLINE T remainder(T x, T y) {
  return remainder_from(fmod(x, y), y);  // of integers: 0 for y = 0 and y = -1
}

template <typename T>
ND_INLINE T floor_divide(T x, T y) {
  if constexpr (is_float<T>) {
    return floor_divide_from(fmod(x, y), x, y);
  } else {
    const T divisor = safe_divisor(y);
    const T q = static_cast<T>(x / divisor);
    const T down = static_cast<T>(q - ((x % divisor != 0) & (is_negative(x) != is_negative(y))));
    if constexpr (std::is_signed_v<T>) {
      if (y == T(-1)) return static_cast<T>(-x);
    }
    return y == 0 ? T(0) : down;
  }
}

#if !defined(__CUDA_ARCH__)
ND_INLINE float remainder(SmallQuotient x, SmallQuotient y) {
  return remainder_from(fmod(x, y), y.value);
}
ND_INLINE float floor_divide(SmallQuotient x, SmallQuotient y) {
  return floor_divide_from(fmod(x, y), x.value, y.value);
}
#endif

template <typename T>
ND_INLINE T pow(T x, T y) {
  if constexpr (is_float<T>) {
    return __builtin_pow(x, y);
  } else {
    // By squaring. The exponent isn't negative: the checked operation has seen to that.
    using Unsigned = std::make_unsigned_t<T>;
    T result = 1;
    for (Unsigned rest = static_cast<Unsigned>(y); rest != 0; rest = rest >> 1) {
      if (rest & 1) result = static_cast<T>(result * x);
      x = static_cast<T>(x * x);
    }
    return result;
  }
}

template <typename T>
ND_INLINE T logaddexp(T x, T y) {
  const T larger = maximum(x, y);
  const T result = larger + log1p(exp(-abs(x - y)));
  return x == y ? x + T(0.693147180559945309) : result;  // ln 2; infinities of one sign, too
}

// Shifting by the width or more, or by a negative number, leaves no bit but copies of the sign.
template <typename T>
ND_INLINE T shift_left(T x, T y) {
  using Unsigned = std::make_unsigned_t<T>;
  constexpr Unsigned width = 8 * sizeof(T);
  const Unsigned count = static_cast<Unsigned>(y);
  const Unsigned shifted = static_cast<Unsigned>(static_cast<Unsigned>(x) << (count % width));
  return count < width ? static_cast<T>(shifted) : T(0);
}
template <typename T>
ND_INLINE T shift_right(T x, T y) {
  using Unsigned = std::make_unsigned_t<T>;
  constexpr Unsigned width = 8 * sizeof(T);
  const Unsigned count = static_cast<Unsigned>(y);
  return static_cast<T>(x >> (count < width ? count : width - 1) >> (count < width ? 0 : 1));
}

// Conversion between element types. Floating to integer is never undefined; it gives what NumPy
// gives on x86-64: towards zero; what does not fit (NaN too) becomes the least int32 or int64, of
// which narrower and unsigned types keep the low bits.
template <typename To, typename From>
ND_INLINE To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (is_half<From>) {
    return convert<To>(widen(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return !equal(x, constant<From>(0));
  } else if constexpr (std::is_same_v<To, float16> && std::is_same_v<From, double>) {
    return narrow<To>(round_to_odd(x));
  } else if constexpr (is_half<To>) {
    return narrow<To>(static_cast<float>(x));
  } else if constexpr (is_complex_type<To> && !is_complex_type<From>) {
    return complex_number(convert<typename real_part_of<To>::type>(x),
                          typename real_part_of<To>::type(0));
  } else if constexpr (is_float<From> && !is_float<To>) {
    using Signed =
        std::conditional_t<(sizeof(To) < 4 || std::is_same_v<To, int32_t>), int32_t, int64_t>;
    constexpr From least = static_cast<From>(std::numeric_limits<Signed>::min());
    if constexpr (std::is_same_v<To, uint64_t>) {
      const From high = x - -least;
      const bool upper = x >= -least;
      const From value = upper ? high : x;
      const int64_t low = convert<int64_t>(value);
      return static_cast<uint64_t>(low) ^ (upper ? uint64_t{1} << 63 : 0);
    } else {
      return static_cast<To>(static_cast<Signed>((x >= least) & (x < -least) ? x : least));
    }
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace nd::m
