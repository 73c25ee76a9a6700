// exp, expm1, log, log1p, tanh, erf, sin and cos of a double, as float32_functions.hpp has them of
// a float: without branches or tables, so that a loop that calls them is vectorised.
//
// Largest error in units in the last place of the exact result, measured against long doubles on
// millions of numbers of all sizes (with fused multiply-add, without):
//   exp 1.0 1.0   expm1 1.8 1.9   log 0.9 0.9   log1p 0.9 0.9   tanh 1.4 1.4   erf 1.4 1.6
//   sin 0.8 0.8   cos 0.8 0.8
//
// Methods, but for erf: those of fdlibm (Sun Microsystems, 1993), without its cases. The
// polynomials are minimax (Remez), fitted for this file.
#pragma once

#include "ops/elementwise/float_parts.hpp"

namespace nd::m {
namespace detail {

constexpr double ln_2_high = 0x1.62e42feep-1;  // 33 bits: whole numbers times it are exact
constexpr double ln_2_low = 0x1.a39ef35793c76p-33;

// x = n ln 2 + r with |r| <= ln 2 / 2 (and a little), and e^r - 1.
struct WideExpParts {
  double n, expm1_r;
};
ND_INLINE WideExpParts exp_parts(double x) {
  const double n = nearest_whole(x * 1.4426950408889634);
  const double r = mul_add(n, -ln_2_low, mul_add(n, -ln_2_high, x));
  const double p = polynomial(r, 0.5, 1.6666666666666677e-01, 4.16666666666667e-02,
                              8.333333333321615e-03, 1.3888888888866741e-03, 1.9841269886161953e-04,
                              2.480158736072575e-05, 2.755724417833529e-06, 2.755724262907982e-07,
                              2.5109046166044366e-08, 2.0924479794466814e-09);
  return {n, mul_add(p, r * r, r)};
}

// log(1 + f) - f.
ND_INLINE double log_tail(double f) {
  const double s = f / (2.0 + f), z = s * s;
  const double p =
      z * polynomial(z, 6.666666666666734e-01, 3.9999999999414293e-01, 2.8571428742478955e-01,
                     2.222219856317434e-01, 1.8183564881717693e-01, 1.5314035423302436e-01,
                     1.4796110091754433e-01);
  const double half_square = 0.5 * f * f;
  return mul_add(s, half_square + p, -half_square);
}

ND_INLINE Rounded<double> exp_value(double x) {
  // The ends give 0 and infinity by themselves; NaN passes.
  x = x < -746.0 ? -746.0 : x;
  x = x > 710.0 ? 710.0 : x;
  const WideExpParts e = exp_parts(x);
  // In two steps, since 2^n may overflow or be subnormal where the product isn't.
  const double half = nearest_whole(0.5 * e.n);
  const double scale = power_of_two(half), rest = power_of_two(e.n - half);
  const double sum = 1.0 + e.expm1_r;
  return {sum * scale * rest, (e.expm1_r - (sum - 1.0)) * scale * rest};
}

}  // namespace detail

ND_INLINE double exp(double x) { return detail::exp_value(x).high; }
// exp where no result is large: for x <= 709 and NaN. 0 where the result would be subnormal.
ND_INLINE double bounded_exp(double x) {
  x = x < -709.0 ? -709.0 : x;  // -1023 ln 2 rounds to it: 2^-1023 has no bits
  const detail::WideExpParts e = detail::exp_parts(x);
  return detail::scaled_normal(e.n, e.expm1_r);
}
// exp(x) / 2, of at most e^710 / 2, whose double is infinite; NaN passes. 0 where the result would
// be subnormal.
ND_INLINE double half_exp(double x) {
  x = x < -708.2 ? -708.2 : x;  // -1022 ln 2 rounds to it: 2^-1023 has no bits
  x = x > 710.0 ? 710.0 : x;
  const detail::WideExpParts e = detail::exp_parts(x);
  return detail::scaled_normal(e.n - 1.0, e.expm1_r);
}

ND_INLINE double expm1(double x) {
  const double original = x;
  x = x < -40.0 ? -40.0 : x;  // e^-40 is less than half a unit in the last place of 1
  x = x > 710.0 ? 710.0 : x;
  const detail::WideExpParts e = detail::exp_parts(x);
  const double half = detail::power_of_two(e.n - 1.0);  // 2^n itself may overflow
  const double result = 2.0 * mul_add(half, e.expm1_r, half - 0.5);
  return __builtin_fabs(original) < 1e-17 ? original : result;
}

ND_INLINE double log(double x) {
  const bool subnormal = x < 0x1p-1022;
  const detail::LogParts<double> l = detail::log_parts(subnormal ? x * 0x1p54 : x);
  const double exponent = l.exponent - (subnormal ? 54.0 : 0.0);
  const double low = mul_add(exponent, detail::ln_2_low, detail::log_tail(l.f));
  double result = mul_add(exponent, detail::ln_2_high, l.f + low);
  result = x < __builtin_inf() ? result : x;  // infinity and NaN
  result = x == 0.0 ? -__builtin_inf() : result;
  return x < 0.0 ? __builtin_nan("") : result;
}

ND_INLINE double log1p(double x) {
  const double u = 1.0 + x;
  // log(1 + x) = log(u) + log(1 + lost / u), where lost is what the rounding of u dropped.
  const double lost = x < 1.0 ? x - (u - 1.0) : 1.0 - (u - x);
  const detail::LogParts<double> l = detail::log_parts(u);
  const double tail = detail::log_tail(l.f) + lost / u;
  const double low = mul_add(l.exponent, detail::ln_2_low, tail);
  double result = mul_add(l.exponent, detail::ln_2_high, l.f + low);
  result = x < __builtin_inf() ? result : x;
  result = __builtin_fabs(x) < 1e-17 ? x : result;
  result = x == -1.0 ? -__builtin_inf() : result;
  return x < -1.0 ? __builtin_nan("") : result;
}

ND_INLINE double tanh(double x) {
  const double a = __builtin_fabs(x), z = x * x;
  const double p =
      polynomial(z, -3.3333333333332876e-01, 1.333333333326489e-01, -5.396825393247263e-02,
                 2.186948760177417e-02, -8.863221317063314e-03, 3.5919915547450902e-03,
                 -1.4549704011028787e-03, 5.863522564673886e-04, -2.286328094683584e-04,
                 7.721871457026264e-05, -1.6107329359446444e-05);
  const double near = mul_add(p * z, a, a);
  const double e = bounded_exp(-2.0 * a);
  const double far = 1.0 - 2.0 * e / (1.0 + e);
  return __builtin_copysign(a < 0.625 ? near : far, x);  // of -0 as well
}

ND_INLINE double erf(double x) {
  const double p =
      polynomial(x * x, 1.283791670955126e-01, -3.761263890318375e-01, 1.1283791670954885e-01,
                 -2.6866170645077878e-02, 5.223977624828475e-03, -8.548326981428094e-04,
                 1.2055331133047608e-04, -1.4925595774335472e-05, 1.6461008511274393e-06,
                 -1.635039656387863e-07, 1.4660330912041629e-08, -1.137496376482555e-09,
                 5.960698155861718e-11);
  const double near = mul_add(p, x, x);

  const double magnitude = __builtin_fabs(x);
  const double a = magnitude > 6.0 ? 6.0 : magnitude;  // erf(6) rounds to 1
  // erfc(a) e^(a^2) for a from 1 on.
  const double ratio = polynomial(
      3.0 / (3.0 + a), -2.166755548417306e-05, 1.885599566752859e-01, 1.827968742345006e-01,
      2.1179963100946872e-01, 5.151283073109334e-03, 6.116405906797036e-01, -1.0554114391376799e+00,
      2.092219361530808e+00, -2.664401140866185e+00, 2.601549426587393e+00, -1.7577297548013002e+00,
      7.420039716806353e-01, -1.762701802516899e-01, 1.8113083273460246e-02);
  const double far = __builtin_copysign(1.0 - exp(-a * a) * ratio, x);
  return magnitude < 1.0 ? near : far;
}

namespace detail {

// x - y as Knuth's algorithm has it.
ND_INLINE Rounded<double> exact_difference(double x, double y) {
  const double difference = x - y, taken = difference - x;
  return {difference, (x - (difference - taken)) - (y + taken)};
}

// sin(x + turns pi / 2).
ND_INLINE double sin_of_turned(double x, int32_t turns) {
  const double shifted = mul_add(x, 0.63661977236758134308, whole_shift<double>);  // 2 / pi
  const double n = shifted - whole_shift<double>;
  const uint64_t quarter = bits_of(shifted) + static_cast<uint64_t>(turns);
  // pi / 2 in four pieces; the first three have 33 bits, so that n times them is exact. The first
  // difference is exact, too; of the others nothing may be lost, since x can be close to n pi / 2.
  const double first = x - n * 0x1.921fb544p+0;
  const Rounded<double> second = exact_difference(first, n * 0x1.0b4611a6p-34);
  const Rounded<double> third = exact_difference(second.high, n * 0x1.3198a2ep-69);
  const double rest = second.low + third.low - n * 0x1.b839a252049c1p-104;
  const double r = third.high + rest;
  const double low = rest - (r - third.high);
  const double z = r * r, half = 0.5 * z;
  const double p =
      z * polynomial(z, -1.6666666666666632e-01, 8.333333333322316e-03, -1.9841269829725313e-04,
                     2.755731366205312e-06, -2.5050753261135355e-08, 1.589650469254627e-10);
  const double sine = r + mul_add(p, r, mul_add(-half, low, low));
  const double q =
      z * z *
      polynomial(z, 4.16666666666666e-02, -1.388888888887399e-03, 2.4801587289394777e-05,
                 -2.755731432597521e-07, 2.087571954996016e-09, -1.1359448182842138e-11);
  const double start = 1.0 - half;
  const double cosine = start + ((1.0 - start) - half + mul_add(-r, low, q));
  const double value = (quarter & 1) != 0 ? cosine : sine;
  return double_of(bits_of(value) ^ (quarter & 2) << 62);
}

}  // namespace detail

ND_INLINE double sin(NearZero<double> x) {
  return x.value == 0.0 ? x.value : detail::sin_of_turned(x.value, 0);  // -0 of -0
}
ND_INLINE double cos(NearZero<double> x) { return detail::sin_of_turned(x.value, 1); }
ND_INLINE double sin(double x) {
  return is_near_zero(x) ? sin(NearZero<double>{x}) : __builtin_sin(x);
}
ND_INLINE double cos(double x) {
  return is_near_zero(x) ? cos(NearZero<double>{x}) : __builtin_cos(x);
}

}  // namespace nd::m
