// erfinv, lgamma, digamma and Hurwitz's zeta function, in double precision; a float's are computed
// as a double's and rounded (but for erfinv: wide_functions.hpp). lgamma is the C library's.
//
// Largest error of a double in units in the last place, seen in some hundred random arguments each,
// against 40 digits: erfinv 1.8, digamma above 2 6.7, zeta of positive q 4.4. Near a root, where
// terms cancel (digamma around 1.46, both to the left of 0), the error is that of the terms.
#pragma once

#include <math.h>

#include "core/half.hpp"

namespace nd::m {

// Polynomials in w = -log(1 - x^2) or in its square root give 6 digits, as in Giles, "Approximating
// the erfinv function", 2012, but fitted for this file (Lawson's weighted least squares at
// Chebyshev nodes); one step of Halley's method gives the others.
ND_INLINE double erfinv(double x) {
  const double a = __builtin_fabs(x);
  if (!(a < 1.0)) return a == 1.0 ? x * __builtin_inf() : __builtin_nan("");
  const double w = -__builtin_log((1.0 - a) * (1.0 + a));
  double p;
  if (w < 5.0) {
    const double t = w - 2.5;
    p = 2.8534789892e-08;
    p = p * t + 3.4372705948e-07;
    p = p * t - 3.5288595486e-06;
    p = p * t - 4.3967812507e-06;
    p = p * t + 2.1860219396e-04;
    p = p * t - 1.2537075153e-03;
    p = p * t - 4.1777077447e-03;
    p = p * t + 2.4664072612e-01;
    p = p * t + 1.5014094216e+00;
  } else {
    const double t = __builtin_sqrt(w) - 4.17;
    p = -1.5539026759e-06;
    p = p * t - 3.1491633410e-06;
    p = p * t + 3.1180106819e-05;
    p = p * t - 2.8846904566e-05;
    p = p * t - 2.7679242413e-05;
    p = p * t - 4.8571140664e-05;
    p = p * t + 3.0211402399e-04;
    p = p * t - 6.9904637773e-04;
    p = p * t + 8.4248249197e-04;
    p = p * t + 1.0098552658e+00;
    p = p * t + 4.0114316508e+00;
  }
  const double start = p * a;
  // 1 - a is exact from a half on, where the difference of erf and a is not.
  const double excess = a < 0.5 ? __builtin_erf(start) - a : (1.0 - a) - __builtin_erfc(start);
  const double slope = 1.1283791670955126 * __builtin_exp(-start * start);  // 2 / sqrt(pi)
  const double step = excess / slope;
  return __builtin_copysign(start - step / (1.0 + start * step), x);
}

// The C library's lgamma would write the sign to a variable that all threads share; CUDA's does
// not.
#if defined(__CUDA_ARCH__)
ND_INLINE double lgamma(double x) { return ::lgamma(x); }
ND_INLINE float lgamma(float x) { return ::lgammaf(x); }
#else
ND_INLINE double lgamma(double x) {
  int sign;
  return ::lgamma_r(x, &sign);
}
ND_INLINE float lgamma(float x) { return static_cast<float>(lgamma(static_cast<double>(x))); }
#endif

namespace detail {

// Of x at least 10: Abramowitz and Stegun, 6.3.18.
ND_INLINE double digamma_far(double x) {
  const double z = 1.0 / (x * x);
  double p = 1.0 / 12.0;
  p = p * z - 691.0 / 32760.0;
  p = p * z + 1.0 / 132.0;
  p = p * z - 1.0 / 240.0;
  p = p * z + 1.0 / 252.0;
  p = p * z - 1.0 / 120.0;
  p = p * z + 1.0 / 12.0;
  return __builtin_log(x) - 0.5 / x - p * z;
}

// Of positive x.
ND_INLINE double digamma_right(double x) {
  double below = 0.0;
  for (; x < 10.0; x += 1.0) below += 1.0 / x;
  return digamma_far(x) - below;
}

// The sum of (q + k)^-s over k = 0, 1, ... for positive q and s > 1: ten terms, and for the others
// the Euler-Maclaurin formula (DLMF 25.11.28).
ND_INLINE double zeta_right(double s, double q) {
  // Bernoulli's numbers B_2k over (2 k)!
  constexpr double ratios[] = {1.0 / 12.0,
                               -1.0 / 720.0,
                               1.0 / 30240.0,
                               -1.0 / 1209600.0,
                               1.0 / 47900160.0,
                               -5.284190138687493e-10,
                               1.3382536530684679e-11,
                               -3.3896802963225827e-13,
                               8.586062056277845e-15,
                               -2.174868698558062e-16};
  double sum = 0.0;
  for (int k = 0; k < 10; ++k) sum += __builtin_pow(q + k, -s);
  const double x = q + 10.0;
  const double last = __builtin_pow(x, -s);
  sum += last * (x / (s - 1.0) + 0.5);
  double term = last * s / x;
  for (int k = 0; k < 10; ++k) {
    sum += ratios[k] * term;
    term *= (s + (2 * k + 1)) * (s + (2 * k + 2)) / (x * x);
  }
  return sum;
}

}  // namespace detail

// As the C library's and SciPy's functions have it: infinite at 0, with two signs, and NaN at the
// negative integers.
ND_INLINE double digamma(double x) {
  if (x > 0.0) return x == __builtin_inf() ? x : detail::digamma_right(x);
  if (x == 0.0) return -1.0 / x;
  // From the nearest whole number, exactly; NaN of -infinity.
  const double excess = x - __builtin_rint(x);
  if (excess == 0.0 || excess != excess) return __builtin_nan("");
  // By reflection; the cotangent of what is left of whole turns keeps its digits.
  constexpr double pi = 3.141592653589793;
  return detail::digamma_right(1.0 - x) - pi / __builtin_tan(pi * excess);
}

// s > 1, else infinite (s = 1) or NaN. Of negative q only for whole s: then the sum over all whole
// numbers, which q's fraction determines, without the part on the left of q.
ND_INLINE double zeta(double s, double q) {
  if (s == 1.0) return __builtin_inf();
  if (!(s > 1.0) || q != q) return __builtin_nan("");
  if (q > 0.0) return q == __builtin_inf() ? 0.0 : detail::zeta_right(s, q);
  const double fraction = q - __builtin_floor(q);
  const double rest = __builtin_ceil(q) - q;  // 1 - fraction, with its digits where it is small
  if (!(fraction > 0.0)) return q == -__builtin_inf() ? __builtin_nan("") : __builtin_inf();
  if (s != __builtin_floor(s)) return __builtin_nan("");
  const double parity = __builtin_fmod(s, 2.0) == 0.0 ? 1.0 : -1.0;
  const double all = detail::zeta_right(s, fraction) + parity * detail::zeta_right(s, rest);
  return all - parity * detail::zeta_right(s, 1.0 - q);
}

ND_INLINE float digamma(float x) { return static_cast<float>(digamma(static_cast<double>(x))); }
ND_INLINE float zeta(float s, float q) {
  return static_cast<float>(zeta(static_cast<double>(s), static_cast<double>(q)));
}

}  // namespace nd::m
