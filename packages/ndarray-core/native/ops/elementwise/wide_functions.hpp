// Functions of a float that are computed in double precision, with as many terms as a float needs,
// and rounded once: log2, log10, logit, pow, tan, the inverse and the hyperbolic ones, erfc,
// erfinv, hypot, logaddexp and fmod. Without branches or tables, so that a loop that calls them is
// vectorised. On a GPU, where doubles are slow, they are CUDA's, and logaddexp is that of
// formulas.hpp.
//
// The largest error is 0.51 units in the last place of the exact result, subnormal ones included,
// measured as float32_functions.hpp says; of pow, atan2, hypot and logaddexp on millions of random
// pairs. Results of logaddexp below 1e-9 are less exact than two units.
//
// The polynomials are minimax (Remez), fitted for this file, to 2^-31 of the result or better.
#pragma once

#include "ops/elementwise/float32_functions.hpp"
#include "ops/elementwise/float64_functions.hpp"

namespace nd::m {

#if defined(__CUDA_ARCH__)

#define ND_LIBRARY(name) \
  ND_INLINE float name(float x) { return __builtin_##name##f(x); }
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
ND_INLINE float pow(float x, float y) { return __builtin_powf(x, y); }
ND_INLINE float atan2(float y, float x) { return __builtin_atan2f(y, x); }
ND_INLINE float hypot(float x, float y) { return __builtin_hypotf(x, y); }
ND_INLINE float fmod(float x, float y) { return __builtin_fmodf(x, y); }
ND_INLINE float logit(float x) { return __builtin_logf(x / (1.0f - x)); }
ND_INLINE float erfinv(float x) { return ::erfinvf(x); }

#else

namespace detail {

constexpr double half_pi = 1.5707963267948966, pi = 3.141592653589793;
constexpr double log2_e = 1.4426950408889634, ln_2 = 0.6931471805599453;
constexpr double log10_2 = 0.3010299956639812;

// 2^x for |x| <= 1000; NaN passes.
ND_INLINE double short_exp2(double x) {
  const double n = nearest_whole(x);
  return power_of_two(n) * polynomial(x - n, 9.999999999616327e-01, 6.931471807285127e-01,
                                      2.402265119875542e-01, 5.55041035331132e-02,
                                      9.618027172420175e-03, 1.3333922532117706e-03,
                                      1.5469317472066848e-04, 1.520196759575085e-05);
}

// log2(2^exponent (1 + f)).
ND_INLINE double short_log2(double exponent, double f) {
  const double s = f / (2.0 + f), z = s * s;
  return mul_add(s,
                 polynomial(z, 2.8853900817778495e+00, 9.617966941140506e-01, 5.770779421700009e-01,
                            4.122092711544677e-01, 3.199049582187337e-01, 2.829103318437102e-01),
                 exponent);
}

// log2(x) of any x that is a float's or 0, times `scale`.
ND_INLINE float scaled_log2(double x, double scale) {
  const LogParts<double> l = log_parts(x);
  double result = scale * short_log2(l.exponent, l.f);
  result = x < __builtin_inf() ? result : x;  // infinity and NaN
  result = x == 0.0 ? -__builtin_inf() : result;
  return static_cast<float>(x < 0.0 ? __builtin_nan("") : result);
}

// log(1 + x) of a positive x, small ones included.
ND_INLINE double short_log1p(double x) {
  const LogParts<double> l = log_parts(1.0 + x);
  return ln_2 * short_log2(l.exponent, x < 0.25 ? x : l.f);
}

// asin(sqrt(z)) / sqrt(z) for z in [0, 1/4].
ND_INLINE double asin_ratio(double z) {
  return polynomial(z, 9.999999999844879e-01, 1.6666667438329424e-01, 7.49993711812036e-02,
                    4.4662298718979976e-02, 3.008915660203144e-02, 2.4729722149239068e-02,
                    7.170144858287062e-03, 3.5013826440772826e-02);
}

// The angle of (x, y), both positive; 0 where both are 0, pi / 4 where both are infinite.
ND_INLINE double first_quadrant_angle(double y, double x) {
  const bool steep = y > x;
  const double lesser = steep ? x : y, larger = steep ? y : x;
  const double same = x == 0.0 ? 0.0 : 1.0;
  const double t = x == y ? same : lesser / larger;
  const double angle =
      t * polynomial(t * t, 9.999999999474042e-01, -3.33333317211075e-01, 1.9999918069115225e-01,
                     -1.4284074916136216e-01, 1.1093996375878282e-01, -8.98377038927525e-02,
                     7.256009882552196e-02, -5.447167500720924e-02, 3.4441016097592425e-02,
                     -1.628431902282821e-02, 4.923705415606659e-03, -6.980370959806748e-04);
  return steep ? half_pi - angle : angle;
}

// e^|x| for all x; 2^200 and more where that is far outside of a float's range.
ND_INLINE double short_exp_of_magnitude(double a) {
  const double exponent = a * log2_e;
  return short_exp2(exponent > 200.0 ? 200.0 : exponent);
}

}  // namespace detail

ND_INLINE float log2(float x) { return detail::scaled_log2(static_cast<double>(x), 1.0); }
ND_INLINE float log10(float x) {
  return detail::scaled_log2(static_cast<double>(x), detail::log10_2);
}
ND_INLINE float logit(float x) {
  const double wide = static_cast<double>(x);
  return detail::scaled_log2(wide / (1.0 - wide), detail::ln_2);
}

ND_INLINE float pow(float x, float y) {
  const double base = static_cast<double>(x), a = __builtin_fabs(base);
  const detail::LogParts<double> l = detail::log_parts(a);
  double logarithm = detail::short_log2(l.exponent, l.f);
  logarithm = a < __builtin_inf() ? logarithm : a;
  logarithm = a == 0.0 ? -__builtin_inf() : logarithm;
  // What is larger is even, too, and takes every number but 1 as far; but 0 times infinity is NaN.
  double power = static_cast<double>(y);
  power = power > 0x1p40 ? 0x1p40 : power;
  power = power < -0x1p40 ? -0x1p40 : power;
  double exponent = logarithm * power;
  exponent = exponent > 200.0 ? 200.0 : exponent;
  exponent = exponent < -200.0 ? -200.0 : exponent;
  const double half = 0.5 * power;
  const bool odd = __builtin_fabs(half - detail::nearest_whole(half)) == 0.5;
  const double magnitude = detail::short_exp2(exponent);
  const double result = __builtin_copysign(magnitude, odd ? base : 1.0);
  // Of negative numbers, only -0 and -infinity have a power that isn't whole.
  const double lowest = power == detail::nearest_whole(power) ? -__builtin_inf() : 0.0;
  double value = base < lowest ? __builtin_nan("") : result;
  value = a == __builtin_inf() ? result : value;
  value = power == 0.0 ? 1.0 : value;
  return static_cast<float>(base == 1.0 ? 1.0 : value);
}

ND_INLINE float tan(NearZero<float> x) {
  const detail::Turns t = detail::turns_of(x.value);
  const double z = t.r * t.r;
  const double tangent =
      t.r * polynomial(z, 1.000000000097387e+00, 3.3333330855734555e-01, 1.333343695892404e-01,
                       5.39516214582135e-02, 2.2002389176893483e-02, 8.273235989181737e-03,
                       5.100146938141463e-03, -7.00203874220329e-04, 2.0826416352827865e-03);
  return static_cast<float>((t.turns & 1) != 0 ? -1.0 / tangent : tangent);
}
ND_INLINE float tan(float x) {
  return is_near_zero(x) ? tan(NearZero<float>{x}) : __builtin_tanf(x);
}

ND_INLINE float asin(float x) {
  const double a = static_cast<double>(__builtin_fabsf(x));
  const bool small = a <= 0.5;
  const double z = small ? a * a : 0.5 - 0.5 * a;
  const double part = (small ? a : __builtin_sqrt(z)) * detail::asin_ratio(z);
  return __builtin_copysignf(static_cast<float>(small ? part : detail::half_pi - 2.0 * part), x);
}
ND_INLINE float acos(float x) {
  const double wide = static_cast<double>(x), a = __builtin_fabs(wide);
  const bool small = a <= 0.5;
  const double z = small ? a * a : 0.5 - 0.5 * a;
  const double part = (small ? wide : __builtin_sqrt(z)) * detail::asin_ratio(z);
  const double far = x > 0.0f ? 2.0 * part : detail::pi - 2.0 * part;
  return static_cast<float>(small ? detail::half_pi - part : far);
}
ND_INLINE float atan(float x) {
  const double a = static_cast<double>(__builtin_fabsf(x));
  return __builtin_copysignf(static_cast<float>(detail::first_quadrant_angle(a, 1.0)), x);
}
ND_INLINE float atan2(float y, float x) {
  const double angle = detail::first_quadrant_angle(static_cast<double>(__builtin_fabsf(y)),
                                                    static_cast<double>(__builtin_fabsf(x)));
  return __builtin_copysignf(static_cast<float>(bits_of(x) < 0 ? detail::pi - angle : angle), y);
}

ND_INLINE float sinh(float x) {
  const double a = static_cast<double>(__builtin_fabsf(x)), z = a * a;
  const double near =
      a * polynomial(z, 1.0000000000498794e+00, 1.6666666417587822e-01, 8.33335323102105e-03,
                     1.983570979395633e-04, 2.819039203810057e-06);
  const double e = detail::short_exp_of_magnitude(a);
  return __builtin_copysignf(static_cast<float>(a < 1.0 ? near : 0.5 * e - 0.5 / e), x);
}
ND_INLINE float cosh(float x) {
  const double e = detail::short_exp_of_magnitude(static_cast<double>(__builtin_fabsf(x)));
  return static_cast<float>(0.5 * e + 0.5 / e);
}

ND_INLINE float asinh(float x) {
  const double a = static_cast<double>(__builtin_fabsf(x)), square = a * a;
  const double excess = a + square / (1.0 + __builtin_sqrt(1.0 + square));  // e^result - 1
  const double result = detail::short_log1p(excess);
  return __builtin_copysignf(static_cast<float>(a < __builtin_inf() ? result : a), x);
}
ND_INLINE float acosh(float x) {
  const double above = static_cast<double>(x) - 1.0;
  const double result = detail::short_log1p(above + __builtin_sqrt(above * (above + 2.0)));
  const float finite = x < 1.0f ? __builtin_nanf("") : static_cast<float>(result);
  return x < __builtin_inff() ? finite : x;
}
ND_INLINE float atanh(float x) {
  const double a = static_cast<double>(__builtin_fabsf(x));
  double result = 0.5 * detail::short_log1p(2.0 * a / (1.0 - a));
  result = a < 1.0 ? result : a == 1.0 ? __builtin_inf() : __builtin_nan("");
  return __builtin_copysignf(static_cast<float>(result), x);
}

ND_INLINE float erfc(float x) {
  const double wide = static_cast<double>(x), magnitude = __builtin_fabs(wide);
  const double a = magnitude > 11.0 ? 11.0 : magnitude;  // erfc(11) is 0 in a float
  const double near = wide * polynomial(a * a, 1.1283791670826102e+00, -3.761263852965385e-01,
                                        1.1283774141068668e-01, -2.6863157338923145e-02,
                                        5.2004790684112585e-03, -7.695579065292961e-04);
  const double t = 4.0 / (4.0 + a);
  // erfc(a) e^(a^2).
  const double ratio = polynomial(
      t, 7.185786051126519e-06, 1.4085890855253833e-01, 1.4327451326141047e-01,
      1.2099018051669187e-01, 2.0047919530309874e-01, -1.1880873622171052e-01,
      6.300049120744049e-01, -7.63965382889569e-01, 9.685223301261314e-01, -5.382067254554055e-01,
      1.6164863855423278e-01, 1.0015600261274633e-01, -4.496117843415728e-02);
  const double right = detail::short_exp2(-detail::log2_e * a * a) * ratio;
  const double far = x < 0.0f ? 2.0 - right : right;
  return static_cast<float>(a < 0.5 ? 1.0 - near : far);
}

// In w = -log(1 - x^2), or in its square root where that is large: Giles, "Approximating the erfinv
// function", 2012.
ND_INLINE float erfinv(float x) {
  const double a = static_cast<double>(__builtin_fabsf(x));
  const detail::LogParts<double> l = detail::log_parts((1.0 - a) * (1.0 + a));
  const double w = -detail::ln_2 * detail::short_log2(l.exponent, l.f);
  const double near =
      polynomial(w - 2.5, 1.5014093516927807e+00, 2.4664027578487205e-01, -4.177324637603697e-03,
                 -1.2527048756554404e-03, 2.1826355914174048e-04, -4.998760800377556e-06,
                 -3.426012896080215e-06, 4.79699239131779e-07, 1.6457366449838265e-08,
                 -1.1023275697328674e-08, 4.3702221110998496e-10, 1.3286247906099287e-10);
  const double far = polynomial(
      __builtin_sqrt(w) - 3.12, 2.9533017324753503e+00, 1.0036478236013602e+00,
      7.128083864280589e-03, -5.377825621261837e-03, 3.856168339266242e-03, -2.5554071330658548e-03,
      1.2817555826218398e-03, -3.3398110556771203e-04, -1.20074972437933e-04, 1.554485183032105e-04,
      -3.081171158011887e-05, -1.3559089825371457e-05);
  double result = a * (w < 5.0 ? near : far);
  result = a < 1.0 ? result : a == 1.0 ? __builtin_inf() : __builtin_nan("");
  return __builtin_copysignf(static_cast<float>(result), x);
}

ND_INLINE float hypot(float x, float y) {
  const double wide_x = static_cast<double>(x), wide_y = static_cast<double>(y);
  const float length = static_cast<float>(__builtin_sqrt(wide_x * wide_x + wide_y * wide_y));
  const bool infinite =
      (__builtin_fabsf(x) == __builtin_inff()) | (__builtin_fabsf(y) == __builtin_inff());
  return infinite ? __builtin_inff() : length;  // where the other one is NaN, too
}

// Where e^x + e^y is near 1, the larger operand and what is added to it nearly cancel: hence with
// all the digits of a double.
ND_INLINE float logaddexp(float x, float y) {
  const double a = static_cast<double>(x), b = static_cast<double>(y);
  const double distance = __builtin_fabs(a - b);
  const detail::WideExpParts p = detail::exp_parts(distance > 110.0 ? -110.0 : -distance);
  const double scale = detail::power_of_two(p.n);
  const double e = mul_add(scale, p.expm1_r, scale);
  const detail::LogParts<double> l = detail::log_parts(1.0 + e);
  const double f = l.exponent == 0.0 ? e : l.f;  // small ones included
  const double result =
      (a > b ? a : b) + mul_add(l.exponent, detail::ln_2, f + detail::log_tail(f));
  // The same infinity twice has no distance, NaN none from anything.
  return static_cast<float>(distance == distance ? result : a + b);
}

// An operand of a division with a quotient so small that what remains is exact in a double; the
// others' remainders are the C library's. A loop over these alone is vectorised.
struct SmallQuotient {
  float value;
};
ND_INLINE bool has_small_quotient(float x, float y) {
  return __builtin_fabsf(x) < 0x1p28f * __builtin_fabsf(y);
}
ND_INLINE float fmod(SmallQuotient x, SmallQuotient y) {
  const double a = static_cast<double>(__builtin_fabsf(x.value));
  const double b = static_cast<double>(__builtin_fabsf(y.value));
  const double whole = static_cast<double>(static_cast<int32_t>(a / b));
  const double rest = a - whole * b;
  // The quotient may have been rounded up to a whole number; and 0 times infinity is NaN.
  const double positive = rest < 0.0 ? rest + b : rest;
  return __builtin_copysignf(static_cast<float>(a < b ? a : positive), x.value);
}
ND_INLINE float fmod(float x, float y) {
  return has_small_quotient(x, y) ? fmod(SmallQuotient{x}, SmallQuotient{y})
                                  : __builtin_fmodf(x, y);
}

#endif

}  // namespace nd::m
