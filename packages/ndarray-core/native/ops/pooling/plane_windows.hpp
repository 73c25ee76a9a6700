#pragma once

#include <cstdint>

#include "core/half.hpp"

namespace nd {

// Windows over a plane: along its depth, height and width.
struct PlaneWindows {
  int64_t size[3], places[3], window[3], stride[3], before[3], dilation[3];
  const int64_t* taps;  // how far each element of a window lies behind its first; for `cpu`
};

// The first element inside that place o of an axis sees; the last one if it sees none.
ND_INLINE int64_t first_seen(const PlaneWindows& g, int axis, int64_t o) {
  const int64_t start = o * g.stride[axis] - g.before[axis];
  const int64_t step = g.dilation[axis];
  int64_t seen = start;
  if (start < 0) seen = step == 1 ? 0 : start + (step - 1 - start) / step * step;
  return seen < g.size[axis] ? seen : g.size[axis] - 1;
}

// Whether a value takes the place of the largest one so far: of equal ones the first stays, and so
// does a NaN.
template <typename T>
ND_INLINE bool exceeds(T value, T held) {
  return (value > held) | ((value != value) & (held == held));
}

// How many elements along an axis place o takes the mean of: `margin` ones of the padding count.
ND_INLINE int64_t averaged(const PlaneWindows& g, int axis, int64_t o, int64_t margin) {
  const int64_t start = o * g.stride[axis] - g.before[axis];
  const int64_t most = g.size[axis] + margin, end = start + g.window[axis];
  return (end < most ? end : most) - (start > -margin ? start : -margin);
}

}  // namespace nd
