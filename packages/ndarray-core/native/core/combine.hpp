// How two values become one: what reductions, scans and scatters have in common. For scalars and
// for the compiler's vectors. In a namespace of each file's own: a kernel compiled for one
// instruction set must not lend its copy to the others.
#pragma once

#include "core/half.hpp"

namespace nd {
namespace {

struct Sum {
  template <typename V>
  ND_INLINE V combine(V a, V b) {
    return static_cast<V>(a + b);
  }
};
struct Product {
  template <typename V>
  ND_INLINE V combine(V a, V b) {
    return static_cast<V>(a * b);
  }
};
struct Maximum {  // NaN wins
  template <typename V>
  ND_INLINE V combine(V a, V b) {
    const V best = b > a ? b : a;
    return b != b ? b : best;
  }
};
struct Minimum {  // NaN wins
  template <typename V>
  ND_INLINE V combine(V a, V b) {
    const V best = b < a ? b : a;
    return b != b ? b : best;
  }
};

}  // namespace
}  // namespace nd
