// What copies have in common on all devices: between which types bits move as they are, which types
// share a conversion, and a Python number as an element.
#pragma once

#include "core/backend.hpp"
#include "ops/elementwise/domains.hpp"
#include "ops/elementwise/formulas.hpp"

namespace nd {
namespace {

// Types between which a conversion moves the bits as they are.
[[maybe_unused]] inline bool same_bits(DType out, DType x) {
  if (out == x) return true;
  return itemsize(out) == itemsize(x) && is_integer(out) && !is_inexact(x);
}

// Types whose bits a conversion treats alike share a kernel: an integer's sign matters only where
// the result is wider or floating.
template <typename To, typename From>
using conversion_target = std::conditional_t<std::is_same_v<To, bool> || !std::is_integral_v<From>,
                                             To, typename kernel_element<To, false>::type>;
template <typename To, typename From>
inline constexpr bool conversion_keeps_bits =
    std::is_integral_v<From> && std::is_integral_v<To> && sizeof(To) <= sizeof(From);
template <typename To, typename From>
using conversion_source =
    typename kernel_element<From,
                            !(std::is_same_v<To, bool> || conversion_keeps_bits<To, From>)>::type;

// The bytes of one element.
struct FillValue {
  char bytes[16];
};

[[maybe_unused]] inline FillValue fill_value(Scalar value, DType dtype) {
  FillValue element;
  dispatch(dtype, [&]<typename T>() {
    T converted;
    if (value.kind == Kind::floating) {
      converted = m::convert<T>(value.floating);
    } else if (value.kind == Kind::complex) {
      if constexpr (is_complex_type<T>) {
        converted = m::convert<T>(m::complex_number(value.floating, value.imaginary));
      } else {
        converted = m::convert<T>(value.floating != 0 || value.imaginary != 0);  // only bool
      }
    } else if (value.kind == Kind::unsigned_integer) {
      converted = m::convert<T>(static_cast<uint64_t>(value.integer));
    } else {
      converted = m::convert<T>(value.integer);
    }
    static_assert(sizeof(T) <= sizeof(element.bytes));
    __builtin_memcpy(element.bytes, &converted, sizeof(T));
  });
  return element;
}

}  // namespace
}  // namespace nd
