// Only for *_kernels.cpp files: what windows see, tap by tap. A row of places is worked on element
// by element of the window: all places see their first element, then all their second one, and so
// on, so that the inner loops run along rows.
#pragma once

#include "core/half.hpp"
#include "ops/pooling/plane_windows.hpp"

namespace nd::cpu::ND_ISA {
namespace {

ND_INLINE int64_t plane_size_of(const PlaneWindows& g) { return g.size[0] * g.size[1] * g.size[2]; }

// Calls body(stride) with a stride that the compiler knows, if it is a frequent one.
template <int64_t Value>
struct Known {
  constexpr operator int64_t() const { return Value; }
};
template <typename Body>
ND_INLINE void with_stride(int64_t stride, Body&& body) {
  if (stride == 1) {
    body(Known<1>{});
  } else if (stride == 2) {
    body(Known<2>{});
  } else {
    body(stride);
  }
}

// Calls body(range along the row, start of the row of the image) for every element of the window,
// in row-major order, that lies inside for some places of row (od, oh).
template <typename Body>
ND_INLINE void for_each_tap(const PlaneWindows& g, int64_t od, int64_t oh, Body&& body) {
  for (int64_t kd = 0; kd < g.window[0]; ++kd) {
    const int64_t d = od * g.stride[0] + kd * g.dilation[0] - g.before[0];
    if (d < 0 || d >= g.size[0]) continue;
    for (int64_t kh = 0; kh < g.window[1]; ++kh) {
      const int64_t h = oh * g.stride[1] + kh * g.dilation[1] - g.before[1];
      if (h < 0 || h >= g.size[1]) continue;
      for (int64_t kw = 0; kw < g.window[2]; ++kw) {
        const PlaceRange& range = g.ranges[kw];
        if (range.first < range.last) body(range, (d * g.size[1] + h) * g.size[2]);
      }
    }
  }
}

}  // namespace
}  // namespace nd::cpu::ND_ISA
