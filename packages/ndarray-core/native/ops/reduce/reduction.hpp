// What reductions of all devices start from.
#pragma once

#include <algorithm>

#include "core/backend.hpp"
#include "core/strided.hpp"

namespace nd {

// x reduced over some axes into out: `kept` walks x and out, `reduced` walks x alone. x has
// elements.
struct Reduction {
  Walk<2> kept;
  Walk<1> reduced;

  Reduction() = default;
  Reduction(const Array& out, const Array& x, const Dims& axes) {
    kept.data[0] = reduced.data[0] = x.data();
    kept.data[1] = out.data();
    for (int axis = 0; axis < x.ndim(); ++axis) {
      const int64_t stride = Walk<2>::byte_stride(x, axis);
      if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
        kept.push_back(x.shape()[axis], {stride, Walk<2>::byte_stride(out, axis)});
      } else {
        reduced.push_back(x.shape()[axis], {stride});
      }
    }
    kept.normalize();
    reduced.normalize();
    // The two walks count from the same corner of x.
    kept.data[0] += reduced.data[0] - x.data();
  }
};

// The result where there is nothing to reduce.
inline Scalar empty_result(ReduceOp op) {
  const bool one = op == ReduceOp::prod || op == ReduceOp::all;
  return Scalar{Kind::signed_integer, one ? 1 : 0, 0};
}

}  // namespace nd
