// exp, exp2, expm1, log, log1p, tanh, erf, sin and cos of a float, without branches or tables,
// so that a loop that calls them is vectorised. Infinities, NaN and signed zeros give what they
// should.
//
// Largest error in units in the last place of the exact result, subnormal ones included, measured
// against float64 with fused multiply-add and without:
//   exp 1.1 1.0   exp2 1.2 1.2   expm1 1.5 1.5   tanh 1.5 1.5
//   and in formulas.hpp: sigmoid 1.4 1.4         on every 7th float, and every 203rd
//   log 0.9 0.9   log1p 1.0 1.0   erf 1.2 1.2   sin 1.6 1.6   cos 1.6 1.6
//                                                on every float, and every 3001st
//
// Methods and polynomials, but for exp, exp2 and erf: Cephes (S. L. Moshier, "Methods and Programs
// for Mathematical Functions", 1989; expf.c, logf.c, tanhf.c, sinf.c), rearranged.
#pragma once

#include "ops/elementwise/float_parts.hpp"

namespace nd::m {
namespace detail {

// x = n ln 2 + r with |r| <= ln 2 / 2 (and a little), and e^r - 1. The polynomial is minimax, as
// that of exp2, of the relative error of e^r: 3.1e-9.
struct ExpParts {
  int32_t n;
  float expm1_r;
};
ND_INLINE ExpParts exp_parts(float x) {
  const float shifted = mul_add(x, 1.44269504f, whole_shift<float>);
  const float n = shifted - whole_shift<float>;
  // ln 2 in two pieces; the first has few bits, so that n times it is exact.
  float r = mul_add(n, -0.693359375f, x);
  r = mul_add(n, 2.12194440e-4f, r);
  const float p = polynomial(r, 0.49999994f, 0.16666521f, 0.04166839f, 0.008368745f, 0.001381454f);
  return {bits_of(shifted) - bits_of(whole_shift<float>), mul_add(p, r * r, r)};
}

// 2^n (1 + e).
ND_INLINE Rounded<float> scaled_value(int32_t n, float e) {
  // In two steps, since 2^n may overflow or be subnormal where the product isn't.
  const int32_t half = n >> 1;
  const float scale = power_of_two(half), rest = power_of_two(n - half);
  const float sum = 1.0f + e;
  return {sum * scale * rest, (e - (sum - 1.0f)) * scale * rest};
}

ND_INLINE Rounded<float> exp_value(float x) {
  // The ends give 0 and infinity by themselves; NaN passes.
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  const ExpParts e = exp_parts(x);
  return scaled_value(e.n, e.expm1_r);
}

// log(m) - f for m = 1 + f in [sqrt(1/2), sqrt(2)).
ND_INLINE float log_tail(float f) {
  const float p = polynomial(f, 3.3333331174e-1f, -2.4999993993e-1f, 2.0000714765e-1f,
                             -1.6668057665e-1f, 1.4249322787e-1f, -1.2420140846e-1f,
                             1.1676998740e-1f, -1.1514610310e-1f, 7.0376836292e-2f);
  const float square = f * f;
  return mul_add(p * f, square, -0.5f * square);
}

}  // namespace detail

ND_INLINE float exp(float x) { return detail::exp_value(x).high; }

namespace detail {

// x = n + r with |r| <= 1/2, and 2^r - 1. The polynomial is minimax (Remez), fitted for this file,
// of the relative error of 2^r: 2.0e-9.
ND_INLINE ExpParts exp2_parts(float x) {
  const float shifted = x + whole_shift<float>;
  const float r = x - (shifted - whole_shift<float>);
  const float p = polynomial(r, 0.6931472f, 0.24022648f, 0.055503324f, 0.009618438f, 0.0013398901f,
                             0.00015353342f);
  return {bits_of(shifted) - bits_of(whole_shift<float>), p * r};
}

}  // namespace detail

ND_INLINE float exp2(float x) {
  x = x < -151.0f ? -151.0f : x;
  x = x > 129.0f ? 129.0f : x;
  const detail::ExpParts e = detail::exp2_parts(x);
  return detail::scaled_value(e.n, e.expm1_r).high;
}
// exp where no result is large: for x <= 88 and NaN. 0 where the result would be subnormal.
ND_INLINE float bounded_exp(float x) {
  x = x < -88.0f ? -88.0f : x;  // -127 ln 2 rounds to it: 2^-127 has no bits
  const detail::ExpParts e = detail::exp_parts(x);
  return detail::scaled_normal(e.n, e.expm1_r);
}
// exp(x) / 2, of at most e^89 / 2, whose double is infinite; NaN passes. 0 where the result would
// be subnormal.
ND_INLINE float half_exp(float x) {
  x = x < -87.3f ? -87.3f : x;  // -126 ln 2 rounds to it: 2^-127 has no bits
  x = x > 89.0f ? 89.0f : x;
  const detail::ExpParts e = detail::exp_parts(x);
  return detail::scaled_normal(e.n - 1, e.expm1_r);
}
// For |x| <= 127; NaN passes. 0 where the result would be subnormal.
ND_INLINE float short_exp2(float x) {
  const detail::ExpParts e = detail::exp2_parts(x);
  return detail::scaled_normal(e.n, e.expm1_r);
}

ND_INLINE float expm1(float x) {
  const float original = x;
  x = x < -18.0f ? -18.0f : x;  // e^-18 is less than half a unit in the last place of 1
  x = x > 89.0f ? 89.0f : x;
  const detail::ExpParts e = detail::exp_parts(x);
  const float half =
      detail::power_of_two(e.n - 1);  // 2^n itself may overflow where the result doesn't
  const float result = 2.0f * mul_add(half, e.expm1_r, half - 0.5f);
  return __builtin_fabsf(original) < 1e-8f ? original : result;
}

ND_INLINE float log(float x) {
  const bool subnormal = x < 1.17549435e-38f;
  const float scaled = subnormal ? x * 8388608.0f : x;  // 2^23
  const detail::LogParts<float> l = detail::log_parts(scaled);
  const float exponent = l.exponent - (subnormal ? 23.0f : 0.0f);
  const float low = mul_add(exponent, -2.12194440e-4f, detail::log_tail(l.f));
  float result = mul_add(exponent, 0.693359375f, l.f + low);
  result = x < __builtin_inff() ? result : x;  // infinity and NaN
  result = x == 0.0f ? -__builtin_inff() : result;
  return x < 0.0f ? __builtin_nanf("") : result;
}

ND_INLINE float log1p(float x) {
  const float u = 1.0f + x;
  // log(1 + x) = log(u) + log(1 + lost / u), where lost is what the rounding of u dropped.
  const float lost = x < 1.0f ? x - (u - 1.0f) : 1.0f - (u - x);
  const detail::LogParts<float> l = detail::log_parts(u);
  const float tail = detail::log_tail(l.f) + lost / u;
  const float low = mul_add(l.exponent, -2.12194440e-4f, tail);
  float result = mul_add(l.exponent, 0.693359375f, l.f + low);
  result = x < __builtin_inff() ? result : x;
  result = __builtin_fabsf(x) < 1e-8f ? x : result;
  result = x == -1.0f ? -__builtin_inff() : result;
  return x < -1.0f ? __builtin_nanf("") : result;
}

ND_INLINE float tanh(float x) {
  const float a = __builtin_fabsf(x);
  const float z = x * x;
  const float p = polynomial(z, -3.33332819422e-1f, 1.33314422036e-1f, -5.37397155531e-2f,
                             2.06390887954e-2f, -5.70498872745e-3f);
  const float near = mul_add(p * z, a, a);
  const float e = bounded_exp(-2.0f * a);
  const float far = 1.0f - 2.0f * e / (1.0f + e);
  return __builtin_copysignf(a < 0.625f ? near : far, x);  // of -0 as well
}

// Polynomials fitted for this file: minimax (Lawson's weighted least squares at Chebyshev nodes)
// for erf(x)/x - 1 in x^2 on [0, 0.9] and for -log(erfc(x))/x on [0.88, 4], to 0.006 units.
ND_INLINE float erf(float x) {
  const float z = x * x;
  const float p = polynomial(z, 1.28379166e-1f, -3.76126349e-1f, 1.12837076e-1f, -2.68600751e-2f,
                             5.20273717e-3f, -8.16237356e-4f, 8.45466493e-5f);
  const float near = mul_add(p, x, x);

  const float magnitude = __builtin_fabsf(x);
  const float a = magnitude > 4.0f ? 4.0f : magnitude;  // erf(4) rounds to 1
  const float q = polynomial(a, 1.12853253f, 6.35715306e-1f, 1.05086416e-1f, -2.24868134e-2f,
                             2.81353109e-3f, -7.06361288e-6f, -5.39858411e-5f, 5.63275444e-6f);
  const float far = __builtin_copysignf(1.0f - exp(-a * q), x);
  return magnitude < 0.9f ? near : far;
}

namespace detail {

// x = turns pi / 2 + r with |r| <= pi / 4 (and a little).
struct Turns {
  double r;
  int32_t turns;
};
ND_INLINE Turns turns_of(float x) {
  const double wide = static_cast<double>(x);
  const double n = nearest_whole(wide * 0.63661977236758134308);  // 2 / pi
  // pi / 2 in three pieces; the first two have 22 bits, so that n times them is exact.
  const double r =
      wide - n * 1.570796012878418 - n * 3.139164164167596e-07 - n * 6.223372171896613e-14;
  return {r, static_cast<int32_t>(n)};
}

// sin(x + turns pi / 2).
ND_INLINE float sin_of_turned(float x, int32_t turns) {
  const Turns t = turns_of(x);
  const int32_t quarter = t.turns + turns;
  const float a = static_cast<float>(t.r);
  const float z = a * a;
  const float p = polynomial(z, -1.6666654611e-1f, 8.3321608736e-3f, -1.9515295891e-4f);
  const float sine = __builtin_copysignf(mul_add(p * z, a, a), a);  // of -0 as well
  const float q =
      polynomial(z, 4.166664568298827e-2f, -1.388731625493765e-3f, 2.443315711809948e-5f);
  const float cosine = mul_add(q * z, z, mul_add(-0.5f, z, 1.0f));
  const float value = (quarter & 1) != 0 ? cosine : sine;
  return float_of(bits_of(value) ^ ((quarter & 2) << 30));
}

}  // namespace detail

ND_INLINE float sin(NearZero<float> x) { return detail::sin_of_turned(x.value, 0); }
ND_INLINE float cos(NearZero<float> x) { return detail::sin_of_turned(x.value, 1); }
#if defined(__CUDA_ARCH__)
ND_INLINE float sin(float x) { return __builtin_sinf(x); }  // doubles are slow on most GPUs
ND_INLINE float cos(float x) { return __builtin_cosf(x); }
#else
ND_INLINE float sin(float x) {
  return is_near_zero(x) ? sin(NearZero<float>{x}) : __builtin_sinf(x);
}
ND_INLINE float cos(float x) {
  return is_near_zero(x) ? cos(NearZero<float>{x}) : __builtin_cosf(x);
}
#endif

}  // namespace nd::m
