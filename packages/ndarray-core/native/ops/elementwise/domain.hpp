// Which element types an operation of unary.inc or binary.inc takes, and which type comes out.
#pragma once

#include "core/dtype.hpp"

namespace nd {

enum class Domain : uint8_t {
  ANY,
  ORDERED,
  NUMERIC,
  REAL,
  PART,
  INEXACT,
  FLOATING,
  WIDE,
  PREDICATE,
  SIGN,
  COMPARE,
  ORDER,
  LOGICAL,
  BITWISE,
  SHIFT,
};

// The type that operands of type `dtype` are converted to before the operation.
constexpr DType compute_type(Domain domain, DType dtype) {
  if (domain == Domain::LOGICAL) return DType::bool_;
  const bool to_floating =
      domain == Domain::INEXACT || domain == Domain::FLOATING || domain == Domain::WIDE;
  return to_floating && !is_inexact(dtype) ? default_float : dtype;
}

// Whether operands of this type, after that conversion, have a meaning for the operation.
constexpr bool accepts(Domain domain, DType dtype) {
  const bool is_bool = dtype == DType::bool_;
  switch (domain) {
    case Domain::ANY:
    case Domain::COMPARE:
      return true;
    case Domain::ORDERED:
    case Domain::ORDER:
      return !is_complex(dtype);
    case Domain::NUMERIC:
    case Domain::PART:
    case Domain::PREDICATE:
      return !is_bool;
    case Domain::REAL:
      return !is_bool && !is_complex(dtype);
    case Domain::INEXACT:
      return is_inexact(dtype);
    case Domain::FLOATING:
    case Domain::SIGN:
      return is_floating(dtype);
    case Domain::WIDE:
      return is_floating(dtype) && !is_half_type(dtype);
    case Domain::LOGICAL:
      return is_bool;
    case Domain::BITWISE:
      return !is_inexact(dtype);
    case Domain::SHIFT:
      return is_integer(dtype);
  }
  return false;
}

constexpr bool gives_bool(Domain domain) {
  return domain == Domain::COMPARE || domain == Domain::ORDER || domain == Domain::PREDICATE ||
         domain == Domain::SIGN || domain == Domain::LOGICAL;
}

constexpr DType result_type(Domain domain, DType compute) {
  if (gives_bool(domain)) return DType::bool_;
  return domain == Domain::PART ? real_type(compute) : compute;
}

}  // namespace nd
