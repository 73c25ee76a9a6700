// What scatter does with an element of out and a value.
#pragma once

#include <type_traits>

#include "core/backend.hpp"
#include "core/combine.hpp"

namespace nd {
namespace {

struct Assign {
  template <typename T>
  ND_INLINE T combine(T, T value) {
    return value;
  }
};
struct Difference {
  template <typename T>
  ND_INLINE T combine(T target, T value) {
    return static_cast<T>(target - value);
  }
};

template <typename Op, typename T>
ND_INLINE T updated(T target, T value) {
  if constexpr (is_half<T> && !std::is_same_v<Op, Assign>) {
    return narrow<T>(Op::combine(widen(target), widen(value)));
  } else {
    return Op::combine(target, value);
  }
}

// Calls f.template operator()<Op, T>() with the types of an operation and of elements that have it.
template <typename F>
void dispatch_update(ScatterOp op, DType dtype, F&& f) {
  dispatch(dtype, [&]<typename T>() {
    switch (op) {
      case ScatterOp::assign:
        return f.template operator()<Assign, T>();
      case ScatterOp::add:
        return f.template operator()<Sum, T>();
      case ScatterOp::subtract:
        return f.template operator()<Difference, T>();
      case ScatterOp::multiply:
        return f.template operator()<Product, T>();
      case ScatterOp::maximum:
        if constexpr (!is_complex_type<T>) return f.template operator()<Maximum, T>();
        break;
      case ScatterOp::minimum:
        if constexpr (!is_complex_type<T>) return f.template operator()<Minimum, T>();
        break;
    }
  });
}

}  // namespace
}  // namespace nd
