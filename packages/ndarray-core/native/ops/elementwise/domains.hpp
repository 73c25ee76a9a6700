// Which element types the domains of unary.inc and binary.inc stand for, which types can share a
// kernel, and which kernels are worth vectorising. Compile-time only.
#pragma once

#include <type_traits>

#include "core/backend.hpp"

namespace nd::cpu {

enum class Domain { ANY, NUMERIC, FLOATING, COMPARE, PREDICATE, LOGICAL, BITWISE, SHIFT };

template <typename T>
constexpr bool accepts(Domain domain) {
  constexpr Kind kind = kind_of(dtype_of_type<T>::value);
  constexpr bool is_bool = kind == Kind::boolean, is_float = kind == Kind::floating;
  switch (domain) {
    case Domain::ANY:
    case Domain::COMPARE:
      return true;
    case Domain::NUMERIC:
    case Domain::PREDICATE:
      return !is_bool;
    case Domain::FLOATING:
      return is_float;
    case Domain::LOGICAL:
      return is_bool;
    case Domain::BITWISE:
      return !is_float;
    case Domain::SHIFT:
      return !is_bool && !is_float;
  }
  return false;
}

constexpr bool gives_bool(Domain domain) {
  return domain == Domain::COMPARE || domain == Domain::PREDICATE || domain == Domain::LOGICAL;
}

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
      return BinaryOp::bitwise_or;
    case BinaryOp::multiply:
    case BinaryOp::minimum:
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
    case UnaryOp::exp:
    case UnaryOp::expm1:
    case UnaryOp::log:
    case UnaryOp::log1p:
    case UnaryOp::tanh:
    case UnaryOp::erf:
    case UnaryOp::sigmoid:
      return std::is_same_v<T, float>;
    case UnaryOp::log2:
    case UnaryOp::log10:
    case UnaryOp::sin:
    case UnaryOp::cos:
    case UnaryOp::tan:
    case UnaryOp::asin:
    case UnaryOp::acos:
    case UnaryOp::atan:
    case UnaryOp::sinh:
    case UnaryOp::cosh:
    case UnaryOp::asinh:
    case UnaryOp::acosh:
    case UnaryOp::atanh:
      return false;
    default:
      return true;
  }
}
template <typename T>
constexpr bool vectorizes(BinaryOp op) {
  switch (op) {
    case BinaryOp::floor_divide:
    case BinaryOp::remainder:
    case BinaryOp::pow:
    case BinaryOp::atan2:
    case BinaryOp::hypot:
      return false;
    case BinaryOp::logaddexp:
      return std::is_same_v<T, float>;
    default:
      return true;
  }
}

// The element type of the kernel for arrays of T: bools are bytes in memory, and loops over bytes
// are what compilers vectorise.
template <typename T, bool sign_matters>
struct kernel_element {
  using type = std::conditional_t<sign_matters, T, std::make_unsigned_t<T>>;
};
template <bool sign_matters>
struct kernel_element<bool, sign_matters> {
  using type = uint8_t;
};
template <bool sign_matters>
struct kernel_element<float, sign_matters> {
  using type = float;
};
template <bool sign_matters>
struct kernel_element<double, sign_matters> {
  using type = double;
};

}  // namespace nd::cpu
