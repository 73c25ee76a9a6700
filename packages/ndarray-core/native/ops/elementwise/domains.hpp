// Which element types can share a kernel, and which kernels are worth vectorising. Compile-time
// only.
#pragma once

#include <type_traits>

#include "core/backend.hpp"
#include "ops/elementwise/domain.hpp"

namespace nd {

// Operations to which an integer's sign makes no difference: bit patterns wrap around alike.
constexpr bool ignores_sign(UnaryOp op) { return op != UnaryOp::absolute && op != UnaryOp::sign; }
constexpr bool ignores_sign(BinaryOp op) {
  switch (op) {
    case BinaryOp::add:
    case BinaryOp::multiply:
    case BinaryOp::subtract:
    case BinaryOp::equal:
    case BinaryOp::not_equal:
    case BinaryOp::bitwise_and:
    case BinaryOp::bitwise_or:
    case BinaryOp::bitwise_xor:
    case BinaryOp::bitwise_left_shift:
      return true;
    default:
      return false;
  }
}

// What an operation on bools is on the bytes 0 and 1.
constexpr UnaryOp on_bools(UnaryOp op) {
  return op == UnaryOp::bitwise_invert ? UnaryOp::logical_not : op;
}
constexpr BinaryOp on_bools(BinaryOp op) {
  switch (op) {
    case BinaryOp::add:
    case BinaryOp::maximum:
    case BinaryOp::fmax:
      return BinaryOp::bitwise_or;
    case BinaryOp::multiply:
    case BinaryOp::minimum:
    case BinaryOp::fmin:
      return BinaryOp::bitwise_and;
    default:
      return op;
  }
}

// Whether the formula is arithmetic that becomes vector instructions; the others call the C library
// or divide integers, one element at a time.
template <typename T>
constexpr bool vectorizes(UnaryOp op) {
  switch (op) {
    case UnaryOp::exp2:
    case UnaryOp::log2:
    case UnaryOp::log10:
    case UnaryOp::asin:
    case UnaryOp::acos:
    case UnaryOp::atan:
    case UnaryOp::sinh:
    case UnaryOp::cosh:
    case UnaryOp::asinh:
    case UnaryOp::acosh:
    case UnaryOp::atanh:
    case UnaryOp::erfc:
    case UnaryOp::erfinv:
      return std::is_same_v<T, float>;
    case UnaryOp::exp:
    case UnaryOp::expm1:
    case UnaryOp::log:
    case UnaryOp::log1p:
    case UnaryOp::tanh:
    case UnaryOp::erf:
    case UnaryOp::sigmoid:
    case UnaryOp::logit:
      return std::is_floating_point_v<T>;
    case UnaryOp::lgamma:
    case UnaryOp::digamma:
    case UnaryOp::sin:
    case UnaryOp::cos:
    case UnaryOp::tan:
      return false;
    default:
      return true;
  }
}
// Whether there is a formula without branches for all but large numbers (m::NearZero).
template <typename T>
constexpr bool vectorizes_near_zero(UnaryOp op) {
  return (std::is_floating_point_v<T> && (op == UnaryOp::sin || op == UnaryOp::cos)) ||
         (std::is_same_v<T, float> && op == UnaryOp::tan);
}
// Whether there is one for all but large quotients (m::SmallQuotient).
template <typename T>
constexpr bool vectorizes_small_quotients(BinaryOp op) {
  return std::is_same_v<T, float> &&
         (op == BinaryOp::fmod || op == BinaryOp::remainder || op == BinaryOp::floor_divide);
}
template <typename T>
constexpr bool vectorizes(BinaryOp op) {
  switch (op) {
    case BinaryOp::zeta:
      return false;
    case BinaryOp::floor_divide:
    case BinaryOp::remainder:
    case BinaryOp::fmod:
      return vectorizes_small_quotients<T>(op);
    case BinaryOp::pow:
    case BinaryOp::atan2:
    case BinaryOp::hypot:
      return std::is_same_v<T, float>;
    case BinaryOp::logaddexp:
      return std::is_floating_point_v<T>;
    default:
      return true;
  }
}

// Whether memory takes longer than the arithmetic, for a result too large for the caches: all but
// the functions that are vectorised for some types only.
template <typename Op>
constexpr bool is_memory_bound(Op op) {
  return vectorizes<int64_t>(op);
}

// The element type of the kernel for arrays of T: bools are bytes in memory, and loops over bytes
// are what compilers vectorise.
template <typename T, bool sign_matters>
struct kernel_element {
  using type = T;
};
template <typename T>
  requires std::is_integral_v<T>
struct kernel_element<T, false> {
  using type = std::make_unsigned_t<T>;
};
template <bool sign_matters>
struct kernel_element<bool, sign_matters> {
  using type = uint8_t;
};
template <>
struct kernel_element<bool, false> {
  using type = uint8_t;
};

// Whether elements of a type are computed with as they are. Halves are widened first.
template <typename T>
inline constexpr bool has_kernels = !is_half<T>;

// The element type of an operation's result in memory, from that of its operands.
template <typename T, Domain domain>
using result_element = std::conditional_t<
    gives_bool(domain), uint8_t,
    std::conditional_t<domain == Domain::PART, typename real_part_of<T>::type, T>>;

}  // namespace nd
