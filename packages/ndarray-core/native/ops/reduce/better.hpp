// What the two arg-reductions look for.
#pragma once

#include <type_traits>

#include "core/combine.hpp"

namespace nd {
namespace {

// Whether b takes the place of an earlier a: the first of equal values stays, and a NaN.
template <typename Op, typename X>
ND_INLINE bool replaces(X a, X b) {
  const bool better = std::is_same_v<Op, Maximum> ? b > a : b < a;
  return (better | (b != b)) & (a == a);
}

}  // namespace
}  // namespace nd
