// The element types that hold 16-bit floating numbers, and C's complex numbers under the names of
// the element types. float16 and bfloat16 are for storage: arithmetic is done in float32.
#pragma once

#include <cstdint>
#include <type_traits>

// Internal linkage, always inlined: a kernel compiled for one instruction set must not lend its
// copy to the others.
#if defined(__CUDACC__)
#define ND_INLINE static __host__ __device__ __forceinline__
#else
#define ND_INLINE static inline __attribute__((always_inline))
#endif

namespace nd {

// IEEE 754 binary16: 5 bits of exponent, 10 of fraction.
struct float16 {
  uint16_t bits;
};
// The upper half of a float32: 8 bits of exponent, 7 of fraction.
struct bfloat16 {
  uint16_t bits;
};

// The language's own complex numbers: arithmetic needs no class, and loops over them vectorise.
using complex64 = _Complex float;
using complex128 = _Complex double;

template <typename T>
inline constexpr bool is_half = std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;
template <typename T>
inline constexpr bool is_complex_type =
    std::is_same_v<T, complex64> || std::is_same_v<T, complex128>;

// The type of a complex number's parts; any other type itself.
template <typename T>
struct real_part_of {
  using type = T;
};
template <>
struct real_part_of<complex64> {
  using type = float;
};
template <>
struct real_part_of<complex128> {
  using type = double;
};

ND_INLINE float widen(bfloat16 x) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(x.bits) << 16);
}

// The exponent of a float16, taken for that of a float32, is 2^112 too small; a multiplication
// corrects subnormal numbers, too.
ND_INLINE float widen(float16 x) {
  const uint32_t magnitude = static_cast<uint32_t>(x.bits & 0x7FFF) << 13;
  const uint32_t scaled =
      __builtin_bit_cast(uint32_t, __builtin_bit_cast(float, magnitude) * 0x1p112f);
  const uint32_t special = magnitude | 0x7F800000u;  // infinities and NaN
  const uint32_t sign = static_cast<uint32_t>(x.bits & 0x8000) << 16;
  return __builtin_bit_cast(float, sign | ((x.bits & 0x7C00) == 0x7C00 ? special : scaled));
}

// To the nearest one, half to even. Written without branches, for loops that are vectorised.
template <typename Half>
ND_INLINE Half narrow(float x) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, x);
  if constexpr (std::is_same_v<Half, bfloat16>) {
    // A NaN is made quiet, and not rounded.
    const uint32_t quiet = x != x ? 0x400000 : 0, half = x != x ? 0 : 0x7FFF + (bits >> 16 & 1);
    return {static_cast<uint16_t>(((bits | quiet) + half) >> 16)};
  } else {
    const uint32_t magnitude = bits & 0x7FFFFFFF;
    const uint32_t rebased = magnitude - (112u << 23);
    const uint32_t normal = (rebased + 0xFFF + (rebased >> 13 & 1)) >> 13;
    // The unit of a number from 1/2 to 1 is the smallest float16: adding 1/2 rounds to it.
    const uint32_t subnormal =
        __builtin_bit_cast(uint32_t, __builtin_bit_cast(float, magnitude) + 0.5f) - 0x3F000000u;
    const uint32_t quiet_nan = 0x7E00 | (magnitude >> 13 & 0x1FF);
    uint32_t result = magnitude < 0x38800000u ? subnormal : normal;  // 2^-14
    result = magnitude >= 0x477FF000u ? 0x7C00 : result;             // 65520 rounds to infinity
    result = magnitude > 0x7F800000u ? quiet_nan : result;
    return {static_cast<uint16_t>(result | (bits >> 16 & 0x8000))};
  }
}

// A float whose rounding to a narrower type is that of x: cut off, with the last bit set if
// anything was lost (rounding to odd: Boldo and Melquiond, "Emulation of FMA and correctly rounded
// sums: proved algorithms using rounding to odd", 2008).
ND_INLINE float round_to_odd(double x) {
  const float nearest = static_cast<float>(x);
  const double back = static_cast<double>(nearest);
  uint32_t bits = __builtin_bit_cast(uint32_t, nearest);
  bits -= __builtin_fabs(back) > __builtin_fabs(x) ? 1 : 0;
  bits |= back != x && x == x ? 1 : 0;
  return __builtin_bit_cast(float, bits);
}

}  // namespace nd
