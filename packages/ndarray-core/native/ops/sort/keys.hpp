// Unsigned integers in the order of the elements that they stand for, so that one sort and one
// search serve all element types of a size. NaN is the greatest, and the zeros are equal.
#pragma once

#include <bit>
#include <type_traits>

#include "core/dtype.hpp"

namespace nd {

template <typename T>
using Key =
    std::conditional_t<sizeof(T) == 1, uint8_t,
                       std::conditional_t<sizeof(T) == 2, uint16_t,
                                          std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;

template <typename T>
constexpr Key<T> sign_bit = static_cast<Key<T>>(Key<T>{1} << (8 * sizeof(T) - 1));

template <typename T>
ND_INLINE Key<T> to_key(T value) {
  constexpr Kind kind = kind_of(dtype_of_type<T>::value);
  if constexpr (kind == Kind::floating) {
    const auto number = [value] {
      if constexpr (is_half<T>) return widen(value);
      if constexpr (!is_half<T>) return value;
    }();
    if (number != number) return static_cast<Key<T>>(~Key<T>{0});
    if (number == 0) return sign_bit<T>;
    const Key<T> bits = std::bit_cast<Key<T>>(value);
    return bits & sign_bit<T> ? static_cast<Key<T>>(~bits)
                              : static_cast<Key<T>>(bits | sign_bit<T>);
  } else if constexpr (kind == Kind::signed_integer) {
    return static_cast<Key<T>>(value) ^ sign_bit<T>;
  } else {
    return static_cast<Key<T>>(value);
  }
}

// The element of a key: +0 for both zeros, one NaN for all.
template <typename T>
ND_INLINE T from_key(Key<T> key) {
  constexpr Kind kind = kind_of(dtype_of_type<T>::value);
  if constexpr (kind == Kind::floating) {
    const Key<T> bits = key & sign_bit<T> ? key ^ sign_bit<T> : static_cast<Key<T>>(~key);
    return std::bit_cast<T>(bits);
  } else if constexpr (kind == Kind::signed_integer) {
    return static_cast<T>(key ^ sign_bit<T>);
  } else {
    return static_cast<T>(key);
  }
}

// Calls f.template operator()<T>() with the C type of a dtype that has keys: complex numbers have
// no order.
template <typename F>
void dispatch_ordered(DType dtype, F&& f) {
  dispatch(dtype, [&]<typename T>() {
    if constexpr (!is_complex_type<T>) f.template operator()<T>();
  });
}

}  // namespace nd
